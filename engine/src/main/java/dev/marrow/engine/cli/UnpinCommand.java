package dev.marrow.engine.cli;

import dev.marrow.bpf.BpfFs;
import dev.marrow.wal.LogDirectory;
import java.io.Closeable;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "unpin", mixinStandardHelpOptions = true,
        description = {"Drop the tables that a killed server left in the kernel, as a reboot would.",
            "The next start rebuilds them from the log. In everysec, writes that the log does not hold yet are lost."})
final class UnpinCommand implements Callable<Integer> {
    @Option(names = "--dir", paramLabel = "DIR", description = "Data directory (default ./marrow-data).")
    private Path dir = Path.of("marrow-data");

    @Override
    public Integer call() throws Exception {
        if (!java.nio.file.Files.isDirectory(dir)) {
            throw new java.io.IOException("no data directory at " + dir);
        }
        try (Closeable _ = LogDirectory.lock(dir)) {
            System.out.println(BpfFs.unpin(LogDirectory.instanceOf(dir)) ? "unpinned" : "nothing was pinned");
        }
        return ExitCode.OK;
    }
}

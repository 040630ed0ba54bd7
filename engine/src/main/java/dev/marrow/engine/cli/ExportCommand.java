package dev.marrow.engine.cli;

import dev.marrow.engine.transfer.ExportWriter;
import dev.marrow.recovery.StoreExport;
import dev.marrow.recovery.tiertwo.LoggedValues;
import dev.marrow.wal.RedoRecord;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "export", mixinStandardHelpOptions = true,
        description = {"Write all keys of a data directory to a file.",
            "While its server runs, or when it was killed, they are read from the tables in the kernel: each key as it is at some moment meanwhile."
                + " When it is stopped, from the directory.",
            "Exit codes: 0: done; 65: the directory is damaged; 73: refused; 74: a file cannot be read or written."})
final class ExportCommand implements Callable<Integer> {
    private static final int BUFFER_BYTES = 1 << 20;

    @Parameters(paramLabel = "FILE", description = "Where to, which must not exist; - is the standard output (default).", arity = "0..1")
    private String file = "-";

    @Option(names = "--dir", paramLabel = "DIR", description = "Data directory (default ./marrow-data).")
    private Path dir = Path.of("marrow-data");

    @Option(names = "--format", paramLabel = "json|resp",
            description = "json: lines as in docs/formats/export.md (default); resp: SET commands, as redis-cli --pipe takes them.")
    private String format = "json";

    @Override
    public Integer call() throws Exception {
        if (!List.of("json", "resp").contains(format)) {
            System.err.println("marrow: --format '" + format + "': must be json or resp");
            return ExitCode.USAGE;
        }
        if (!Files.isDirectory(dir)) {
            throw new IOException("no data directory at " + dir);
        }
        try (OutputStream out = new BufferedOutputStream(open(), BUFFER_BYTES)) {
            Target target = new Target(out, format.equals("json"));
            new StoreExport(dir, System.err).run(target);
            target.writer.orElseThrow().finish();
        }
        return ExitCode.OK;
    }

    private static final class Target implements StoreExport.Target {
        private final OutputStream out;
        private final boolean json;
        private Optional<ExportWriter> writer = Optional.empty();

        Target(OutputStream out, boolean json) {
            this.out = out;
            this.json = json;
        }

        @Override
        public void begin(String source, long nowMillis) throws IOException {
            writer = Optional.of(json ? ExportWriter.json(out, source, nowMillis) : ExportWriter.resp(out, nowMillis));
        }

        @Override
        public void record(MemorySegment payload, long offset, int length) {
            writer.orElseThrow().record(payload, offset, length);
        }

        @Override
        public void large(RedoRecord record, LoggedValues.Value value) throws IOException {
            writer.orElseThrow().large(record, value);
        }
    }

    private OutputStream open() throws IOException {
        if (Files.exists(Path.of(file))) {
            throw new IOException(file + " exists already");
        }
        return file.equals("-") ? System.out : Files.newOutputStream(Path.of(file), java.nio.file.StandardOpenOption.CREATE_NEW);
    }
}

package dev.marrow.engine.cli;

import dev.marrow.wal.LogVerify;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(name = "log", mixinStandardHelpOptions = true, description = "Look at a data directory's log; the server must be stopped.",
        subcommands = {LogCommand.Verify.class, LogCommand.Dump.class})
final class LogCommand implements Runnable {
    @Command(name = "verify", mixinStandardHelpOptions = true,
            description = "Check every batch. Exit code 0: whole; 1: an unsynced tail would be cut; 2: damaged.")
    static final class Verify implements Callable<Integer> {
        @Parameters(paramLabel = "DIR", description = "Data directory.")
        private Path dir = Path.of("marrow-data");

        @Override
        public Integer call() throws Exception {
            return LogVerify.run(dir, System.out);
        }
    }

    @Command(name = "dump", mixinStandardHelpOptions = true, description = "Print every record, a line each. Exit codes as for verify.")
    static final class Dump implements Callable<Integer> {
        @Parameters(paramLabel = "DIR", description = "Data directory.")
        private Path dir = Path.of("marrow-data");

        @Override
        public Integer call() throws Exception {
            return LogVerify.dump(dir, System.out);
        }
    }

    @Override
    public void run() {
        picocli.CommandLine.usage(this, System.out);
    }
}

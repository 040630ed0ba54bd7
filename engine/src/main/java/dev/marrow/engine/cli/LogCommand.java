package dev.marrow.engine.cli;

import dev.marrow.wal.LogDump;
import dev.marrow.wal.LogStat;
import dev.marrow.wal.LogVerify;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "log", mixinStandardHelpOptions = true, description = "Look at a data directory's log; the server must be stopped.",
        subcommands = {LogCommand.Verify.class, LogCommand.Dump.class, LogCommand.Stat.class})
final class LogCommand implements Runnable {
    private static final int OUTPUT_BUFFER_BYTES = 1 << 16;

    @Command(name = "verify", mixinStandardHelpOptions = true,
            description = "Check every batch. Exit code 0: whole; 1: an unsynced tail would be cut; 2: damaged; 3: cannot be looked at.")
    static final class Verify implements Callable<Integer> {
        @Parameters(paramLabel = "DIR", description = "Data directory.")
        private Path dir = Path.of("marrow-data");

        @Option(names = "--json", description = "Print a JSON object.")
        private boolean json;

        @Override
        public Integer call() {
            return LogVerify.run(dir, json, System.out);
        }
    }

    @Command(name = "dump", mixinStandardHelpOptions = true,
            description = "Print every batch, a line each, also behind a hole. Exit codes as for verify.")
    static final class Dump implements Callable<Integer> {
        @Parameters(paramLabel = "DIR", description = "Data directory.")
        private Path dir = Path.of("marrow-data");

        @Option(names = "--records", description = "Print every record instead; long values are shortened, except in JSON.")
        private boolean records;

        @Option(names = "--json", description = "Print JSON objects, one a line.")
        private boolean json;

        @Override
        public Integer call() {
            return LogDump.run(dir, records, json, bufferedOutput());
        }
    }

    @Command(name = "stat", mixinStandardHelpOptions = true,
            description = "Count what each file holds, also behind a hole. Exit codes as for verify.")
    static final class Stat implements Callable<Integer> {
        @Parameters(paramLabel = "DIR", description = "Data directory.")
        private Path dir = Path.of("marrow-data");

        @Option(names = "--json", description = "Print JSON objects, one a line.")
        private boolean json;

        @Override
        public Integer call() {
            return LogStat.run(dir, json, bufferedOutput());
        }
    }

    /** System.out flushes at every line, which would be most of the work. */
    private static PrintStream bufferedOutput() {
        return new PrintStream(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), OUTPUT_BUFFER_BYTES), false,
                StandardCharsets.UTF_8);
    }

    @Override
    public void run() {
        picocli.CommandLine.usage(this, System.out);
    }
}

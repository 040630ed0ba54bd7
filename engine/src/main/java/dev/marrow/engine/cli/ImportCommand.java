package dev.marrow.engine.cli;

import dev.marrow.engine.transfer.ImportFormat;
import dev.marrow.engine.transfer.ImportTarget;
import dev.marrow.engine.transfer.Importer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "import", mixinStandardHelpOptions = true,
        description = {"Send the records of a file to a running server, Marrow or Redis.",
            "Exit code 0: all of them are there; 65: some were refused or malformed, or the file was cut off; 69: no server,"
                + " or it lets nobody in; 74: the file cannot be read, or the server went."})
final class ImportCommand implements Callable<Integer> {
    private static final int MILLIS = 1000;
    private static final int TIMEOUT_SECONDS_MAX = 86_400;

    @Parameters(paramLabel = "FILE", description = "What to import; - is the standard input.")
    private String file = "";

    @Option(names = "--host", paramLabel = "HOST", description = "Host of the server (default 127.0.0.1).")
    private String host = "127.0.0.1";

    @Option(names = "--port", paramLabel = "PORT", description = "Its port (default 6379).")
    private int port = 6379;

    @Option(names = "--password", paramLabel = "PASSWORD",
            description = "For AUTH; better given in the environment as REDISCLI_AUTH, where other users cannot see it.")
    private Optional<String> password = Optional.empty();

    @Option(names = "--format", paramLabel = "auto|json|resp",
            description = "json: the export format; resp: commands, as redis-cli --pipe takes them; auto: the first byte tells (default).")
    private String format = "auto";

    @Option(names = "--errors", paramLabel = "N", description = "Show the first N errors (default 10).")
    private int errors = 10;

    @Option(names = "--timeout", paramLabel = "SECONDS", description = "Give up when a due reply does not come for so long (default 30).")
    private int timeoutSeconds = 30;

    @Override
    public Integer call() throws Exception {
        Optional<String> complaint = complaint();
        if (complaint.isPresent()) {
            System.err.println("marrow: " + complaint.get());
            return ExitCode.USAGE;
        }
        Optional<String> secret = password.or(() -> Optional.ofNullable(System.getenv("REDISCLI_AUTH")));
        ImportTarget target = new ImportTarget(host, port, secret, timeoutSeconds * MILLIS);
        try (InputStream in = open()) {
            Importer importer = new Importer(target, ImportFormat.valueOf(format.toUpperCase(Locale.ROOT)), errors);
            return importer.run(in, System.out, System.err) ? ExitCode.OK : ExitCode.DATA;
        }
    }

    private Optional<String> complaint() {
        if (!format.matches("auto|json|resp")) {
            return Optional.of("--format '" + format + "': must be auto, json or resp");
        }
        if (port < 1 || port > 65535) {
            return Optional.of("--port '" + port + "': must be between 1 and 65535");
        }
        if (errors < 0) {
            return Optional.of("--errors '" + errors + "': must be 0 or more");
        }
        if (timeoutSeconds < 1 || timeoutSeconds > TIMEOUT_SECONDS_MAX) {
            return Optional.of("--timeout '" + timeoutSeconds + "': must be between 1 and " + TIMEOUT_SECONDS_MAX);
        }
        return Optional.empty();
    }

    private InputStream open() throws IOException {
        if (file.equals("-")) {
            return System.in;
        }
        Path path = Path.of(file);
        if (!Files.exists(path)) {
            throw new IOException("there is no file " + file);
        }
        if (Files.isDirectory(path)) {
            throw new IOException(file + " is a directory");
        }
        return Files.newInputStream(path);
    }
}

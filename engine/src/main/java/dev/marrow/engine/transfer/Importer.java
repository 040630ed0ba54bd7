package dev.marrow.engine.transfer;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * {@code marrow import}: from a stream into a running server, Marrow or Redis. Goes on after a record that the server refuses or that
 * is malformed, as long as the next one can be told from it; each is reported.
 *
 * @param errorsShown so many errors are shown, the others are counted
 */
public record Importer(ImportTarget target, ImportFormat format, int errorsShown) {

    /**
     * Sends every record and waits for the last reply.
     *
     * @param out where the result goes, also that of an import that fails on the way
     * @param err where errors go, and what was done so far, each second
     * @return whether every record is in the server and the input was whole
     * @throws ServerUnavailableException when nothing could be sent
     * @throws ServerLostException        when the server went on the way
     * @throws IOException                when the input cannot be read
     */
    public boolean run(InputStream in, PrintStream out, PrintStream err) throws IOException {
        ImportSource source = format.open(in);
        ImportReport report = new ImportReport(errorsShown);
        long startedNanos = System.nanoTime();
        try (Pipeline pipeline = target.connect((position, error) -> report.error(source.unit() + " " + position, error))) {
            Progress progress = Progress.start(pipeline, report, err);
            try {
                sendAll(source, pipeline, report);
                pipeline.finish();
            } finally {
                progress.stop();
                report.showErrors(err);
                out.printf("%,d records sent, %,d replies, %,d errors in %.1f s%n", pipeline.sent(), pipeline.answered(),
                        report.errors(), (System.nanoTime() - startedNanos) / (double) TimeUnit.SECONDS.toNanos(1));
            }
        }
        return report.errors() == 0;
    }

    private static void sendAll(ImportSource source, Pipeline pipeline, ImportReport report) throws IOException {
        for (boolean more = true; more;) {
            try {
                Optional<ImportRecord> record = next(source);
                if (record.isPresent()) {
                    pipeline.send(record.get());
                }
                more = record.isPresent();
            } catch (MalformedInputException malformed) {
                report.error(source.unit() + " " + source.position(), malformed.getMessage());
                more = !malformed.last();
                if (more) {
                    pipeline.dropCommand();
                }
            }
        }
    }

    private static Optional<ImportRecord> next(ImportSource source) throws IOException, MalformedInputException {
        try {
            return source.next();
        } catch (IOException unreadable) {
            String place = source.unit() + " " + source.position();
            throw new IOException("cannot read the input behind " + place + ": " + unreadable.getMessage(), unreadable);
        }
    }
}

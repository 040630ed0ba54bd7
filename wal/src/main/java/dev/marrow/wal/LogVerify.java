package dev.marrow.wal;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Optional;

/** {@code marrow log verify DIR}: whether base and log are whole. Changes nothing. */
public final class LogVerify {

    /** The log is whole. */
    public static final int OK = 0;
    /** A start would cut an unsynced tail. */
    public static final int TAIL = 1;
    /** A start would refuse. */
    public static final int DAMAGE = 2;
    /** It cannot be looked at: in use, of another release, or no data directory. */
    public static final int UNREADABLE = 3;

    private LogVerify() {}

    /** Verifies and prints the result; returns one of the codes above. */
    public static int run(Path dir, PrintStream out) {
        return run(dir, false, out);
    }

    static int run(Path dir, Storage storage, PrintStream out) {
        return run(dir, storage, false, out);
    }

    /** As {@link #run(Path, PrintStream)}; the result is text or one JSON object. */
    public static int run(Path dir, boolean json, PrintStream out) {
        return run(dir, new FileStorage(), json, out);
    }

    static int run(Path dir, Storage storage, boolean json, PrintStream out) {
        return LogTool.run("verify", dir, storage, json, out, directory -> {
            BatchReader.verifyBase(directory);
            LogScan scan = LogScanner.verify(directory);
            Optional<String> failure = FailedMarker.read(dir, storage);
            if (json) {
                printJson(directory.manifest(), scan, failure, out);
            } else {
                printText(directory.manifest(), scan, failure, out);
            }
            return scan.tail().cutBytes() == 0 ? OK : TAIL;
        });
    }

    private static void printText(Manifest manifest, LogScan scan, Optional<String> failure, PrintStream out) {
        LogTail tail = scan.tail();
        BaseFiles base = manifest.base();
        out.printf("checkpoint=%d base_segments=%d base_records=%d base_bytes=%d log_segment=%d log_lsn=%d%n", manifest.checkpoint(),
                base.segments(), base.records(), base.bytes(), manifest.logSegment(), manifest.logLsn());
        out.printf("segments=%d batches=%d records=%d bytes=%d version_max=%d flush_version=%d lsn_next=%d clean_stop=%b%n",
                scan.segments(), scan.batches(), scan.records(), scan.bytes(), scan.versionMax(), scan.flushVersion(),
                scan.lsnNext(), scan.cleanStop());
        out.printf("end: segment=%016x offset=%d cut_bytes=%d (%s)%n", tail.segment(), tail.offset(), tail.cutBytes(), tail.reason());
        failure.ifPresent(cause -> out.printf("FAILED: %s%n", cause));
    }

    private static void printJson(Manifest manifest, LogScan scan, Optional<String> failure, PrintStream out) {
        LogTail tail = scan.tail();
        LogTool.line(out, json -> {
            json.writeStringField("kind", "verified");
            json.writeNumberField("checkpoint", manifest.checkpoint());
            json.writeNumberField("base_segments", manifest.base().segments());
            json.writeNumberField("base_records", manifest.base().records());
            json.writeNumberField("base_bytes", manifest.base().bytes());
            json.writeNumberField("log_segment", manifest.logSegment());
            json.writeNumberField("log_lsn", manifest.logLsn());
            json.writeNumberField("segments", scan.segments());
            json.writeNumberField("batches", scan.batches());
            json.writeNumberField("records", scan.records());
            json.writeNumberField("bytes", scan.bytes());
            json.writeNumberField("version_max", scan.versionMax());
            json.writeNumberField("flush_version", scan.flushVersion());
            json.writeNumberField("lsn_next", scan.lsnNext());
            json.writeBooleanField("clean_stop", scan.cleanStop());
            json.writeNumberField("end_segment", tail.segment());
            json.writeNumberField("end_offset", tail.offset());
            json.writeNumberField("cut_bytes", tail.cutBytes());
            json.writeStringField("reason", tail.reason());
            if (failure.isPresent()) {
                json.writeStringField("failed", failure.get());
            }
        });
    }
}

package dev.marrow.wal;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;

/**
 * {@code marrow log dump DIR}: what the files hold, also behind a hole, where a start does not read. Changes nothing. Exit codes are
 * those of {@link LogVerify}: what a start would say.
 */
public final class LogDump {

    private LogDump() {}

    /**
     * Prints a line for each batch or for each record, and where the holes are.
     *
     * @param records whether records are shown instead of batches
     * @param json    whether each line is a JSON object
     * @param out     best buffered; it is flushed at the end
     */
    public static int run(Path dir, boolean records, boolean json, PrintStream out) {
        return run(dir, new FileStorage(), records, json, out);
    }

    static int run(Path dir, Storage storage, boolean records, boolean json, PrintStream out) {
        return LogTool.run("dump", dir, storage, json, out, directory -> {
            SegmentVisitor dump = json ? new JsonDump(records, out) : records ? new RecordDump(out) : new BatchDump(out);
            for (SegmentFile file : SegmentFile.all(directory)) {
                file.visit(dump);
            }
            return LogTool.judge(directory);
        });
    }

    /** A dump into a pager that was left, or into {@code head}, ends with it. */
    static void requireOpen(PrintStream out) throws IOException {
        if (out.checkError()) {
            throw new IOException("the output was closed");
        }
    }
}

package dev.marrow.wal;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code marrow log stat DIR}: what the files hold, in numbers, file by file and together. Changes nothing. Exit codes are those of
 * {@link LogVerify}.
 */
public final class LogStat {

    private LogStat() {}

    /** Prints a table, or a JSON object for each file and one for all of them. */
    public static int run(Path dir, boolean json, PrintStream out) {
        return run(dir, new FileStorage(), json, out, System.currentTimeMillis());
    }

    /** @param nowMillis Unix time that decides what has expired */
    static int run(Path dir, Storage storage, boolean json, PrintStream out, long nowMillis) {
        return LogTool.run("count", dir, storage, json, out, directory -> {
            Counter counter = new Counter();
            for (SegmentFile file : SegmentFile.all(directory)) {
                file.visit(counter);
            }
            if (json) {
                StatPrinter.json(counter.files, counter.live, nowMillis, out);
            } else {
                StatPrinter.table(counter.files, counter.live, nowMillis, out);
            }
            counter.damages.forEach(damage -> LogTool.damaged(damage, json, out));
            return LogTool.judge(directory);
        });
    }

    private static final class Counter implements SegmentVisitor {
        private final List<SegmentStat> files = new ArrayList<>();
        private final LiveEstimate live = new LiveEstimate();
        private final List<LogDamagedException> damages = new ArrayList<>();

        @Override
        public void segment(SegmentFile file, MappedSegment segment) {
            files.add(new SegmentStat(file.name()));
            files.getLast().fileBytes = segment.bytes().byteSize();
        }

        @Override
        public void batch(MappedSegment segment, long offset) throws IOException {
            SegmentStat stat = files.getLast();
            stat.batch(segment.cursor());
            if (!segment.cursor().isSeal()) {
                SegmentFile.records(segment, offset, (payload, at, length) -> {
                    stat.record(payload, at, length);
                    live.record(payload, at);
                });
            }
        }

        @Override
        public void hole(long offset, long bytes) {
            files.getLast().noBatchBytes += bytes;
        }

        @Override
        public void end(long offset, long bytes) {
            files.getLast().noBatchBytes += bytes;
        }

        @Override
        public void damaged(LogDamagedException damage) {
            damages.add(damage);
        }
    }
}

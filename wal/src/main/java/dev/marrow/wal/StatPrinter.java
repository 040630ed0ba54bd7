package dev.marrow.wal;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Shows {@link SegmentStat}s as a table or as JSON lines. */
final class StatPrinter {

    private static final List<String> COLUMNS = List.of("file", "bytes", "batches", "PUT", "DELETE", "FLUSH", "CHUNK", "payload", "discarded",
            "no batch", "versions", "first batch", "last batch", "a batch", "a record");

    private StatPrinter() {}

    static void table(List<SegmentStat> files, LiveEstimate live, long nowMillis, PrintStream out) {
        List<List<String>> rows = new ArrayList<>(List.of(COLUMNS));
        files.forEach(file -> rows.add(row(file)));
        rows.add(row(total(files)));
        int[] widths = new int[COLUMNS.size()];
        for (List<String> row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        rows.forEach(row -> out.println(line(row, widths)));
        out.printf("live keys%s: %d, with %d bytes of keys and values%n", live.exact() ? "" : " (estimate)", live.keys(nowMillis),
                live.bytes(nowMillis));
    }

    private static SegmentStat total(List<SegmentStat> files) {
        SegmentStat total = new SegmentStat("total");
        files.forEach(total::add);
        return total;
    }

    private static List<String> row(SegmentStat stat) {
        return List.of(stat.name, number(stat.fileBytes), number(stat.batches), number(stat.puts), number(stat.deletes),
                number(stat.flushes), number(stat.chunks), number(stat.payloadBytes), number(stat.discardedBytes), number(stat.noBatchBytes),
                stat.hasVersions() ? stat.versionMin + " to " + stat.versionMax : "-", stat.hasTime() ? time(stat.timeMinMillis) : "-",
                stat.hasTime() ? time(stat.timeMaxMillis) : "-", number(stat.batchBytesAverage()), number(stat.recordBytesAverage()));
    }

    private static String number(long value) {
        return Long.toString(value);
    }

    private static String time(long millis) {
        return Instant.ofEpochMilli(millis).toString();
    }

    /** The first column to the left, numbers to the right. */
    private static String line(List<String> row, int[] widths) {
        StringBuilder line = new StringBuilder(row.getFirst()).repeat(' ', widths[0] - row.getFirst().length());
        for (int i = 1; i < widths.length; i++) {
            line.repeat(' ', 2 + widths[i] - row.get(i).length()).append(row.get(i));
        }
        return line.toString();
    }

    static void json(List<SegmentStat> files, LiveEstimate live, long nowMillis, PrintStream out) {
        for (SegmentStat file : files) {
            LogTool.line(out, json -> {
                json.writeStringField("kind", "file");
                json.writeStringField("file", file.name);
                fields(file, json);
            });
        }
        LogTool.line(out, json -> {
            json.writeStringField("kind", "total");
            fields(total(files), json);
            json.writeNumberField("live_keys", live.keys(nowMillis));
            json.writeNumberField("live_bytes", live.bytes(nowMillis));
            json.writeBooleanField("live_exact", live.exact());
        });
    }

    private static void fields(SegmentStat stat, JsonGenerator json) throws IOException {
        json.writeNumberField("file_bytes", stat.fileBytes);
        json.writeNumberField("batches", stat.batches);
        json.writeNumberField("puts", stat.puts);
        json.writeNumberField("deletes", stat.deletes);
        json.writeNumberField("flushes", stat.flushes);
        json.writeNumberField("chunks", stat.chunks);
        json.writeNumberField("payload_bytes", stat.payloadBytes);
        json.writeNumberField("discarded_bytes", stat.discardedBytes);
        json.writeNumberField("content_bytes", stat.contentBytes);
        json.writeNumberField("no_batch_bytes", stat.noBatchBytes);
        if (stat.hasVersions()) {
            json.writeNumberField("version_min", stat.versionMin);
            json.writeNumberField("version_max", stat.versionMax);
        }
        if (stat.hasTime()) {
            json.writeNumberField("time_min_ms", stat.timeMinMillis);
            json.writeNumberField("time_max_ms", stat.timeMaxMillis);
        }
        json.writeNumberField("batch_bytes_average", stat.batchBytesAverage());
        json.writeNumberField("record_bytes_average", stat.recordBytesAverage());
    }
}

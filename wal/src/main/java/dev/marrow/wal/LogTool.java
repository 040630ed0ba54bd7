package dev.marrow.wal;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;

/** What the tools that look at a log have in common: they hold the directory's lock, change nothing, and tell errors alike. */
final class LogTool {

    /** Looks at an opened directory; returns an exit code of {@link LogVerify}. */
    @FunctionalInterface
    interface Look {
        int at(LogDirectory directory) throws IOException;
    }

    private LogTool() {}

    /** @param verb what the tool does, for the error message */
    static int run(String verb, Path dir, Storage storage, boolean json, PrintStream out, Look look) {
        try {
            if (!InstanceFile.exists(dir, storage)) {
                throw new IOException(storage.exists(dir) ? "no data directory: it has no " + InstanceFile.FILE_NAME : "no such directory");
            }
            try (LogDirectory directory = LogDirectory.inspect(dir, storage)) {
                return look.at(directory);
            }
        } catch (LogDamagedException damage) {
            damaged(damage, json, out);
            return LogVerify.DAMAGE;
        } catch (IOException unreadable) {
            unreadable(verb, dir, unreadable, json, out);
            return LogVerify.UNREADABLE;
        } finally {
            out.flush();
        }
    }

    static void damaged(LogDamagedException damage, boolean json, PrintStream out) {
        if (json) {
            line(out, fields -> {
                fields.writeStringField("kind", "damage");
                fields.writeStringField("file", damage.file());
                fields.writeNumberField("offset", damage.offset());
                fields.writeStringField("expected", damage.expected());
                fields.writeStringField("actual", damage.actual());
            });
        } else {
            out.printf("DAMAGED: file=%s%n  offset   %d%n  expected %s%n  actual   %s%n", damage.file(), damage.offset(),
                    damage.expected(), damage.actual());
        }
    }

    private static void unreadable(String verb, Path dir, IOException cause, boolean json, PrintStream out) {
        // A file system exception's message is often the file's name alone.
        String reason = cause instanceof FileSystemException ? cause.toString() : cause.getMessage();
        String message = "cannot " + verb + " " + dir + ": " + reason;
        if (json) {
            line(out, fields -> {
                fields.writeStringField("kind", "error");
                fields.writeStringField("error", message);
            });
        } else {
            out.println(message);
        }
    }

    /** One line of JSON. A print stream keeps its errors to itself, so there are none to tell. */
    static void line(PrintStream out, JsonLines.Fields fields) {
        try {
            JsonLines lines = new JsonLines(out);
            lines.line(fields);
            lines.flush();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    /** What a start would say of the log, as an exit code, without printing it. */
    static int judge(LogDirectory directory) throws IOException {
        try {
            return LogScanner.verify(directory).tail().cutBytes() == 0 ? LogVerify.OK : LogVerify.TAIL;
        } catch (LogDamagedException damage) {
            return LogVerify.DAMAGE;
        }
    }
}

package dev.marrow.engine.command;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * The slowest commands of late, newest first: those that Java executed. A hot command in the kernel takes microseconds and is not timed. Thread-safe.
 *
 * <p>Bounded by slowlog-max-len entries of at most {@value #ARGUMENTS_MAX} arguments with {@value #ARGUMENT_BYTES_MAX} bytes each.
 */
final class SlowLog {
    static final int ARGUMENTS_MAX = 32;
    static final int ARGUMENT_BYTES_MAX = 128;

    /** @param timeSeconds Unix time of its end */
    record Entry(long id, long timeSeconds, long micros, List<byte[]> arguments, String address, String clientName) {}

    private final Deque<Entry> entries = new ArrayDeque<>();
    private long nextId;

    synchronized void add(long timeSeconds, long micros, List<byte[]> arguments, Session session, int lengthMax) {
        entries.addFirst(new Entry(nextId++, timeSeconds, micros, shortened(arguments), session.remoteAddress(), session.name()));
        while (entries.size() > lengthMax) {
            entries.removeLast();
        }
    }

    private static List<byte[]> shortened(List<byte[]> arguments) {
        int count = arguments.size();
        List<byte[]> shown = new ArrayList<>();
        int whole = count > ARGUMENTS_MAX ? ARGUMENTS_MAX - 1 : count;
        for (byte[] argument : arguments.subList(0, whole)) {
            shown.add(argument.length <= ARGUMENT_BYTES_MAX ? argument : Words.bytes(Words.text(argument).substring(0, ARGUMENT_BYTES_MAX)
                    + "... (" + (argument.length - ARGUMENT_BYTES_MAX) + " more bytes)"));
        }
        if (whole < count) {
            shown.add(Words.bytes("... (" + (count - whole) + " more arguments)"));
        }
        return shown;
    }

    synchronized List<Entry> newest(long count) {
        return entries.stream().limit(count).toList();
    }

    synchronized int length() {
        return entries.size();
    }

    synchronized void reset() {
        entries.clear();
    }
}

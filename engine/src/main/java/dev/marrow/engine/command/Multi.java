package dev.marrow.engine.command;

import dev.marrow.engine.resp.Arguments;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** MULTI and WATCH of one connection: what is queued, and what is watched. */
public final class Multi {
    /** A command that waits for EXEC. */
    record Queued(CommandSpec spec, List<byte[]> arguments) {}

    /** A watched key as it was. */
    record Watched(byte[] key, Transaction.Seen seen) {}

    /** What the JVM needs for a queued command, for an argument beside its bytes, and for a watched key: objects, headers, places in lists. */
    private static final int COMMAND_BYTES = 96;
    private static final int ARGUMENT_BYTES = 32;
    private static final int WATCHED_BYTES = 160;

    private List<Queued> queue = new ArrayList<>();
    private List<Watched> watched = new ArrayList<>();
    private boolean open;
    private boolean broken;
    private long bytes;

    /** Whether commands are queued rather than executed. */
    public boolean isOpen() {
        return open;
    }

    /** Memory that queue and watched keys take, in bytes. */
    public long bytesHeld() {
        return bytes;
    }

    void open() {
        open = true;
    }

    /** A command could not be queued: EXEC is to refuse the whole. */
    void breakOff() {
        broken = true;
    }

    boolean isBroken() {
        return broken;
    }

    void add(CommandSpec spec, List<byte[]> arguments) {
        queue.add(new Queued(spec, arguments));
        bytes += COMMAND_BYTES;
        for (int i = 0; i < arguments.size(); i++) {
            bytes += ARGUMENT_BYTES + (Arguments.large(arguments, i).isPresent() ? 0 : arguments.get(i).length);
        }
    }

    /** Whether these arguments are those of the command queued last: they are released with the queue. */
    public boolean holds(List<byte[]> arguments) {
        return !queue.isEmpty() && queue.getLast().arguments() == arguments;
    }

    /** Commands in the queue. */
    int length() {
        return queue.size();
    }

    /** Whether one of the queued commands changes keys. */
    boolean writes() {
        return queue.stream().anyMatch(queued -> queued.spec().flags().contains("write"));
    }

    List<Queued> queue() {
        return Collections.unmodifiableList(queue);
    }

    void watch(byte[] key, Transaction.Seen seen) {
        watched.add(new Watched(key, seen));
        bytes += WATCHED_BYTES + key.length;
    }

    List<Watched> watched() {
        return Collections.unmodifiableList(watched);
    }

    void unwatch() {
        watched.forEach(key -> bytes -= WATCHED_BYTES + key.key().length);
        watched.clear();
    }

    /** Back to one command at a time; what was watched is no more. */
    public void end() {
        queue.forEach(queued -> Arguments.release(queued.arguments()));
        queue = new ArrayList<>();
        watched = new ArrayList<>();
        open = false;
        broken = false;
        bytes = 0;
    }
}

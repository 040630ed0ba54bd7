package dev.marrow.engine.server;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.OnHostPrograms;

/**
 * One connection as the on-host programs see it: how far the server is with what came over TCP, and what was done without it. Belongs to
 * the connection's event loop.
 */
final class OnHostConnection {
    /** A client that was not taken over: on another host, or the door is shut. */
    static final OnHostConnection NONE = new OnHostConnection(null, null, 0, -1, 0);

    private final OnHostDoor door;
    private final OnHostPrograms programs;
    private final long client;
    private final int index;
    private final int generation;

    /** Bytes of commands that were answered and bytes of replies that were generated, both modulo 2^32. */
    private int commandBytes;
    private int replyBytes;
    private volatile int flags;
    private long messagesSeen;
    private boolean released;
    private boolean ended;

    OnHostConnection(OnHostDoor door, OnHostPrograms programs, long client, int index, int generation) {
        this.door = door;
        this.programs = programs;
        this.client = client;
        this.index = index;
        this.generation = generation;
    }

    /**
     * Whole commands were executed and their replies exist. Must be called before any byte of these replies is written: then a client that has
     * them also has a program that knows of them.
     *
     * @param nowFlags {@code Abi.ONHOST_RESP3 | …} that hold from these replies on
     */
    void answered(int commands, int replies, int nowFlags) {
        if (index < 0 || released) {
            return;
        }
        if (nowFlags != flags) {
            flags = nowFlags;
            head();
        }
        commandBytes += commands;
        replyBytes += replies;
        programs.progress(index, commandBytes, replyBytes);
    }

    /** Nothing of this connection is served here any more. From any thread. */
    synchronized void end() {
        ended = true;
        head();
    }

    private synchronized void head() {
        if (index >= 0 && !released) {
            programs.head(index, generation, ended ? flags | Abi.ONHOST_PASS : flags);
        }
    }

    /** Whether the client was served here since the last call. */
    boolean wasUsed() {
        if (index < 0) {
            return false;
        }
        long messages = programs.messages(index);
        boolean used = messages != messagesSeen;
        messagesSeen = messages;
        return used;
    }

    /** Highest log position of this connection's writes here; 0: none. */
    long writePosition() {
        return index < 0 ? 0 : programs.writePosition(index);
    }

    /** The number may be another connection's from now on: nothing is written to it any more. */
    void release() {
        if (index < 0 || released) {
            return;
        }
        synchronized (this) {
            released = true;
            programs.head(index, 0, 0);
        }
        try {
            programs.unlink(client);
        } finally {
            door.release(index);
        }
    }
}

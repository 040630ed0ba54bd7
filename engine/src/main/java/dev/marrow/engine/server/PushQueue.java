package dev.marrow.engine.server;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/** Lines for a connection from whoever executes a command, until its own event loop takes them. Bounded (I10); thread-safe. */
final class PushQueue {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(0);
    private volatile int size;

    /** False: {@code limit} bytes are there already, and the line is not. */
    synchronized boolean offer(byte[] line, long limit) {
        if (size + (long) line.length > limit) {
            return false;
        }
        bytes.writeBytes(line);
        size = bytes.size();
        return true;
    }

    /** All of it; the queue is empty then. */
    synchronized ByteBuffer take() {
        ByteBuffer all = ByteBuffer.wrap(bytes.toByteArray());
        bytes.reset();
        size = 0;
        return all;
    }

    int size() {
        return size;
    }
}

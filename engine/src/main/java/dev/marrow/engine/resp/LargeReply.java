package dev.marrow.engine.resp;

import java.nio.ByteBuffer;

/** A value within the replies that is too long for the heap: its bytes are fetched when the socket takes them. One thread at a time. */
public interface LargeReply {
    /** In bytes. */
    long length();

    /** Fills the buffer with the bytes from {@code from} on. */
    void read(long from, ByteBuffer to);

    /** Nobody will read it any more. */
    void close();

    /**
     * Its place among other replies.
     *
     * @param at offset in these, of the byte behind it
     */
    record Place(int at, LargeReply value) {}
}

package dev.marrow.engine.resp;

import java.nio.ByteBuffer;

/** A value within the replies that is too long for the heap: its bytes go to the socket from where they lie. One thread at a time. */
public interface LargeReply {
    /** In bytes. */
    long length();

    /** Bytes from {@code from} on, as many as lie side by side there, at least one: good until {@link #close}. */
    ByteBuffer view(long from);

    /** Nobody will read it any more. */
    void close();

    /**
     * Its place among other replies.
     *
     * @param at offset in these, of the byte behind it
     */
    record Place(int at, LargeReply value) {}
}

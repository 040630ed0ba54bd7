package dev.marrow.engine.resp;

import java.nio.ByteBuffer;

/** An argument that is too long for the heap, while it comes in and afterwards. One thread at a time. */
public interface LargeArgument {
    /** There is no room for it, or no place at all; the message is the error that the client gets. */
    final class NoRoomException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        public NoRoomException(String message) {
            super(message);
        }
    }

    /** In bytes, once all have come. */
    long length();

    /**
     * Takes up to {@code count} bytes.
     *
     * @return how many; fewer: where they go is not ready, try again in a moment
     * @throws NoRoomException they cannot be kept
     */
    int take(ByteBuffer in, int count);

    /**
     * All bytes were taken.
     *
     * @return false: call again in a moment
     * @throws NoRoomException as {@link #take}
     */
    boolean end();

    /**
     * All bytes, copied to the heap.
     *
     * @throws NoRoomException they are too many for that
     */
    byte[] bytes();

    /** Its beginning, at most {@code count} bytes. */
    byte[] prefix(int count);

    /** Memory that it takes while it comes in. */
    long bytesHeld();

    /** The command is over; unless it has stored the bytes somewhere they are forgotten. May be called twice. */
    void release();
}

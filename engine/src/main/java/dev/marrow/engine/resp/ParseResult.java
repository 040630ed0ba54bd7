package dev.marrow.engine.resp;

import java.util.List;
import java.util.Optional;

/** What {@link RequestParser#parse} found. */
public sealed interface ParseResult {
    /**
     * One whole command.
     *
     * @param arguments name first; empty for what Redis silently ignores ({@code *0}, {@code *-1}, an empty inline
     *     line): there is nothing to execute and nothing to reply
     * @param bytes length of the command on the wire, over all calls that it took
     */
    record Complete(List<byte[]> arguments, long bytes) implements ParseResult {}

    /**
     * The command goes on. Everything the buffer held is taken; call again with the bytes that follow.
     *
     * @param bytesNeeded at least so many more bytes are needed: a hint for the next read
     */
    record Incomplete(int bytesNeeded) implements ParseResult {}

    /** A large argument cannot be taken just now; call again in a moment with what was left in the buffer. */
    record Blocked() implements ParseResult {}

    /**
     * One whole command, of which at least one argument was longer than {@link RequestParser#BULK_BYTES_MAX} and has
     * been discarded while it streamed in (I10). The connection stays usable.
     *
     * @param arguments the arguments before the over-long one, then its first
     *     {@link RequestParser#OVERSIZED_PREFIX_BYTES} bytes
     * @param index position of the over-long argument, 0 being the command's name
     * @param length its announced length in bytes
     * @param count number of arguments of the command
     * @param bytes length of the command on the wire
     * @param refusal why a place that takes such arguments did not take this one; empty: it is none
     */
    record Oversized(List<byte[]> arguments, int index, long length, int count, long bytes, Optional<String> refusal) implements ParseResult {}

    /**
     * Not RESP. The connection answers with {@code message} (an error reply without its leading '-') and closes.
     */
    record ProtocolError(String message) implements ParseResult {}

    /** The command outgrew {@code client-query-buffer-limit}: the connection is closed without a reply, as Redis does. */
    record QueryBufferFull(long bytesHeld, long limit) implements ParseResult {}
}

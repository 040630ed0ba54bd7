package dev.marrow.engine.resp;

import java.util.List;
import java.util.Optional;

/** Decides what becomes of an argument longer than {@link RequestParser#BULK_BYTES_MAX}. */
public interface LargeArguments {
    /** None are taken. */
    LargeArguments NONE = new LargeArguments() {
        @Override
        public Optional<LargeArgument> begin(List<byte[]> before, int index, long length, int count) {
            return Optional.empty();
        }

        @Override
        public long bytesMax() {
            return RequestParser.PROTO_BULK_BYTES_MAX;
        }
    };

    /**
     * An argument begins.
     *
     * @param before the arguments before it, the command's name first
     * @param index  its place among them, from 1 on
     * @param length its announced length in bytes
     * @param count  announced number of the command's arguments, its name among them
     * @return empty: the command does not take such an argument there
     * @throws LargeArgument.NoRoomException it would, but there is no room
     */
    Optional<LargeArgument> begin(List<byte[]> before, int index, long length, int count);

    /** An announced length above this is a protocol error, as Redis's proto-max-bulk-len says. */
    long bytesMax();
}

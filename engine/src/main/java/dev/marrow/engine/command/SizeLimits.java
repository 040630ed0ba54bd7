package dev.marrow.engine.command;

import dev.marrow.bpf.Abi;
import dev.marrow.engine.resp.Arguments;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Limits of keys and values, and the sentences that name them. */
public final class SizeLimits {
    private SizeLimits() {}

    static String keyError(long length) {
        return "ERR key is " + length + " bytes; keys are 1 to " + Abi.KEY_BYTES_MAX + " bytes";
    }

    static String valueError(long length) {
        return "ERR value is " + length + " bytes; the limit is " + Abi.VALUE_BYTES_MAX + " bytes";
    }

    /** For a value that is to be on the heap as a whole. */
    public static String heapError(long length, long limit) {
        return "ERR value is " + length + " bytes; this command takes at most " + limit + " bytes (a share of the Java heap)";
    }

    /** For a value that would outgrow proto-max-bulk-len. */
    public static RuntimeException tooLong() {
        return new CommandErrorException("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
    }

    /**
     * A copy of the value with room for {@code length} bytes from {@code offset} on, filled up with zeros.
     *
     * @throws CommandErrorException it would be too long
     */
    static byte[] grown(Transaction transaction, byte[] value, long offset, int length) {
        if (offset > transaction.valueBytesMax() - length) {
            throw tooLong();
        }
        if (offset > transaction.heapBytesMax() - length) {
            throw new CommandErrorException(heapError(offset + length, transaction.heapBytesMax()));
        }
        return Arrays.copyOf(value, Math.max(value.length, (int) offset + length));
    }

    /** The error of the first argument that is too long (or an empty key), if there is one. */
    static Optional<String> check(CommandSpec spec, List<byte[]> arguments) {
        for (int i = 1; i < arguments.size(); i++) {
            if (Arguments.large(arguments, i).isPresent()) {
                continue;   // the command takes it there, or it would not have come in
            }
            int length = arguments.get(i).length;
            if (!spec.isKey(i)) {
                if (length > Abi.VALUE_BYTES_MAX) {
                    return Optional.of(valueError(length));
                }
            } else if (length == 0 || length > Abi.KEY_BYTES_MAX) {
                return Optional.of(keyError(length));
            }
        }
        return Optional.empty();
    }
}

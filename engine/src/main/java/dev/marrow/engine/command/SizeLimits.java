package dev.marrow.engine.command;

import dev.marrow.bpf.Abi;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Limits of keys and values, and the sentences that name them. */
final class SizeLimits {
    private SizeLimits() {}

    static String keyError(long length) {
        return "ERR key is " + length + " bytes; keys are 1 to " + Abi.KEY_BYTES_MAX + " bytes";
    }

    static String valueError(long length) {
        return "ERR value is " + length + " bytes; the limit is " + Abi.VALUE_BYTES_MAX + " bytes";
    }

    /**
     * A copy of the value with room for {@code length} bytes from {@code offset} on, filled up with zeros.
     *
     * @throws CommandErrorException it would be too long
     */
    static byte[] grown(byte[] value, long offset, int length) {
        if (offset > Abi.VALUE_BYTES_MAX - length) {
            throw new CommandErrorException("ERR string exceeds maximum allowed size (" + Abi.VALUE_BYTES_MAX + " bytes)");
        }
        return Arrays.copyOf(value, Math.max(value.length, (int) offset + length));
    }

    /** The error of the first argument that is too long (or an empty key), if there is one. */
    static Optional<String> check(CommandSpec spec, List<byte[]> arguments) {
        for (int i = 1; i < arguments.size(); i++) {
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

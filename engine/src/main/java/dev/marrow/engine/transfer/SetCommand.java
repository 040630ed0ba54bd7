package dev.marrow.engine.transfer;

import dev.marrow.engine.resp.RequestParser;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The command that stores a record. */
final class SetCommand {

    private static final byte[] SET = "SET".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] PXAT = "PXAT".getBytes(StandardCharsets.US_ASCII);

    private SetCommand() {}

    /** @param expireMillis Unix time in milliseconds, 0 for never */
    static byte[] encode(byte[] key, byte[] value, long expireMillis) {
        if (expireMillis == 0) {
            return RequestParser.encode(List.of(SET, key, value));
        }
        byte[] time = Long.toString(expireMillis).getBytes(StandardCharsets.US_ASCII);
        return RequestParser.encode(List.of(SET, key, value, PXAT, time));
    }
}

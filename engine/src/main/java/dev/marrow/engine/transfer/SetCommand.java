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
        return RequestParser.encode(List.of(SET, key, value, PXAT, decimal(expireMillis)));
    }

    /** The same up to the value's first byte, for values that are sent as they come: so many bytes follow, and then {@link #end}. */
    static byte[] begin(byte[] key, long length, long expireMillis) {
        return new CommandBytes().count(expireMillis == 0 ? 3 : 5).argument(SET).argument(key).beginArgument(length).take();
    }

    /** What follows the value's last byte. */
    static byte[] end(long expireMillis) {
        CommandBytes end = new CommandBytes().endArgument();
        return expireMillis == 0 ? end.take() : end.argument(PXAT).argument(decimal(expireMillis)).take();
    }

    private static byte[] decimal(long number) {
        return Long.toString(number).getBytes(StandardCharsets.US_ASCII);
    }
}

package dev.marrow.engine.transfer;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Pieces of a command, as RESP: for commands of which an argument goes another way. */
final class CommandBytes {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    /** So many arguments follow. */
    CommandBytes count(int arguments) {
        return line("*" + arguments);
    }

    CommandBytes argument(byte[] argument) {
        line("$" + argument.length);
        bytes.writeBytes(argument);
        return endArgument();
    }

    /** An argument of so many bytes begins: they follow, and then {@link #endArgument}. */
    CommandBytes beginArgument(long length) {
        return line("$" + length);
    }

    /** Bytes of an argument that was begun. */
    void content(ByteBuffer from, int count) {
        byte[] piece = new byte[count];
        from.get(piece);
        bytes.writeBytes(piece);
    }

    CommandBytes content(byte[] piece) {
        bytes.writeBytes(piece);
        return this;
    }

    CommandBytes endArgument() {
        return line("");
    }

    private CommandBytes line(String text) {
        bytes.writeBytes((text + "\r\n").getBytes(StandardCharsets.US_ASCII));
        return this;
    }

    boolean isEmpty() {
        return bytes.size() == 0;
    }

    /** What has gathered; it begins anew. */
    byte[] take() {
        byte[] taken = bytes.toByteArray();
        bytes.reset();
        return taken;
    }
}

package dev.marrow.engine.transfer;

import java.io.IOException;

/** The connection to the server ended, or the server did not answer in time; the message says what was answered. */
public final class ServerLostException extends IOException {
    private static final long serialVersionUID = 1L;

    ServerLostException(String message, Throwable cause) {
        super(message, cause);
    }
}

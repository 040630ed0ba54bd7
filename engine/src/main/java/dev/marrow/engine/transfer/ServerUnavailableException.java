package dev.marrow.engine.transfer;

import java.io.IOException;

/** There is no server to import into, or it does not let us in. Nothing was sent to it. */
public final class ServerUnavailableException extends IOException {
    private static final long serialVersionUID = 1L;

    ServerUnavailableException(String message) {
        super(message);
    }
}

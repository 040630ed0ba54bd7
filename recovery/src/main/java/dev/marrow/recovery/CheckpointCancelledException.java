package dev.marrow.recovery;

import java.io.IOException;

/** A checkpoint was asked to end early, because the server stops; the old one counts. */
public final class CheckpointCancelledException extends IOException {
    private static final long serialVersionUID = 1L;

    CheckpointCancelledException() {
        super("the checkpoint was cancelled");
    }
}

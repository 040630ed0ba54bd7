package dev.marrow.engine.command;

/** A command is answered with this error; nothing was changed, but for earlier parts of a command that is executed in parts. */
public class RefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** @param message the error reply's text, with its code in front: "ERR …", "OOM …" */
    public RefusedException(String message) {
        super(message, null, false, false);
    }
}

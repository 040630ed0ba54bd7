package dev.marrow.engine.command;

/** A command's error reply, thrown before the command has changed anything; other commands of its transaction go on. */
final class CommandErrorException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** @param message the error reply's text, with its code in front: "ERR …" */
    CommandErrorException(String message) {
        super(message, null, false, false);
    }
}

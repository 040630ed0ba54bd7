package dev.marrow.stress.crash;

import java.util.List;

/**
 * A command, or a transaction, that was decided on. From its making on it is in flight: it may or may not be executed. Made and answered by one
 * worker; the subject it belongs to does the locking.
 */
interface Operation {
    /** The last one, whose reply counts. */
    List<String> command();

    /** All that are sent for it, in order; those before the last are answered with a status. */
    default List<List<String>> commands() {
        return List.of(command());
    }

    /** The last command's reply is here. */
    void answered(Reply reply);

    /** WAITAOF said that it is synced; after {@link #answered}. */
    default void synced() {}

    default boolean writes() {
        return true;
    }
}

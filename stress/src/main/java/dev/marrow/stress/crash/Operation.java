package dev.marrow.stress.crash;

import java.util.List;

/**
 * A command that was decided on. From its making on it is in flight: it may or may not be executed. Made and answered by one
 * worker; the subject it belongs to does the locking.
 */
interface Operation {
    List<String> command();

    /** The reply is here. */
    void answered(Reply reply);

    /** WAITAOF said that it is synced; after {@link #answered}. */
    default void synced() {}

    default boolean writes() {
        return true;
    }
}

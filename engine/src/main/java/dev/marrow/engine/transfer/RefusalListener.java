package dev.marrow.engine.transfer;

/** Hears of records that the server answered with an error. Called by the thread that reads replies. */
@FunctionalInterface
interface RefusalListener {
    void refused(long position, String error);
}

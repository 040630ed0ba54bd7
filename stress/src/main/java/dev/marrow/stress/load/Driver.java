package dev.marrow.stress.load;

/** One thread that drives the sessions of some connections to their end. */
interface Driver extends Runnable {
    /** Between attempts to connect again. */
    long RECONNECT_NANOS = 100_000_000;
    /** A connection that cannot be made again for so long is given up. */
    long GIVE_UP_NANOS = 30_000_000_000L;

    /** What is told of a connection that was dropped. */
    String SILENT = "the server was silent for too long";

    /** Ends connections that wait for a reply since before that time; another thread's call. */
    void dropSilent(long beforeNanos);

    /** Ends all of it soon; what is under way is not reported any more. Another thread's call. */
    void stop();
}

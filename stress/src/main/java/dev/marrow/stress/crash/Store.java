package dev.marrow.stress.crash;

/** What a server leaves in a kernel that outlives it, as the supervisor sees it. Closing removes it. */
public interface Store extends AutoCloseable {
    /** Of a server whose kernel ends with it. */
    Store NONE = new Store() {
        @Override
        public boolean pinned() {
            return false;
        }

        @Override
        public boolean unpin() {
            return false;
        }
    };

    boolean pinned();

    /** What a reboot does to the tables; returns whether there were any. No server may be running. */
    boolean unpin();

    @Override
    default void close() {
        unpin();
    }
}

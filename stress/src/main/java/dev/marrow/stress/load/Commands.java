package dev.marrow.stress.load;

import java.util.Locale;

/**
 * Where a Marrow executed commands, as its INFO counts them.
 *
 * @param onHost in eBPF, inside a local client's own {@code send()}
 * @param server in eBPF, for an event loop
 * @param java in Java: what is not hot; the polls of INFO too
 */
record Commands(long onHost, long server, long java) {
    static final Commands NONE = new Commands(0, 0, 0);

    Commands plus(Commands other) {
        return new Commands(onHost + other.onHost, server + other.server, java + other.java);
    }

    Commands since(Commands earlier) {
        return new Commands(onHost - earlier.onHost, server - earlier.server, java - earlier.java);
    }

    long all() {
        return onHost + server + java;
    }

    /** Shares are rounded down: 100 % means all. */
    String text() {
        return String.format(Locale.ROOT, "%,d commands: %s %% by the on-host door, %s %% by event loops, %s %% in Java", all(),
                share(onHost), share(server), share(java));
    }

    private String share(long part) {
        return String.format(Locale.ROOT, "%.1f", Math.floor(1_000.0 * part / Math.max(1, all())) / 10);
    }
}

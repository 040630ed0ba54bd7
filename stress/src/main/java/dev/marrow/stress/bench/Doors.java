package dev.marrow.stress.bench;

import java.io.IOException;
import java.util.Locale;

/**
 * How many commands came to Marrow by which door, as its INFO says. Clients on this host come by the on-host door, unless something is
 * wrong; what is measured then is another door.
 *
 * @param onHost commands served inside a client's own {@code send()}
 * @param server commands that an event loop served
 */
record Doors(long onHost, long server) {
    static final Doors NONE = new Doors(0, 0);
    /** Of the commands that are said to measure the on-host door: a connection's first may be the server's. */
    private static final double SHARE_MIN = 0.99;
    private static final String FIELD_ON_HOST = "commands_door_on_host";
    private static final String FIELD_SERVER = "commands_door_server";

    /** As of now. INFO itself counts for neither. */
    static Doors of(int port) throws IOException {
        return parse(InfoField.section(port, "marrow"));
    }

    /** @throws IOException a counter is missing */
    static Doors parse(String info) throws IOException {
        return new Doors(InfoField.number(info, FIELD_ON_HOST), InfoField.number(info, FIELD_SERVER));
    }

    Doors plus(Doors other) {
        return new Doors(onHost + other.onHost, server + other.server);
    }

    Doors since(Doors earlier) {
        return new Doors(onHost - earlier.onHost, server - earlier.server);
    }

    long commands() {
        return onHost + server;
    }

    /** @throws IOException not nearly all of them came by the on-host door */
    void requireOnHost() throws IOException {
        if (commands() == 0 || onHost < SHARE_MIN * commands()) {
            throw new IOException(String.format(Locale.ROOT, "this is no measurement of the on-host door, which served only %s, not at"
                    + " least %.0f %%; INFO marrow counts the reasons: on_host_passed_*", text(), 100 * SHARE_MIN));
        }
    }

    /** The on-host door's share, with INFO's counters. */
    String text() {
        // Rounded down: 100 % means all.
        double percent = commands() == 0 ? 0 : Math.floor(10_000.0 * onHost / commands()) / 100;
        return String.format(Locale.ROOT, "%.2f %% of %,d commands (%s %,d, %s %,d)", percent, commands(), FIELD_ON_HOST, onHost,
                FIELD_SERVER, server);
    }
}

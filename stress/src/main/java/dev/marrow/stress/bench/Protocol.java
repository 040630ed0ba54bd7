package dev.marrow.stress.bench;

import java.util.Locale;

/** What a server speaks: how a write of a key looks, and the reply that says that it is kept. Of memcached it is the text protocol. */
enum Protocol {
    RESP("*3\r\n$3\r\nSET\r\n$" + Prefill.KEY_BYTES + "\r\n", "\r\n$%d\r\n", "+OK"),
    MEMCACHED("set ", " 0 0 %d\r\n", "STORED");

    private final String beforeKey;
    private final String beforeValue;
    private final String stored;

    Protocol(String beforeKey, String beforeValue, String stored) {
        this.beforeKey = beforeKey;
        this.beforeValue = beforeValue;
        this.stored = stored;
    }

    /** As our clients in C are told. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    String beforeKey() {
        return beforeKey;
    }

    /** Between a key and its value; a value is followed by an end of line. */
    String beforeValue(int valueBytes) {
        return String.format(Locale.ROOT, beforeValue, valueBytes);
    }

    /** The whole line. */
    String stored() {
        return stored;
    }
}

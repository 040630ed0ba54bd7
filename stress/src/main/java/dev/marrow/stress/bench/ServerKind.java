package dev.marrow.stress.bench;

/** Marrow and those that it is compared with. */
enum ServerKind {
    MARROW("Marrow"),
    REDIS(Headline.REDIS),
    MEMCACHED(Headline.MEMCACHED);

    private final String label;

    ServerKind(String label) {
        this.label = label;
    }

    String label() {
        return label;
    }

    Protocol protocol() {
        return this == MEMCACHED ? Protocol.MEMCACHED : Protocol.RESP;
    }
}

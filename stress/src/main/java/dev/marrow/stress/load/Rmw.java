package dev.marrow.stress.load;

/** How a read-modify-write makes sure that nobody wrote between its read and its write: by what the server offers. */
enum Rmw {
    /** {@code GET}, then {@code SET … IFEQ} with the value read; NX where there was none. */
    IFEQ("GET, then SET ... IFEQ the value read"),
    /** {@code WATCH} and {@code GET} in one write, then {@code MULTI}, {@code SET}, {@code EXEC} in one write. */
    WATCH("WATCH and GET, then MULTI, SET and EXEC");

    private final String words;

    Rmw(String words) {
        this.words = words;
    }

    String words() {
        return words;
    }
}

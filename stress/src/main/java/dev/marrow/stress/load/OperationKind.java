package dev.marrow.stress.load;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What a load consists of; the words of {@code --mix}. */
enum OperationKind {
    /** GET of a record. */
    GET,
    /** SET of a record to a new value. */
    SET,
    /** SET of a record that comes after all others. */
    INSERT,
    /** MGET of a run of consecutive records. */
    SCAN,
    /** GET, and a write of the same record that only holds if nobody wrote meanwhile: two round trips, one latency. */
    RMW,
    /** INCR of one of as many counters as there are records. */
    INCR,
    /** DEL of a record. */
    DEL;

    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    static Optional<OperationKind> of(String word) {
        return Arrays.stream(values()).filter(kind -> kind.word().equals(word)).findFirst();
    }
}

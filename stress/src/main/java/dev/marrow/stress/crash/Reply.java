package dev.marrow.stress.crash;

import java.util.List;
import java.util.Optional;

/** A RESP2 reply, as far as the workload's commands give one. Text is ISO-8859-1, so that every byte is one character. */
public sealed interface Reply {

    record Status(String text) implements Reply {}

    record Failure(String text) implements Reply {}

    record Number(long value) implements Reply {}

    /** @param value empty: nil */
    record Bulk(Optional<String> value) implements Reply {}

    /** An array of a string and a number: GETV's. */
    record Versioned(String value, long version) implements Reply {}

    /** An array of a string and an array of strings: SCAN's. */
    record Page(String cursor, List<String> keys) implements Reply {}

    /** An array of numbers: WAITAOF's, EXEC's of commands that count. */
    record Numbers(List<Long> values) implements Reply {}

    /** An array of strings: MGET's. */
    record Bulks(List<Optional<String>> values) implements Reply {}
}

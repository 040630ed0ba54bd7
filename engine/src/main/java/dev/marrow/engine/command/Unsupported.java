package dev.marrow.engine.command;

import java.util.Optional;
import java.util.Set;

/**
 * Commands of Redis whose whole subject Marrow does not have: the error says so, where "unknown command" would make people look for a
 * typing error.
 */
final class Unsupported {
    private static final Set<String> PUB_SUB = Set.of(
            "subscribe", "unsubscribe", "psubscribe", "punsubscribe", "ssubscribe", "sunsubscribe", "publish", "spublish", "pubsub");

    private Unsupported() {}

    /** @param name in lower case */
    static Optional<String> error(String name) {
        return PUB_SUB.contains(name)
                ? Optional.of("ERR " + Words.upper(name) + " is not supported: Marrow has no pub/sub and no keyspace notifications")
                : Optional.empty();
    }
}

package dev.marrow.stress.crash;

import java.util.Optional;

/**
 * What a key holds after some operation.
 *
 * @param value empty: absent
 * @param expireMillis Unix time in milliseconds, 0: never
 */
record RegisterState(Optional<String> value, long expireMillis) {
    static final RegisterState ABSENT = new RegisterState(Optional.empty(), 0);
    /** Clocks are one machine's; what is allowed for is the server's tick and the way of the reply. */
    private static final long SLACK_MILLIS = 250;

    /**
     * What a client saw.
     *
     * @param fromMillis when it asked
     * @param toMillis when it had the answer
     */
    record Seen(Optional<String> value, long fromMillis, long toMillis) {}

    /** Whether this state explains what was seen. */
    boolean explains(Seen seen) {
        boolean mayBeAbsent = value.isEmpty() || expireMillis != 0 && seen.toMillis > expireMillis - SLACK_MILLIS;
        boolean mayBePresent = value.isPresent() && (expireMillis == 0 || seen.fromMillis < expireMillis + SLACK_MILLIS);
        return seen.value.isEmpty() ? mayBeAbsent : mayBePresent && seen.value.equals(value);
    }

    /** Whether PTTL's answer fits this state; a key that is absent is {@link #explains}'s business. */
    boolean explainsTtl(long pttl, Seen seen) {
        if (seen.value.isEmpty() || pttl == -2) {
            return true;
        }
        if (expireMillis == 0 || pttl < 0) {
            return expireMillis == 0 && pttl == -1;
        }
        return expireMillis >= seen.fromMillis + pttl - SLACK_MILLIS && expireMillis <= seen.toMillis + pttl + SLACK_MILLIS;
    }
}

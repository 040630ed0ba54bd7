package dev.marrow.engine.command;

import java.util.List;
import java.util.Optional;

/**
 * What a command says about its key's deadline: {@code EX seconds}, {@code PX milliseconds}, {@code EXAT} or {@code PXAT} and a Unix time, or the one
 * word with which this command does without. They exclude each other; each may repeat, and the last counts.
 */
final class DeadlineOption {
    private static final int MILLIS_PER_SECOND = 1000;

    private enum Unit {
        EX(MILLIS_PER_SECOND, false),
        PX(1, false),
        EXAT(MILLIS_PER_SECOND, true),
        PXAT(1, true);

        private final int millis;
        private final boolean absolute;

        Unit(int millis, boolean absolute) {
            this.millis = millis;
            this.absolute = absolute;
        }

        static Optional<Unit> named(byte[] argument) {
            for (Unit unit : values()) {
                if (Words.is(argument, unit.name())) {
                    return Optional.of(unit);
                }
            }
            return Optional.empty();
        }
    }

    private final String word;
    private boolean isWord;
    private Optional<Unit> unit = Optional.empty();
    private byte[] time = {};

    /** @param word KEEPTTL or PERSIST */
    DeadlineOption(String word) {
        this.word = word;
    }

    /** Of how many arguments from {@code at} on the option consists; 0: it is none of these, or one that earlier ones exclude. */
    int take(List<byte[]> arguments, int at) {
        if (Words.is(arguments.get(at), word)) {
            isWord = unit.isEmpty();
            return isWord ? 1 : 0;
        }
        Optional<Unit> named = Unit.named(arguments.get(at));
        if (named.isEmpty() || isWord || unit.isPresent() && !unit.equals(named) || at + 1 == arguments.size()) {
            return 0;
        }
        unit = named;
        time = arguments.get(at + 1);
        return 2;
    }

    /** Whether the word was given. */
    boolean isWord() {
        return isWord;
    }

    /** Whether a time was given. */
    boolean isTime() {
        return unit.isPresent();
    }

    /**
     * The deadline, Unix time in milliseconds; 0: no time was given.
     *
     * @param command name for the error
     * @throws CommandErrorException the time is not a number, not positive or too far away
     */
    long millis(String command, long nowMillis) {
        if (unit.isEmpty()) {
            return 0;
        }
        long number = IntegerArgument.parse(time);
        long past = unit.get().absolute ? 0 : nowMillis;
        if (number <= 0 || number > (Long.MAX_VALUE - past) / unit.get().millis) {
            throw new CommandErrorException("ERR invalid expire time in '" + command + "' command");
        }
        return number * unit.get().millis + past;
    }
}

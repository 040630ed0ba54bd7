package dev.marrow.engine.command;

import dev.marrow.engine.resp.DecimalNumber;
import dev.marrow.engine.resp.ReplyWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Commands that look for keys. A cursor is the number of a home bucket: keys never move between those, so a full scan returns every key that was there
 * throughout, and the server remembers nothing between two calls. Any number is a good cursor; one behind the table's end finds nothing and ends.
 */
final class ScanCommands {
    private static final long COUNT_DEFAULT = 10;
    /** Of one SCAN, whatever its COUNT: keys looked at, and their home's others. */
    private static final int SCAN_KEYS_MAX = 1 << 14;
    /** Of one SCAN, whatever its COUNT: a table that is almost empty is passed in steps of so many. */
    private static final int SCAN_BUCKETS_MAX = 1 << 15;
    /** Of one SCAN, whatever its COUNT: a hostile pattern ends it earlier, behind the buckets that were looked at. */
    private static final long SCAN_PATTERN_STEPS_MAX = 1 << 22;
    /** Of one look into the kernel. */
    private static final int STEP_BUCKETS = 1 << 13;
    private static final int STEP_KEYS = 1 << 10;
    /** A random key is one of so many neighbours, which evens out that some have more room around them than others. */
    private static final int RANDOM_KEYS = 16;
    private static final String ULONG_MAX = Long.toUnsignedString(-1);
    private static final byte[] EVERYTHING = {'*'};

    private final Kernel kernel;

    ScanCommands(Kernel kernel) {
        this.kernel = kernel;
    }

    /** What SCAN is asked for besides its cursor. */
    private record Wanted(long count, Optional<Glob> pattern, boolean strings) {
        boolean includes(byte[] key) {
            return strings && (pattern.isEmpty() || pattern.get().matches(key));
        }

        boolean isTooMuchWork() {
            return pattern.isPresent() && pattern.get().steps() > SCAN_PATTERN_STEPS_MAX;
        }
    }

    /** SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]. */
    void scan(Session session, List<byte[]> arguments, ReplyWriter out) {
        long cursor;
        Wanted wanted;
        try {
            cursor = cursor(arguments.get(1));
            wanted = wanted(arguments);
        } catch (CommandErrorException error) {
            out.error(error.getMessage());
            return;
        }
        List<byte[]> found = new ArrayList<>();
        long buckets = kernel.buckets();
        int looked = 0;
        int keys = (int) Math.min(wanted.count(), SCAN_KEYS_MAX);
        long from = cursor;
        while (cursor < buckets && looked < keys && cursor - from < SCAN_BUCKETS_MAX && !wanted.isTooMuchWork()) {
            Kernel.Keys step = kernel.scanKeys(session, cursor, STEP_BUCKETS, Math.min(keys - looked, STEP_KEYS));
            looked += step.keys().size();
            step.keys().stream().filter(wanted::includes).forEach(found::add);
            cursor = step.next();
        }
        out.array(2);
        out.bulk(Long.toString(cursor < buckets ? cursor : 0));
        out.array(found.size());
        found.forEach(out::bulk);
    }

    /** As strtoul reads it; a number that is not a bucket's is returned as one behind all. */
    private static long cursor(byte[] argument) {
        String text = Words.cString(argument);
        int digits = text.startsWith("-") || text.startsWith("+") ? 1 : 0;
        for (int i = digits; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                throw new CommandErrorException("ERR invalid cursor");
            }
        }
        if (text.length() == digits) {
            if (digits == 1) {
                throw new CommandErrorException("ERR invalid cursor");
            }
            return 0;
        }
        String number = text.substring(digits).replaceFirst("^0+(?=.)", "");
        if (number.length() > ULONG_MAX.length() || number.length() == ULONG_MAX.length() && number.compareTo(ULONG_MAX) > 0) {
            throw new CommandErrorException("ERR invalid cursor");
        }
        long value = Long.parseUnsignedLong(number);
        value = text.startsWith("-") ? -value : value;
        return value < 0 ? Long.MAX_VALUE : value;
    }

    private static Wanted wanted(List<byte[]> arguments) {
        long count = COUNT_DEFAULT;
        Optional<Glob> pattern = Optional.empty();
        boolean strings = true;
        for (int i = 2; i < arguments.size(); i += 2) {
            byte[] option = arguments.get(i);
            if (i + 1 == arguments.size()) {
                throw new CommandErrorException("ERR syntax error");
            }
            byte[] value = arguments.get(i + 1);
            if (Words.is(option, "count")) {
                count = count(value);
            } else if (Words.is(option, "match")) {
                pattern = pattern(value);
            } else if (Words.is(option, "type")) {
                strings = Words.cString(value).equalsIgnoreCase("string");
            } else {
                throw new CommandErrorException("ERR syntax error");
            }
        }
        return new Wanted(count, pattern, strings);
    }

    private static long count(byte[] argument) {
        DecimalNumber count = DecimalNumber.parse(argument);
        if (!count.valid()) {
            throw new CommandErrorException("ERR value is not an integer or out of range");
        }
        if (count.value() < 1) {
            throw new CommandErrorException("ERR syntax error");
        }
        return count.value();
    }

    /** Empty for the pattern that everything matches. */
    private static Optional<Glob> pattern(byte[] argument) {
        return Arrays.equals(argument, EVERYTHING) ? Optional.empty() : Optional.of(Glob.of(argument));
    }

    /** KEYS pattern. All of it at once, as in Redis: this loop's other connections wait for it. */
    void keys(Session session, List<byte[]> arguments, ReplyWriter out) {
        Optional<Glob> pattern = pattern(arguments.get(1));
        int start = out.size();
        int count = 0;
        long buckets = kernel.buckets();
        for (long cursor = 0; cursor < buckets;) {
            Kernel.Keys step = kernel.scanKeys(session, cursor, STEP_BUCKETS, STEP_KEYS);
            for (byte[] key : step.keys()) {
                if (pattern.isEmpty() || pattern.get().matches(key)) {
                    out.bulk(key);
                    count++;
                }
            }
            cursor = step.next();
        }
        out.arrayOf(start, count);
    }

    /** Some neighbours behind a random bucket, around the table's end when need be, and one of them. */
    void randomKey(Session session, ReplyWriter out) {
        long buckets = kernel.buckets();
        long start = ThreadLocalRandom.current().nextLong(buckets);
        List<byte[]> found = new ArrayList<>();
        for (long visited = 0; visited < buckets && found.size() < RANDOM_KEYS;) {
            long from = (start + visited) % buckets;
            int most = (int) Math.min(STEP_BUCKETS, buckets - visited);
            Kernel.Keys step = kernel.scanKeys(session, from, most, RANDOM_KEYS - found.size());
            found.addAll(step.keys());
            visited += step.next() - from;
        }
        if (found.isEmpty()) {
            out.nil();
        } else {
            out.bulk(found.get(ThreadLocalRandom.current().nextInt(found.size())));
        }
    }
}

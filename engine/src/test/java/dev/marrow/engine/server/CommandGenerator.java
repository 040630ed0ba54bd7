package dev.marrow.engine.server;

import dev.marrow.bpf.Abi;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * Random commands on few keys: every command, its options, and what is wrong with them in all usual ways.
 *
 * <p>Deadlines are far away or long past, and those that are compared with each other (GT, LT) are given as absolute times, so that no
 * outcome depends on when a command runs.
 */
final class CommandGenerator {
    private static final int RECORD_HEADER_BYTES = Abi.RECORD_HEADER_BYTES;
    private static final List<String> NUMBERS = List.of("0", "1", "-1", "7", "10", "-32768", "2147483648", "999999999999",
            "9223372036854775807", "9223372036854775806", "-9223372036854775808", "-9223372036854775807");
    private static final List<String> NOT_NUMBERS = List.of("", "-", "+1", "01", "-0", " 1", "1 ", "1.0", "0x1", "1e3", "9223372036854775808",
            "-9223372036854775809", "99999999999999999999", "999999999999999999999", "abc", "1\0", "--1");
    private static final List<String> SET_OPTIONS = List.of("NX", "XX", "GET", "KEEPTTL", "EX", "PX", "EXAT", "PXAT");
    private static final List<String> WRONG_OPTIONS = List.of("", "N", "NXX", "NX ", "EX ", "PERSIST", "KEEPTT", "KEEPTTL ", "EXPIREAT",
            "a\r\nb", "GETX", "\0\0", "\u00ff");

    private final Random random;
    private final long startMillis;
    private final List<String> keys;
    private final List<Integer> valueSizes;

    CommandGenerator(Random random, long startMillis) {
        this.random = random;
        this.startMillis = startMillis;
        this.keys = List.of("a", "k", "key:000000000001", "\0", "\r\n$1\r\n", bytes(9), bytes(64), bytes(65), "p".repeat(511), bytes(512));
        List<Integer> sizes = new ArrayList<>(List.of(0, 1, 2, 7, 8, 9, 127, 128, 129, 4096));
        for (int size : Abi.sizeClasses()) {
            sizes.add(size);
        }
        this.valueSizes = List.copyOf(sizes);
    }

    List<String> keys() {
        return keys;
    }

    List<String> next() {
        List<String> command = new ArrayList<>(chance(5) ? aboutKeys() : wellFormed());
        if (command.get(0).equalsIgnoreCase("scan")) {
            return command;     // another cursor finds nobody knows what
        }
        if (chance(40)) {
            int at = random.nextInt(command.size() + 1);
            command.add(at == 0 ? command.size() : at, any());
        } else if (chance(40) && command.size() > 1) {
            command.remove(command.size() - 1);
        } else if (chance(60) && command.size() > 1) {
            command.set(1 + random.nextInt(command.size() - 1), any());
        }
        return command;
    }

    private List<String> wellFormed() {
        return switch (random.nextInt(32)) {
            case 0, 1 -> List.of(word("get"), key());
            case 2, 3, 4 -> List.of(word("set"), key(), value());
            case 5, 6, 7 -> setWithOptions();
            case 8 -> List.of(word("setnx"), key(), value());
            case 9 -> List.of(word(random.nextBoolean() ? "setex" : "psetex"), key(), relative(), value());
            case 10 -> List.of(word("getset"), key(), value());
            case 11 -> List.of(word("getdel"), key());
            case 12 -> List.of(word("del"), key());
            case 13 -> many("del");
            case 14 -> many("exists");
            case 15 -> many("mget");
            case 16 -> mset();
            case 17 -> List.of(word("exists"), key());
            case 18 -> List.of(word("strlen"), key());
            case 19, 20 -> List.of(word("append"), key(), value());
            case 21 -> List.of(word(random.nextBoolean() ? "incr" : "decr"), key());
            case 22, 23 -> List.of(word(random.nextBoolean() ? "incrby" : "decrby"), key(), number());
            case 24, 25, 26 -> expire();
            case 27 -> List.of(word(random.nextBoolean() ? "ttl" : "pttl"), key());
            case 28 -> List.of(word("persist"), key());
            case 29 -> chance(2) ? List.of(word("ping")) : List.of(word(random.nextBoolean() ? "ping" : "echo"), value());
            case 30 -> seldom();
            default -> List.of(word("set"), key(), number());
        };
    }

    private List<String> seldom() {
        if (chance(4)) {
            return chance(2) ? List.of(word(random.nextBoolean() ? "flushall" : "flushdb"))
                    : List.of("FlushAll", random.nextBoolean() ? "async" : "sync");
        }
        return chance(2) ? List.of(word("dbsize")) : List.of("nosuchcommand", "x", "y");
    }

    private List<String> setWithOptions() {
        List<String> command = new ArrayList<>(List.of(word("set"), key(), value()));
        int count = chance(50) ? 10 + random.nextInt(8) : 1 + random.nextInt(3);
        for (int i = 0; i < count; i++) {
            String option = pick(SET_OPTIONS);
            command.add(word(option));
            if (option.startsWith("EX") || option.startsWith("PX")) {
                command.add(option.endsWith("AT") ? absolute(option.startsWith("EX")) : relative());
            }
        }
        if (chance(20)) {
            command.add(pick(WRONG_OPTIONS));
        }
        return command;
    }

    private List<String> expire() {
        boolean absolute = chance(2);
        boolean seconds = random.nextBoolean();
        List<String> command = new ArrayList<>(List.of(word((seconds ? "expire" : "pexpire") + (absolute ? "at" : "")), key(),
                absolute ? absolute(seconds) : relative()));
        int count = chance(2) ? 0 : 1 + random.nextInt(chance(20) ? 12 : 2);
        for (int i = 0; i < count; i++) {
            command.add(chance(15) ? pick(WRONG_OPTIONS) : word(pick(absolute ? List.of("NX", "XX", "GT", "LT") : List.of("NX", "XX"))));
        }
        return command;
    }

    private List<String> many(String name) {
        List<String> command = new ArrayList<>(List.of(word(name)));
        int count = chance(20) ? 10 + random.nextInt(140) : 1 + random.nextInt(5);
        for (int i = 0; i < count; i++) {
            command.add(key());
        }
        return command;
    }

    private List<String> mset() {
        List<String> command = new ArrayList<>(List.of(word("mset")));
        int count = 1 + random.nextInt(chance(10) ? 20 : 3);
        for (int i = 0; i < count; i++) {
            command.add(key());
            command.add(value());
        }
        return command;
    }

    private List<String> aboutKeys() {
        return switch (random.nextInt(9)) {
            case 0 -> List.of(word("type"), key());
            case 1, 2 -> List.of(word(random.nextBoolean() ? "rename" : "renamenx"), key(), key());
            case 3 -> copy();
            case 4 -> List.of(word(random.nextBoolean() ? "expiretime" : "pexpiretime"), key());
            case 5 -> List.of(word("keys"), pattern());
            case 6 -> scan();
            case 7 -> List.of(word("object"), word(pick(List.of("encoding", "encoding", "refcount", "idletime", "freq"))), key());
            default -> List.of(word("randomkey"));
        };
    }

    private List<String> copy() {
        List<String> command = new ArrayList<>(List.of(word("copy"), key(), key()));
        while (chance(2)) {
            if (chance(2)) {
                command.add(word("replace"));
            } else {
                command.addAll(List.of(word("db"), chance(4) ? number(pick(List.of("-1", "16", "2147483648"))) : "0"));
            }
        }
        if (chance(20)) {
            command.add(pick(WRONG_OPTIONS));
        }
        return command;
    }

    private List<String> scan() {
        String cursor = chance(8) ? pick(List.of("", "-0", "00", "x", "0x", " 0", "18446744073709551616", "+")) : "0";
        List<String> command = new ArrayList<>(List.of(word("scan"), cursor));
        if (chance(2)) {
            command.addAll(List.of(word("match"), pattern()));
        }
        if (chance(3)) {
            command.addAll(List.of(word("type"), pick(List.of("string", "String", "hash", "nosuch", ""))));
        }
        if (chance(20)) {
            command.add(pick(WRONG_OPTIONS));
        }
        command.addAll(List.of(word("count"), chance(8) ? number(pick(List.of("0", "-1"))) : "100000"));
        return command;
    }

    /** Made of a key's own bytes, wildcards and brackets. */
    private String pattern() {
        if (chance(4)) {
            return "*";
        }
        String key = pick(keys);
        StringBuilder pattern = new StringBuilder();
        for (int i = 0; i < Math.min(key.length(), 12); i++) {
            char c = key.charAt(i);
            pattern.append(switch (random.nextInt(8)) {
                case 0 -> "*";
                case 1 -> "?";
                case 2 -> "[" + pick(List.of("", "^")) + c + pick(List.of("", "-", "-z", "]a")) + pick(List.of("]", "]", ""));
                case 3 -> "\\" + c;
                default -> String.valueOf(c);
            });
        }
        return pattern + (key.length() > 12 || chance(4) ? "*" : "");
    }

    // ---- arguments ----

    private String any() {
        return switch (random.nextInt(6)) {
            case 0 -> key();
            case 1 -> value();
            case 2 -> pick(NUMBERS);
            case 3 -> pick(NOT_NUMBERS);
            case 4 -> pick(WRONG_OPTIONS);
            default -> pick(SET_OPTIONS);
        };
    }

    private String key() {
        if (chance(60)) {
            return chance(2) ? bytes(513 + random.nextInt(3)) : chance(2) ? "" : bytes(RedisModel.VALUE_BYTES_MAX + 1);
        }
        return pick(keys);
    }

    private String value() {
        if (chance(3)) {
            return number();
        }
        if (chance(60)) {
            return bytes(RedisModel.VALUE_BYTES_MAX - 1 + random.nextInt(3));
        }
        int size = pick(valueSizes);
        if (size > 9000 && !chance(8)) {
            size %= 200;
        }
        // a record of exactly a class's size, and one byte around it
        int around = chance(2) ? size : size - RECORD_HEADER_BYTES - pick(keys).length() - 1 + random.nextInt(3);
        return bytes(Math.clamp(around, 0, RedisModel.VALUE_BYTES_MAX));
    }

    private String number() {
        return chance(6) ? pick(NOT_NUMBERS) : chance(2) ? Integer.toString(random.nextInt(2001) - 1000) : pick(NUMBERS);
    }

    /** Days ahead, in whatever unit; or nonsense. The unit of milliseconds makes it hours. */
    private String relative() {
        return chance(8) ? number(pick(List.of("-1", "0", "-9223372036854775808", "9223372036854775807", "9223372036854775")))
                : Long.toString(40_000_000L + 1_000_000L * random.nextInt(5));
    }

    private String absolute(boolean seconds) {
        if (chance(8)) {
            return number(pick(List.of("1", "-5", "0", "1000000000", "9223372036854775807", "9223372036854775", "-9223372036854775808")));
        }
        // neither among themselves nor with a relative one do two deadlines come close by accident
        long millis = startMillis + 500_000_000_000L + 7_000_000L * random.nextInt(4);
        return Long.toString(seconds ? millis / 1000 : millis);
    }

    private String number(String usual) {
        return chance(3) ? pick(NOT_NUMBERS) : usual;
    }

    private String word(String text) {
        return switch (random.nextInt(4)) {
            case 0 -> text.toUpperCase(Locale.ROOT);
            case 1 -> text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1).toLowerCase(Locale.ROOT);
            default -> text.toLowerCase(Locale.ROOT);
        };
    }

    /** Bytes of all values. */
    private String bytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1);
    }

    private <T> T pick(List<T> from) {
        return from.get(random.nextInt(from.size()));
    }

    /** One time of so many. */
    private boolean chance(int times) {
        return random.nextInt(times) == 0;
    }
}

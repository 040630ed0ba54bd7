package dev.marrow.engine.server;

import dev.marrow.bpf.Abi;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
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
    /** What strtold() takes, and what it does not. */
    private static final List<String> FLOATS = List.of("0.1", "-0.1", "10.5", "3.0e3", "1.1", "-1234567.891", "1e-17", "-1e-18", "4.9e-18",
            "123456789.123456789",
            "1e17", "1E+20", "9007199254740993.5", "36893488147419103233", "1e4000", "1e4931", "-1.1e4932", "+.5", "5.", "0x1.8p1", "-0X.4",
            "0x1p5000", "-0x1.fffffffffffffffep16383", "0x1p-16445", "0x1.8p-16445", "0x8000000000000000.8p0", "0x8000000000000001.8p1",
            "0e99999999999999999999",
            "1e-4940", "-0", "00012.50");
    private static final List<String> NOT_FLOATS = List.of("inf", "-Infinity", "nan", "nan(1)", "1e", "1e+", ".", "+", "0x", "0x.p1", "0x1p", "1 ",
            "\t1", "1.2.3",
            "1e5000", "1e-5000", "0x1p16384", "0x1.ffffffffffffffff8p16383", "0x1p-16446", "0x1p99999999999",
            "1e99999999999999999999", "1,5", "1\0");
    private static final List<String> INDEXES = List.of("0", "1", "-1", "2", "-2", "3", "-3", "5", "-5", "7", "8", "-8", "9", "15", "16", "17",
            "63", "64", "100", "-100", "1000",
            "65535", "65536", "524287", "524288", "-524288", "-524289", "9223372036854775807", "-9223372036854775808");
    private static final List<String> BIT_OFFSETS = List.of("0", "1", "2", "6", "7", "8", "9", "15", "16", "23", "63", "64", "65", "71", "100",
            "800", "4095", "524280",
            "524287", "524288", "4294967295", "4294967296", "-1");
    private static final List<String> FIELD_TYPES = List.of("u1", "i1", "u2", "i2", "u4", "i5", "u7", "u8", "i8", "u9", "i16", "u31", "i32", "u32",
            "i33", "u63", "i63", "i64");
    private static final List<String> NOT_FIELD_TYPES = List.of("", "u", "i", "u0", "i0", "u64", "i65", "u-1", "x8", "8", "U8", "I8", "u08", "i8 ",
            "u99999999999999999999");
    private static final List<String> SET_OPTIONS = List.of("NX", "XX", "GET", "KEEPTTL", "EX", "PX", "EXAT", "PXAT");
    private static final List<String> WRONG_OPTIONS = List.of("", "N", "NXX", "NX ", "EX ", "PERSIST", "KEEPTT", "KEEPTTL ", "EXPIREAT",
            "a\r\nb", "GETX", "\0\0", "\u00ff");

    private static final List<Integer> LARGE_SIZES = List.of(65_536, 65_536 + 44, 2 * 65_536, 200_000, 1 << 20);

    private final Random random;
    private final long startMillis;
    private final List<String> keys;
    private final List<Integer> valueSizes;
    private final int valueBytesMax;
    private String lookAt = "";

    /** @param valueBytesMax longest value; with more than the table takes many are about as long as that, or twice as long */
    CommandGenerator(Random random, long startMillis, int valueBytesMax) {
        this.valueBytesMax = valueBytesMax;
        this.random = random;
        this.startMillis = startMillis;
        this.keys = List.of("a", "k", "key:000000000001", "\0", "\r\n$1\r\n", bytes(9), bytes(64), bytes(65), "p".repeat(511), bytes(512));
        List<Integer> sizes = new ArrayList<>(List.of(0, 1, 2, 7, 8, 9, 127, 128, 129, 4096));
        for (int size : Abi.sizeClasses()) {
            sizes.add(size);
        }
        this.valueSizes = List.copyOf(sizes);
    }

    private String index() {
        return chance(20) ? pick(NOT_NUMBERS) : chance(3) ? Integer.toString(random.nextInt(200) - 100) : pick(INDEXES);
    }

    private String floating() {
        return chance(8) ? pick(NOT_FLOATS) : chance(4) ? number() : chance(3) ? pick(FLOATS) : randomFloat();
    }

    private String randomFloat() {
        long scale = Math.powExact(10L, random.nextInt(12));
        double number = random.nextInt(2_000_001) - 1_000_000;
        return chance(3) ? Double.toString(number * random.nextDouble()) : BigDecimal.valueOf((long) number).divide(
                BigDecimal.valueOf(scale)).toPlainString();
    }

    List<String> keys() {
        return keys;
    }

    /** Every third command is followed by a look at the deadline that it left behind. */
    List<String> next() {
        if (!lookAt.isEmpty() && chance(3)) {
            List<String> look = List.of(word(random.nextBoolean() ? "pttl" : "ttl"), lookAt);
            lookAt = "";
            return look;
        }
        List<String> command = command();
        lookAt = command.size() > 2 ? command.get(CommandShape.of(command.get(0).toLowerCase(Locale.ROOT)).firstKey()) : "";
        return command;
    }

    private List<String> command() {
        while (true) {
            List<String> command = new ArrayList<>(chance(6) ? aboutKeys() : wellFormed());
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
            if (!expiresSoon(command)) {
                return command;
            }
        }
    }

    /** What was put in by chance may stand where a time stands. */
    private static boolean expiresSoon(List<String> command) {
        for (int i = 2; i < command.size(); i++) {
            boolean isTime = command.get(i - 1).matches("(?i)[EP]X") || i == 2 && command.get(0).matches("(?i)p?expire|p?setex");
            if (isTime && command.get(i).matches("[1-9][0-9]{0,6}")) {
                return true;
            }
        }
        return false;
    }

    private List<String> wellFormed() {
        return chance(2) ? ofTheKernel() : ofJava();
    }

    private List<String> ofJava() {
        return switch (random.nextInt(27)) {
            case 0, 1 -> List.of(word("incrbyfloat"), key(), floating());
            case 2 -> List.of(word("set"), key(), floating());
            case 3, 4 -> List.of(word(chance(3) ? "substr" : "getrange"), key(), index(), index());
            case 5, 6 -> List.of(word("setrange"), key(), index(), chance(6) ? "" : value());
            case 7, 8 -> getex();
            case 9 -> List.of(word("setbit"), key(), bitOffset(), chance(6) ? index() : random.nextBoolean() ? "1" : "0");
            case 10 -> List.of(word("getbit"), key(), bitOffset());
            case 11, 12 -> bitCount();
            case 13, 14 -> bitPos();
            case 15, 16 -> bitOp();
            case 17, 18 -> bitField();
            case 19, 20, 21 -> setIf();
            case 22 -> deleteIf();
            case 23, 24 -> !chance(3) ? setVersion() : List.of(word("getv"), key());
            case 25 -> many(random.nextBoolean() ? "unlink" : "touch");
            default -> pairs("msetnx");
        };
    }

    private List<String> getex() {
        List<String> command = new ArrayList<>(List.of(word("getex"), key()));
        int count = chance(3) ? 0 : chance(4) ? 2 : 1;
        for (int i = 0; i < count; i++) {
            String option = chance(15) ? pick(WRONG_OPTIONS) : pick(List.of("PERSIST", "EX", "PX", "EXAT", "PXAT", "KEEPTTL"));
            command.add(word(option));
            time(option).ifPresent(command::add);
        }
        return command;
    }

    private Optional<String> time(String option) {
        return option.matches("(EX|PX)(AT)?") ? Optional.of(option.endsWith("AT") ? absolute(option.startsWith("EX")) : relative())
                : Optional.empty();
    }

    private String bitOffset() {
        return chance(12) ? pick(NOT_NUMBERS) : chance(3) ? Integer.toString(random.nextInt(600)) : pick(BIT_OFFSETS);
    }

    private void range(List<String> command) {
        command.add(index());
        command.add(index());
        if (chance(2)) {
            command.add(chance(15) ? pick(WRONG_OPTIONS) : word(pick(List.of("bit", "byte"))));
        }
    }

    private List<String> bitCount() {
        List<String> command = new ArrayList<>(List.of(word("bitcount"), key()));
        if (!chance(4)) {
            range(command);
        }
        return command;
    }

    private List<String> bitPos() {
        List<String> command = new ArrayList<>(List.of(word("bitpos"), key(), chance(10) ? number() : random.nextBoolean() ? "1" : "0"));
        if (chance(3)) {
            command.add(index());
        } else if (!chance(4)) {
            range(command);
        }
        return command;
    }

    private List<String> bitOp() {
        String operation = chance(15) ? pick(WRONG_OPTIONS) : pick(List.of("and", "or", "xor", "not"));
        List<String> command = new ArrayList<>(List.of(word("bitop"), word(operation), key()));
        int count = operation.equals("not") && !chance(6) ? 1 : 1 + random.nextInt(chance(10) ? 14 : 3);
        for (int i = 0; i < count; i++) {
            command.add(key());
        }
        return command;
    }

    private List<String> bitField() {
        boolean readOnly = chance(4);
        List<String> command = new ArrayList<>(List.of(word(readOnly ? "bitfield_ro" : "bitfield"), key()));
        int count = random.nextInt(chance(8) ? 12 : 4);
        for (int i = 0; i < count; i++) {
            String operation = readOnly && !chance(8) ? "get" : pick(List.of("get", "set", "set", "incrby", "incrby", "overflow"));
            command.add(word(chance(40) ? pick(WRONG_OPTIONS) : operation));
            if (operation.equals("overflow")) {
                command.add(chance(15) ? pick(WRONG_OPTIONS) : word(pick(List.of("wrap", "sat", "fail"))));
                continue;
            }
            command.add(chance(25) ? pick(NOT_FIELD_TYPES) : pick(FIELD_TYPES));
            command.add(chance(3) ? "#" + (chance(10) ? pick(NOT_NUMBERS.subList(0, 7)) : random.nextInt(20)) : bitOffset());
            if (!operation.equals("get")) {
                command.add(number());
            }
        }
        return command;
    }

    /** Numbers are what it may find: few keys and few small numbers. */
    private String likely() {
        return chance(4) ? value() : Integer.toString(random.nextInt(3));
    }

    private List<String> setIf() {
        if (chance(3)) {
            return List.of(word("set"), key(), likely());
        }
        List<String> command = new ArrayList<>(List.of(word("set"), key(), chance(8) ? word("ifeq") : likely()));
        List<String> options = new ArrayList<>(List.of(word(random.nextBoolean() ? "ifeq" : "ifne")));
        int count = chance(3) ? 0 : 1 + random.nextInt(chance(20) ? 9 : 2);
        for (int i = 0; i < count; i++) {
            options.add(random.nextInt(options.size() + 1),
                    chance(20) ? word(pick(List.of("IFEQ", "IFNE", "NX",
                    "XX"))) : word(pick(SET_OPTIONS.subList(2, 8))));
        }
        for (String option : options) {
            command.add(option);
            if (option.toUpperCase(Locale.ROOT).startsWith("IF")) {
                command.add(likely());
            } else {
                time(option.toUpperCase(Locale.ROOT)).ifPresent(command::add);
            }
        }
        return command;
    }

    private List<String> deleteIf() {
        return switch (random.nextInt(3)) {
            case 0 -> List.of(word("delifeq"), key(), likely());
            case 1 -> List.of(word("delex"), key());
            default -> List.of(word("delex"), key(), chance(8) ? pick(WRONG_OPTIONS) : word(pick(List.of("ifeq", "ifne"))), likely());
        };
    }

    /** A version that a key really has is never among these. */
    private List<String> setVersion() {
        List<String> command = new ArrayList<>(List.of(word("setv"), key(), chance(3) ? number() : "0", value()));
        if (chance(2)) {
            String option = pick(SET_OPTIONS.subList(3, 8));
            command.add(word(option));
            time(option).ifPresent(command::add);
        }
        return command;
    }

    private List<String> ofTheKernel() {
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
            case 16 -> pairs("mset");
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

    private List<String> pairs(String name) {
        List<String> command = new ArrayList<>(List.of(word(name)));
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
            return chance(2) ? bytes(513 + random.nextInt(3)) : chance(2) ? "" : bytes(RedisModel.TABLE_VALUE_BYTES_MAX + 1);
        }
        return pick(keys);
    }

    private String value() {
        if (chance(3)) {
            return number();
        }
        if (chance(60)) {
            return bytes(RedisModel.TABLE_VALUE_BYTES_MAX - 1 + random.nextInt(3));
        }
        if (valueBytesMax > RedisModel.TABLE_VALUE_BYTES_MAX && chance(12)) {
            return bytes(Math.min(valueBytesMax, pick(LARGE_SIZES) - 1 + random.nextInt(3)));
        }
        if (chance(8)) {
            return (random.nextBoolean() ? "\u00ff" : "\0").repeat(random.nextInt(12));
        }
        int size = pick(valueSizes);
        if (size > 9000 && !chance(8)) {
            size %= 200;
        }
        // a record of exactly a class's size, and one byte around it
        int around = chance(2) ? size : size - RECORD_HEADER_BYTES - pick(keys).length() - 1 + random.nextInt(3);
        return bytes(Math.clamp(around, 0, RedisModel.TABLE_VALUE_BYTES_MAX));
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
            case 1 -> text.isEmpty() ? text : text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1).toLowerCase(Locale.ROOT);
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

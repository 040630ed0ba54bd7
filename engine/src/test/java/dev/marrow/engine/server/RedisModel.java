package dev.marrow.engine.server;

import dev.marrow.engine.command.NaiveGlob;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What Redis 7.0 answers to the commands that Marrow has, written from Redis's documentation and source without a look at Marrow's,
 * plus Marrow's documented limits. Text is Latin-1, one character a byte. Time is given; the model never looks at a clock.
 */
final class RedisModel {
    static final int KEY_BYTES_MAX = 512;
    /** Of a value in the table, and of an argument that goes nowhere else. */
    static final int TABLE_VALUE_BYTES_MAX = 65_536;

    /** An expected reply: either these bytes, or the time that is left to a deadline. */
    sealed interface Expected {
        /** @param limit true: here Marrow's limits make it differ from Redis */
        record Bytes(String bytes, boolean limit) implements Expected {}

        record TimeLeft(long deadlineMillis, boolean milliseconds) implements Expected {}

        /** A deadline, which was given as a time from then on, in the unit. */
        record Deadline(long deadlineMillis, boolean milliseconds) implements Expected {}

        /** These bytes, then an array with these bulk strings in any order. */
        record AnyOrder(String before, List<String> elements) implements Expected {}

        /** One of these as a bulk string. */
        record OneOf(List<String> elements) implements Expected {}
        /** GETV's: this value, and some version. */
        record Versioned(String value) implements Expected {}
    }

    private record Entry(String value, long deadlineMillis) {}

    private static final String NOT_INTEGER = "ERR value is not an integer or out of range";
    private static final String SYNTAX = "ERR syntax error";
    /** Younger than Redis 7.0, or Marrow's own. */
    static final Set<String> NOT_IN_REDIS = Set.of("delifeq", "delex", "getv", "setv");

    private final int valueBytesMax;
    private final Map<String, Entry> entries = new HashMap<>();
    private long nowMillis;
    private boolean resp3;
    private List<String> forRedis = List.of();

    /** @param valueBytesMax longest value, with or without a tier two */
    RedisModel(int valueBytesMax) {
        this.valueBytesMax = valueBytesMax;
    }

    Expected execute(List<String> arguments, boolean resp3, long nowMillis) {
        this.nowMillis = nowMillis;
        this.resp3 = resp3;
        String name = arguments.get(0).toLowerCase(Locale.ROOT);
        this.forRedis = NOT_IN_REDIS.contains(name) ? List.of() : arguments;
        if (name.equals("object") && arguments.size() > 1) {
            return object(arguments);
        }
        int least = CommandShape.of(name).least();
        int most = CommandShape.of(name).most();
        if (least == 0) {
            return exact(unknown(arguments));
        }
        if (arguments.size() < least || arguments.size() > most || (name.matches("mset(nx)?") && arguments.size() % 2 == 0)) {
            return error("ERR wrong number of arguments for '" + name + "' command");
        }
        String limit = limit(name, arguments);
        if (!limit.isEmpty()) {
            return new Expected.Bytes("-" + limit + "\r\n", true);
        }
        return dispatch(name, arguments);
    }

    private Expected dispatch(String name, List<String> a) {
        return switch (name) {
            case "ping" -> exact(a.size() == 1 ? "+PONG\r\n" : bulk(a.get(1)));
            case "echo" -> exact(bulk(a.get(1)));
            case "get" -> exact(valueOrNil(a.get(1)));
            case "strlen" -> number(live(a.get(1)) ? entries.get(a.get(1)).value().length() : 0);
            case "exists" -> number(a.stream().skip(1).filter(this::live).count());
            case "del" -> number(a.stream().skip(1).filter(this::delete).count());
            case "mget" -> exact("*" + (a.size() - 1) + "\r\n" + String.join("", a.stream().skip(1).map(this::valueOrNil).toList()));
            case "mset" -> mset(a);
            case "getset" -> swap(a.get(1), a.get(2));
            case "getdel" -> getdel(a.get(1));
            case "append" -> append(a.get(1), a.get(2));
            case "set" -> set(a);
            case "setnx" -> setnx(a.get(1), a.get(2));
            case "setex", "psetex" -> setex(name, a);
            case "incr" -> add(a.get(1), 1);
            case "decr" -> add(a.get(1), -1);
            case "incrby" -> isInteger(a.get(2)) ? add(a.get(1), Long.parseLong(a.get(2))) : error(NOT_INTEGER);
            case "decrby" -> decrby(a);
            case "expire", "pexpire", "expireat", "pexpireat" -> expire(name, a);
            case "ttl", "pttl" -> timeToLive(a.get(1), name.equals("pttl"));
            case "persist" -> persist(a.get(1));
            case "dbsize" -> number(entries.size());
            case "flushall", "flushdb" -> flush(a);
            case "type" -> exact(live(a.get(1)) ? "+string\r\n" : "+none\r\n");
            case "rename" -> rename(a.get(1), a.get(2));
            case "renamenx" -> renameIfAbsent(a.get(1), a.get(2));
            case "copy" -> copy(a);
            case "expiretime", "pexpiretime" -> expireTime(a.get(1), name.equals("pexpiretime"));
            case "keys" -> new Expected.AnyOrder("", matching(a.get(1)));
            case "scan" -> scan(a);
            case "randomkey" -> matching("*").isEmpty() ? exact(nil()) : new Expected.OneOf(matching("*"));
            case "unlink" -> number(a.stream().skip(1).filter(this::delete).count());
            case "touch" -> number(a.stream().skip(1).filter(this::live).count());
            case "msetnx" -> msetnx(a);
            case "incrbyfloat" -> incrByFloat(a.get(1), a.get(2));
            case "getrange", "substr" -> getRange(a);
            case "setrange" -> setRange(a);
            case "getex" -> getEx(a);
            case "setbit" -> setBit(a);
            case "getbit" -> getBit(a);
            case "bitcount" -> bitCount(a);
            case "bitpos" -> bitPos(a);
            case "bitop" -> bitOp(a);
            case "bitfield", "bitfield_ro" -> bitField(a, name.equals("bitfield_ro"));
            case "delifeq" -> deleteIf(a.get(1), "IFEQ", a.get(2));
            case "delex" -> delEx(a);
            case "getv" -> getVersion(a.get(1));
            case "setv" -> setVersion(a);
            default -> throw new IllegalArgumentException(name);
        };
    }

    /**
     * The last command as Redis 7.0 can have it: itself, or what has the same effect and the same reply when the command is younger or Marrow's own.
     * Empty when there is nothing to send.
     */
    List<String> forRedis() {
        return forRedis;
    }

    /** Marrow's limits, in the order in which it looks: over-long arguments first, then each as key or value. */
    private String limit(String name, List<String> a) {
        for (int round = 0; round < 2; round++) {
            for (int i = 1; i < a.size(); i++) {
                int length = a.get(i).length();
                boolean key = CommandShape.of(name).isKey(i);
                if (length > TABLE_VALUE_BYTES_MAX && !takesLarge(name, i) || (round == 1 && key && (length == 0 || length > KEY_BYTES_MAX))) {
                    return key ? "ERR key is " + length + " bytes; keys are 1 to 512 bytes"
                            : "ERR value is " + length + " bytes; the limit is 65536 bytes";
                }
            }
        }
        return "";
    }

    private boolean takesLarge(String name, int index) {
        return valueBytesMax > TABLE_VALUE_BYTES_MAX && switch (name) {
            case "set", "setnx", "getset", "append" -> index == 2;
            case "setex", "psetex", "setrange", "setv" -> index == 3;
            case "mset", "msetnx" -> index % 2 == 0;
            default -> false;
        };
    }

    // ---- commands ----

    private Expected set(List<String> a) {
        boolean nx = false;
        boolean xx = false;
        boolean get = false;
        boolean keep = false;
        String unit = "";
        String time = "";
        String comparison = "";
        String match = "";
        for (int i = 3; i < a.size(); i++) {
            String option = a.get(i).toUpperCase(Locale.ROOT);
            switch (option) {
                case "NX" -> nx = true;
                case "XX" -> xx = true;
                case "GET" -> get = true;
                case "KEEPTTL" -> keep = true;
                case "EX", "PX", "EXAT", "PXAT" -> {
                    if (i + 1 == a.size() || (!unit.isEmpty() && !unit.equals(option))) {
                        return error(SYNTAX);
                    }
                    unit = option;
                    time = a.get(++i);
                }
                case "IFEQ", "IFNE" -> {
                    if (i + 1 == a.size() || !(comparison.isEmpty() || comparison.equals(option))) {
                        return error(SYNTAX);
                    }
                    comparison = option;
                    match = a.get(++i);
                }
                default -> {
                    return error(SYNTAX);
                }
            }
            if ((!comparison.isEmpty() && (nx || xx)) || (nx && xx) || (keep && !unit.isEmpty())) {
                return error(SYNTAX);
            }
        }
        long deadline = 0;
        if (!comparison.isEmpty()) {
            forRedis = List.of();
        }
        if (!unit.isEmpty()) {
            if (!isInteger(time)) {
                return error(NOT_INTEGER);
            }
            deadline = deadline(Long.parseLong(time), unit.startsWith("EX"), unit.endsWith("AT"), true);
            if (deadline == Long.MIN_VALUE) {
                return error("ERR invalid expire time in 'set' command");
            }
        }
        if (!comparison.isEmpty()) {
            return setIf(a, comparison.equals("IFEQ"), match, get, keep, deadline);
        }
        String key = a.get(1);
        boolean live = live(key);
        String old = get ? valueOrNil(key) : "";
        if ((nx && live) || (xx && !live)) {
            return exact(get ? old : nil());
        }
        entries.put(key, new Entry(a.get(2), keep && live ? entries.get(key).deadlineMillis() : deadline));
        return exact(get ? old : "+OK\r\n");
    }

    private Expected setIf(List<String> a, boolean equal, String match, boolean get, boolean keep, long deadline) {
        String key = a.get(1);
        boolean live = live(key);
        String old = get ? valueOrNil(key) : "";
        if (equal != (live && entries.get(key).value().equals(match))) {
            forRedis = get ? List.of("GET", key) : List.of();
            return exact(get ? old : nil());
        }
        List<String> plain = new ArrayList<>(List.of("SET", key, a.get(2)));
        if (keep) {
            plain.add("KEEPTTL");
        }
        if (deadline != 0) {
            plain.addAll(List.of("PXAT", Long.toString(deadline)));
        }
        if (get) {
            plain.add("GET");
        }
        forRedis = plain;
        entries.put(key, new Entry(a.get(2), keep && live ? entries.get(key).deadlineMillis() : deadline));
        return exact(get ? old : "+OK\r\n");
    }

    private Expected delEx(List<String> a) {
        if (a.size() == 2) {
            return deleteIf(a.get(1), "IFEQ", live(a.get(1)) ? entries.get(a.get(1)).value() : "");
        }
        if (a.size() != 4) {
            return error("ERR wrong number of arguments for 'delex' command");
        }
        String condition = a.get(2).toUpperCase(Locale.ROOT);
        return condition.equals("IFEQ") || condition.equals("IFNE") ? deleteIf(a.get(1), condition, a.get(3))
                : error("ERR Invalid condition. Use IFEQ or IFNE");
    }

    private Expected deleteIf(String key, String condition, String match) {
        boolean deletes = live(key) && condition.equals("IFEQ") == entries.get(key).value().equals(match);
        forRedis = deletes ? List.of("DEL", key) : List.of();
        return number(deletes && delete(key) ? 1 : 0);
    }

    private Expected getVersion(String key) {
        return live(key) ? new Expected.Versioned(entries.get(key).value()) : exact(resp3 ? "_\r\n" : "*-1\r\n");
    }

    /** No key ever has one of the generator's versions, except 0. */
    private Expected setVersion(List<String> a) {
        Times times = times(a.subList(4, a.size()), "KEEPTTL");
        if (times.wrong()) {
            return error(SYNTAX);
        }
        if (!isInteger(a.get(2)) || a.get(2).startsWith("-")) {
            return error(NOT_INTEGER);
        }
        Optional<Expected> wrong = wrongTime(times, "setv");
        if (wrong.isPresent()) {
            return wrong.get();
        }
        if (!a.get(2).equals("0") || live(a.get(1))) {
            return exact(nil());
        }
        forRedis = new ArrayList<>(List.of("SET", a.get(1), a.get(3)));
        if (!times.unit().isEmpty()) {
            forRedis.addAll(List.of("PXAT", Long.toString(deadline(times))));
        }
        entries.put(a.get(1), new Entry(a.get(3), deadline(times)));
        return ok();
    }

    /** Options that set or keep a deadline. */
    private record Times(boolean wrong, boolean word, String unit, String time) {}

    private static Times times(List<String> options, String word) {
        boolean worded = false;
        String unit = "";
        String time = "";
        for (int i = 0; i < options.size(); i++) {
            String option = options.get(i).toUpperCase(Locale.ROOT);
            if (option.equals(word) && unit.isEmpty()) {
                worded = true;
            } else if (option.matches("(EX|PX)(AT)?") && !worded && (unit.isEmpty() || unit.equals(option)) && i + 1 < options.size()) {
                unit = option;
                time = options.get(++i);
            } else {
                return new Times(true, false, "", "");
            }
        }
        return new Times(false, worded, unit, time);
    }

    private Optional<Expected> wrongTime(Times times, String command) {
        if (!times.unit().isEmpty() && !isInteger(times.time())) {
            return Optional.of(error(NOT_INTEGER));
        }
        return deadline(times) == Long.MIN_VALUE ? Optional.of(error("ERR invalid expire time in '" + command + "' command")) : Optional.empty();
    }

    private long deadline(Times times) {
        return times.unit().isEmpty() ? 0 : deadline(Long.parseLong(times.time()), times.unit().startsWith("EX"), times.unit().endsWith("AT"), true);
    }

    // ---- parts of strings, floating point ----

    private Expected msetnx(List<String> a) {
        for (int i = 1; i < a.size(); i += 2) {
            if (live(a.get(i))) {
                return number(0);
            }
        }
        mset(a);
        return number(1);
    }

    private Expected incrByFloat(String key, String by) {
        Entry old = live(key) ? entries.get(key) : new Entry("0", 0);
        Optional<BigDecimal> value = LongDoubleModel.parse(old.value());
        Optional<BigDecimal> increment = LongDoubleModel.parse(by);
        if (value.isEmpty() || increment.isEmpty()) {
            return error("ERR value is not a valid float");
        }
        boolean infinite = List.of(value.get(), increment.get()).contains(LongDoubleModel.INFINITE);
        BigDecimal sum = infinite ? LongDoubleModel.INFINITE : LongDoubleModel.rounded(value.get().add(increment.get()));
        if (sum.equals(LongDoubleModel.INFINITE)) {
            return error("ERR increment would produce NaN or Infinity");
        }
        String text = sum.setScale(17, RoundingMode.HALF_EVEN).toPlainString().replaceAll("\\.?0+$", "");
        text = text.equals("-0") || text.isEmpty() ? "0" : text;
        entries.put(key, new Entry(text, old.deadlineMillis()));
        return exact(bulk(text));
    }

    private Expected getRange(List<String> a) {
        if (!isInteger(a.get(2)) || !isInteger(a.get(3))) {
            return error(NOT_INTEGER);
        }
        String value = live(a.get(1)) ? entries.get(a.get(1)).value() : "";
        long start = Long.parseLong(a.get(2));
        long end = Long.parseLong(a.get(3));
        return exact(bulk(start < 0 && end < 0 && start > end ? "" : part(value, start, end)));
    }

    /** From the start to the end, both included, negative ones from the end. */
    private static String part(String of, long start, long end) {
        long from = Math.max(start < 0 ? start + of.length() : start, 0);
        long to = Math.min(Math.max(end < 0 ? end + of.length() : end, 0), of.length() - 1) + 1;
        return from >= to ? "" : of.substring((int) from, (int) to);
    }

    private Expected setRange(List<String> a) {
        if (!isInteger(a.get(2))) {
            return error(NOT_INTEGER);
        }
        long offset = Long.parseLong(a.get(2));
        if (offset < 0) {
            return error("ERR offset is out of range");
        }
        Entry old = live(a.get(1)) ? entries.get(a.get(1)) : new Entry("", 0);
        String part = a.get(3);
        if (part.isEmpty()) {
            return number(old.value().length());
        }
        if (offset > valueBytesMax - part.length()) {
            return TOO_LONG;
        }
        String padded = BitsModel.padded(old.value(), (int) offset + part.length(), '\0');
        String value = padded.substring(0, (int) offset) + part + padded.substring((int) offset + part.length());
        entries.put(a.get(1), new Entry(value, old.deadlineMillis()));
        return number(value.length());
    }

    private Expected getEx(List<String> a) {
        Times times = times(a.subList(2, a.size()), "PERSIST");
        if (times.wrong()) {
            return error(SYNTAX);
        }
        String key = a.get(1);
        if (!live(key)) {
            return exact(nil());
        }
        Optional<Expected> wrong = wrongTime(times, "getex");
        if (wrong.isPresent()) {
            return wrong.get();
        }
        String old = entries.get(key).value();
        if (!times.unit().isEmpty() && deadline(times) <= nowMillis) {
            entries.remove(key);
        } else if (times.word() || !times.unit().isEmpty()) {
            entries.put(key, new Entry(old, deadline(times)));
        }
        return exact(bulk(old));
    }

    // ---- bits, as text of zeros and ones ----

    private static final Expected TOO_LONG = new Expected.Bytes("-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n", true);
    private static final Expected NO_OFFSET = error("ERR bit offset is not an integer or out of range");

    private static boolean isOffset(String text) {
        return isInteger(text) && Long.parseLong(text) >= 0 && Long.parseLong(text) < 1L << 32;
    }

    private Expected setBit(List<String> a) {
        if (!isOffset(a.get(2))) {
            return NO_OFFSET;
        }
        if (!a.get(3).matches("[01]")) {
            return error("ERR bit is not an integer or out of range");
        }
        long offset = Long.parseLong(a.get(2));
        if (offset >= valueBytesMax * 8L) {
            return TOO_LONG;
        }
        Entry old = live(a.get(1)) ? entries.get(a.get(1)) : new Entry("", 0);
        StringBuilder bits = new StringBuilder(BitsModel.bits(BitsModel.padded(old.value(), (int) offset / 8 + 1, '\0')));
        char before = bits.charAt((int) offset);
        bits.setCharAt((int) offset, a.get(3).charAt(0));
        entries.put(a.get(1), new Entry(BitsModel.bytes(bits.toString()), old.deadlineMillis()));
        return exact(":" + before + "\r\n");
    }

    private Expected getBit(List<String> a) {
        if (!isOffset(a.get(2))) {
            return NO_OFFSET;
        }
        String bits = BitsModel.bits(live(a.get(1)) ? entries.get(a.get(1)).value() : "");
        long offset = Long.parseLong(a.get(2));
        return exact(":" + (offset < bits.length() ? bits.charAt((int) offset) : '0') + "\r\n");
    }

    private Expected bitCount(List<String> a) {
        if (!live(a.get(1))) {
            return number(0);
        }
        String value = entries.get(a.get(1)).value();
        if (a.size() == 2) {
            return number(BitsModel.bits(value).chars().filter(bit -> bit == '1').count());
        }
        if (a.size() != 4 && a.size() != 5) {
            return error(SYNTAX);
        }
        if (!isInteger(a.get(2)) || !isInteger(a.get(3))) {
            return error(NOT_INTEGER);
        }
        long start = Long.parseLong(a.get(2));
        long end = Long.parseLong(a.get(3));
        if (start < 0 && end < 0 && start > end) {
            return number(0);
        }
        if (a.size() == 5 && !a.get(4).matches("(?i)bit|byte")) {
            return error(SYNTAX);
        }
        boolean byBit = a.size() == 5 && a.get(4).equalsIgnoreCase("bit");
        String part = byBit ? part(BitsModel.bits(value), start, end) : BitsModel.bits(part(value, start, end));
        return number(part.chars().filter(bit -> bit == '1').count());
    }

    private Expected bitPos(List<String> a) {
        if (!isInteger(a.get(2))) {
            return error(NOT_INTEGER);
        }
        if (!a.get(2).matches("[01]")) {
            return error("ERR The bit argument must be 1 or 0.");
        }
        if (!live(a.get(1))) {
            return number(a.get(2).equals("0") ? 0 : -1);
        }
        if (a.size() > 6) {
            return error(SYNTAX);
        }
        if (a.size() > 3 && !isInteger(a.get(3))) {
            return error(NOT_INTEGER);
        }
        if (a.size() == 6 && !a.get(5).matches("(?i)bit|byte")) {
            return error(SYNTAX);
        }
        if (a.size() > 4 && !isInteger(a.get(4))) {
            return error(NOT_INTEGER);
        }
        long start = a.size() > 3 ? Long.parseLong(a.get(3)) : 0;
        long end = a.size() > 4 ? Long.parseLong(a.get(4)) : -1;
        boolean byBit = a.size() == 6 && a.get(5).equalsIgnoreCase("bit");
        String value = entries.get(a.get(1)).value();
        String all = BitsModel.bits(value);
        String part = byBit ? part(all, start, end) : BitsModel.bits(part(value, start, end));
        long length = byBit ? all.length() : value.length();
        long first = Math.max(start < 0 ? start + length : start, 0) * (byBit ? 1 : 8);
        int found = part.indexOf(a.get(2));
        if (found < 0 && a.size() < 5 && a.get(2).equals("0") && !part.isEmpty()) {
            return number(all.length());
        }
        return number(found < 0 ? -1 : first + found);
    }

    private Expected bitOp(List<String> a) {
        String operation = a.get(1).toUpperCase(Locale.ROOT);
        if (!List.of("AND", "OR", "XOR", "NOT").contains(operation)) {
            return error(SYNTAX);
        }
        if (operation.equals("NOT") && a.size() > 4) {
            return error("ERR BITOP NOT must be called with a single source key.");
        }
        List<String> sources = a.subList(3, a.size()).stream().map(key -> live(key) ? entries.get(key).value() : "").toList();
        int length = sources.stream().mapToInt(String::length).max().orElseThrow();
        StringBuilder result = new StringBuilder(length);
        for (int i = 0; i < length; i++) {
            int at = i;
            int[] column = sources.stream().mapToInt(source -> at < source.length() ? source.charAt(at) : 0).toArray();
            result.append((char) (switch (operation) {
                case "AND" -> Arrays.stream(column).reduce(0xff, (x, y) -> x & y);
                case "OR" -> Arrays.stream(column).reduce(0, (x, y) -> x | y);
                case "XOR" -> Arrays.stream(column).reduce(0, (x, y) -> x ^ y);
                default -> 0xff - column[0];
            }));
        }
        if (length == 0) {
            delete(a.get(2));
        } else {
            entries.put(a.get(2), new Entry(result.toString(), 0));
        }
        return number(length);
    }

    private Expected bitField(List<String> a, boolean readOnly) {
        List<BitsModel.FieldOperation> operations = new ArrayList<>();
        String overflow = "WRAP";
        for (int i = 2; i < a.size(); i++) {
            String kind = a.get(i).toUpperCase(Locale.ROOT);
            int left = a.size() - i - 1;
            if (kind.equals("OVERFLOW") && left > 0) {
                overflow = a.get(++i).toUpperCase(Locale.ROOT);
                if (!List.of("WRAP", "SAT", "FAIL").contains(overflow)) {
                    return error("ERR Invalid OVERFLOW type specified");
                }
                continue;
            }
            if (!(kind.equals("GET") && left >= 2 || List.of("SET", "INCRBY").contains(kind) && left >= 3)) {
                return error(SYNTAX);
            }
            String type = a.get(i + 1).split("\0", 2)[0];
            boolean signed = type.startsWith("i");
            if (!type.matches("[iu][1-9][0-9]?") || Integer.parseInt(type.substring(1)) > (signed ? 64 : 63)) {
                return error("ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.");
            }
            int width = Integer.parseInt(type.substring(1));
            boolean counted = a.get(i + 2).startsWith("#");
            String offset = counted ? a.get(i + 2).substring(1) : a.get(i + 2);
            if (!isOffset(offset) || counted && !isOffset(Long.toString(Long.parseLong(offset) * width))) {
                return NO_OFFSET;
            }
            if (!kind.equals("GET") && !isInteger(a.get(i + 3))) {
                return error(NOT_INTEGER);
            }
            operations.add(new BitsModel.FieldOperation(kind, signed, width, Long.parseLong(offset) * (counted ? width : 1),
                    kind.equals("GET") ? BigInteger.ZERO : new BigInteger(a.get(i + 3)), overflow));
            i += kind.equals("GET") ? 2 : 3;
        }
        List<BitsModel.FieldOperation> writes = operations.stream().filter(operation -> !operation.kind().equals("GET")).toList();
        if (readOnly && !writes.isEmpty()) {
            return error("ERR BITFIELD_RO only supports the GET subcommand");
        }
        long last = writes.stream().mapToLong(operation -> operation.offset() + operation.width() - 1).max().orElse(-1);
        if (last >= valueBytesMax * 8L) {
            return TOO_LONG;
        }
        Entry old = live(a.get(1)) ? entries.get(a.get(1)) : new Entry("", 0);
        StringBuilder bits = new StringBuilder(BitsModel.bits(BitsModel.padded(old.value(), (int) last / 8 + (last < 0 ? 0 : 1), '\0')));
        StringBuilder replies = new StringBuilder("*" + operations.size() + "\r\n");
        operations.forEach(operation -> replies.append(BitsModel.field(operation, bits).map(number -> ":" + number + "\r\n").orElse(nil())));
        if (!writes.isEmpty()) {
            entries.put(a.get(1), new Entry(BitsModel.bytes(bits.toString()), old.deadlineMillis()));
        }
        return exact(replies.toString());
    }

    private Expected setnx(String key, String value) {
        if (live(key)) {
            return number(0);
        }
        entries.put(key, new Entry(value, 0));
        return number(1);
    }

    private Expected setex(String name, List<String> a) {
        if (!isInteger(a.get(2))) {
            return error(NOT_INTEGER);
        }
        long deadline = deadline(Long.parseLong(a.get(2)), name.equals("setex"), false, true);
        if (deadline == Long.MIN_VALUE) {
            return error("ERR invalid expire time in '" + name + "' command");
        }
        entries.put(a.get(1), new Entry(a.get(3), deadline));
        return ok();
    }

    private Expected mset(List<String> a) {
        for (int i = 1; i < a.size(); i += 2) {
            entries.put(a.get(i), new Entry(a.get(i + 1), 0));
        }
        return ok();
    }

    private Expected swap(String key, String value) {
        String old = valueOrNil(key);
        entries.put(key, new Entry(value, 0));
        return exact(old);
    }

    private Expected getdel(String key) {
        String old = valueOrNil(key);
        delete(key);
        return exact(old);
    }

    private Expected append(String key, String more) {
        Entry old = live(key) ? entries.get(key) : new Entry("", 0);
        if (old.value().length() + more.length() > valueBytesMax) {
            return TOO_LONG;
        }
        entries.put(key, new Entry(old.value() + more, old.deadlineMillis()));
        return number(old.value().length() + more.length());
    }

    private Expected decrby(List<String> a) {
        if (!isInteger(a.get(2))) {
            return error(NOT_INTEGER);
        }
        long by = Long.parseLong(a.get(2));
        return by == Long.MIN_VALUE ? error("ERR decrement would overflow") : add(a.get(1), -by);
    }

    private Expected add(String key, long by) {
        Entry old = live(key) ? entries.get(key) : new Entry("0", 0);
        if (!isInteger(old.value())) {
            return error(NOT_INTEGER);
        }
        long sum;
        try {
            sum = Math.addExact(Long.parseLong(old.value()), by);
        } catch (ArithmeticException overflow) {
            return error("ERR increment or decrement would overflow");
        }
        entries.put(key, new Entry(Long.toString(sum), old.deadlineMillis()));
        return number(sum);
    }

    private Expected expire(String name, List<String> a) {
        boolean nx = false;
        boolean xx = false;
        boolean gt = false;
        boolean lt = false;
        for (String option : a.subList(3, a.size())) {
            switch (option.toUpperCase(Locale.ROOT)) {
                case "NX" -> nx = true;
                case "XX" -> xx = true;
                case "GT" -> gt = true;
                case "LT" -> lt = true;
                default -> {
                    return unsupported(option);
                }
            }
        }
        if (nx && (xx || gt || lt)) {
            return error("ERR NX and XX, GT or LT options at the same time are not compatible");
        }
        if (gt && lt) {
            return error("ERR GT and LT options at the same time are not compatible");
        }
        if (!isInteger(a.get(2))) {
            return error(NOT_INTEGER);
        }
        long deadline = deadline(Long.parseLong(a.get(2)), !name.startsWith("p"), name.endsWith("at"), false);
        if (deadline == Long.MIN_VALUE) {
            return error("ERR invalid expire time in '" + name + "' command");
        }
        String key = a.get(1);
        if (!live(key)) {
            return number(0);
        }
        Entry old = entries.get(key);
        boolean has = old.deadlineMillis() != 0;
        if ((nx && has) || (xx && !has) || (gt && (!has || deadline <= old.deadlineMillis()))
                || (lt && has && deadline >= old.deadlineMillis())) {
            return number(0);
        }
        if (deadline <= nowMillis) {
            entries.remove(key);
        } else {
            entries.put(key, new Entry(old.value(), deadline));
        }
        return number(1);
    }

    private Expected timeToLive(String key, boolean milliseconds) {
        if (!live(key)) {
            return number(-2);
        }
        long deadline = entries.get(key).deadlineMillis();
        return deadline == 0 ? number(-1) : new Expected.TimeLeft(deadline, milliseconds);
    }

    private Expected persist(String key) {
        if (!live(key) || entries.get(key).deadlineMillis() == 0) {
            return number(0);
        }
        entries.put(key, new Entry(entries.get(key).value(), 0));
        return number(1);
    }

    private Expected flush(List<String> a) {
        if (a.size() == 2 && !List.of("SYNC", "ASYNC").contains(a.get(1).toUpperCase(Locale.ROOT)) || a.size() > 2) {
            return error(SYNTAX);
        }
        entries.clear();
        return ok();
    }

    /** The absolute time in ms, {@link Long#MIN_VALUE} when Redis calls it invalid. */
    private long deadline(long time, boolean seconds, boolean absolute, boolean positive) {
        if (positive && time <= 0) {
            return Long.MIN_VALUE;
        }
        if (seconds && (time > Long.MAX_VALUE / 1000 || time < Long.MIN_VALUE / 1000)) {
            return Long.MIN_VALUE;
        }
        long millis = seconds ? time * 1000 : time;
        if (!absolute && millis > Long.MAX_VALUE - nowMillis) {
            return Long.MIN_VALUE;
        }
        millis = absolute ? millis : millis + nowMillis;
        return Math.max(millis, 1);
    }

    // ---- names and what is known of a key ----

    private Expected rename(String from, String to) {
        if (!live(from)) {
            return error("ERR no such key");
        }
        entries.put(to, from.equals(to) ? entries.get(from) : entries.remove(from));
        return ok();
    }

    private Expected renameIfAbsent(String from, String to) {
        if (!live(from)) {
            return error("ERR no such key");
        }
        if (live(to)) {
            return number(0);
        }
        entries.put(to, entries.remove(from));
        return number(1);
    }

    private Expected copy(List<String> a) {
        boolean replace = false;
        boolean otherDatabase = false;
        for (int i = 3; i < a.size(); i++) {
            if (a.get(i).equalsIgnoreCase("replace")) {
                replace = true;
            } else if (a.get(i).equalsIgnoreCase("db") && i + 1 < a.size()) {
                String index = a.get(++i);
                if (!isInteger(index)) {
                    return error(NOT_INTEGER);
                }
                long number = Long.parseLong(index);
                if (number != (int) number) {
                    return error("ERR value is out of range, value must between -2147483648 and 2147483647");
                }
                if (number != 0) {
                    // Redis has sixteen
                    return new Expected.Bytes("-ERR DB index is out of range\r\n", number > 0 && number < 16);
                }
            } else {
                return error(SYNTAX);
            }
        }
        if (a.get(1).equals(a.get(2))) {
            return error("ERR source and destination objects are the same");
        }
        if (!live(a.get(1)) || live(a.get(2)) && !replace) {
            return number(0);
        }
        entries.put(a.get(2), entries.get(a.get(1)));
        return number(1);
    }

    private Expected expireTime(String key, boolean milliseconds) {
        if (!live(key)) {
            return number(-2);
        }
        long deadline = entries.get(key).deadlineMillis();
        return deadline == 0 ? number(-1) : new Expected.Deadline(deadline, milliseconds);
    }

    private Expected object(List<String> a) {
        String subcommand = a.get(1).toLowerCase(Locale.ROOT);
        if (!List.of("encoding", "refcount", "idletime", "freq").contains(subcommand)) {
            String text = a.get(1).split("\0", 2)[0];
            return error("ERR unknown subcommand '" + text.substring(0, Math.min(text.length(), 128)).replace('\r', ' ').replace('\n', ' ')
                    + "'. Try " + a.get(0).toUpperCase(Locale.ROOT) + " HELP.");
        }
        if (a.size() != 3) {
            return error("ERR wrong number of arguments for 'object|" + subcommand + "' command");
        }
        String limit = limit("get", List.of("get", a.get(2)));
        if (!limit.isEmpty()) {
            return new Expected.Bytes("-" + limit + "\r\n", true);
        }
        if (!live(a.get(2))) {
            return exact(nil());
        }
        String value = entries.get(a.get(2)).value();
        // what Redis says depends on how the value came about
        return switch (subcommand) {
            case "encoding" -> new Expected.Bytes(bulk(isInteger(value) ? "int" : value.length() <= 44 ? "embstr" : "raw"), true);
            case "refcount" -> new Expected.Bytes(":1\r\n", true);
            case "idletime" -> new Expected.Bytes(":0\r\n", true);
            default -> error("ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching"
                    + " between policies at runtime LRU and LFU data will take some time to adjust.");
        };
    }

    // ---- looking for keys ----

    /** From the beginning, with a COUNT for all. */
    private Expected scan(List<String> a) {
        if (!a.get(1).matches("[+-]?0+|")) {
            return error("ERR invalid cursor");
        }
        String pattern = "*";
        boolean strings = true;
        for (int i = 2; i < a.size(); i += 2) {
            String option = a.get(i).toUpperCase(Locale.ROOT);
            if (i + 1 == a.size() || !List.of("COUNT", "MATCH", "TYPE").contains(option)) {
                return error(SYNTAX);
            }
            switch (option) {
                case "MATCH" -> pattern = a.get(i + 1);
                case "TYPE" -> strings = a.get(i + 1).equalsIgnoreCase("string");
                default -> {
                    if (!isInteger(a.get(i + 1))) {
                        return error(NOT_INTEGER);
                    }
                    if (Long.parseLong(a.get(i + 1)) < 1) {
                        return error(SYNTAX);
                    }
                }
            }
        }
        return new Expected.AnyOrder("*2\r\n$1\r\n0\r\n", strings ? matching(pattern) : List.of());
    }

    private List<String> matching(String pattern) {
        return entries.keySet().stream().filter(this::live).filter(key -> NaiveGlob.matches(pattern, key)).sorted().toList();
    }

    // ---- state ----

    /** Live keys with their values, and deadlines where they have one (0: none). */
    Map<String, Map.Entry<String, Long>> content(long nowMillis) {
        this.nowMillis = nowMillis;
        Map<String, Map.Entry<String, Long>> content = new TreeMap<>();
        entries.forEach((key, entry) -> {
            if (live(key)) {
                content.put(key, Map.entry(entry.value(), entry.deadlineMillis()));
            }
        });
        return content;
    }

    /** Whether a key is past its deadline and not removed: when it stops to count in DBSIZE is nobody's promise. */
    boolean hasExpired(long nowMillis) {
        this.nowMillis = nowMillis;
        return entries.keySet().stream().anyMatch(key -> !live(key));
    }

    private boolean live(String key) {
        Entry entry = entries.get(key);
        return entry != null && (entry.deadlineMillis() == 0 || entry.deadlineMillis() >= nowMillis);
    }

    /** A key that has expired stays: it was not deleted by this. */
    private boolean delete(String key) {
        return live(key) && entries.remove(key) != null;
    }

    private String valueOrNil(String key) {
        return live(key) ? bulk(entries.get(key).value()) : nil();
    }

    static boolean isInteger(String text) {
        if (!text.matches("0|-?[1-9][0-9]{0,18}")) {
            return false;
        }
        try {
            Long.parseLong(text);
            return true;
        } catch (NumberFormatException tooLarge) {
            return false;
        }
    }

    // ---- replies ----

    /** As a C string without line ends; Marrow quotes no more than 128 bytes. */
    private static Expected unsupported(String option) {
        String text = option.split("\0", 2)[0];
        String quoted = text.substring(0, Math.min(text.length(), 128)).replaceAll("[\r\n]+$", "").replace('\r', ' ').replace('\n', ' ');
        return new Expected.Bytes("-ERR Unsupported option " + quoted + "\r\n", text.length() > 128);
    }

    /** Arguments are quoted as C strings until 128 bytes are full. */
    private static String unknown(List<String> a) {
        StringBuilder quoted = new StringBuilder();
        for (String word : a.subList(1, a.size())) {
            if (quoted.length() < 128) {
                String text = word.split("\0", 2)[0];
                int room = 128 - quoted.length();
                quoted.append('\'').append(text, 0, Math.min(text.length(), room)).append("' ");
            }
        }
        return "-ERR unknown command '" + a.get(0) + "', with args beginning with: "
                + quoted.toString().replace('\r', ' ').replace('\n', ' ') + "\r\n";
    }

    private String nil() {
        return resp3 ? "_\r\n" : "$-1\r\n";
    }

    private static String bulk(String value) {
        return "$" + value.length() + "\r\n" + value + "\r\n";
    }

    private static Expected exact(String bytes) {
        return new Expected.Bytes(bytes, false);
    }

    private static Expected ok() {
        return exact("+OK\r\n");
    }

    private static Expected number(long value) {
        return exact(":" + value + "\r\n");
    }

    private static Expected error(String text) {
        return exact("-" + text + "\r\n");
    }
}

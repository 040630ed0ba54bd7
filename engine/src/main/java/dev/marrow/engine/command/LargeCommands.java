package dev.marrow.engine.command;

import dev.marrow.engine.resp.Arguments;
import dev.marrow.engine.resp.ReplyWriter;
import java.util.List;
import java.util.Map;

/**
 * Hot commands for which a value or an argument is too long for the table: what the programs do otherwise, as {@code decide()} in execute.h has it. The
 * programs have looked at the arguments before they leave such a command to Java, unless one of these is itself too long.
 */
public final class LargeCommands {
    private static final int MILLIS_PER_SECOND = 1000;

    static final Map<String, DataCommand> COMMANDS = Map.ofEntries(
            Map.entry("get", LargeCommands::get),
            Map.entry("getdel", LargeCommands::getDel),
            Map.entry("getset", LargeCommands::getSet),
            Map.entry("strlen", (transaction, arguments, out) -> out.integer(transaction.entry(arguments.get(1)).length())),
            Map.entry("set", ConditionalCommands::set),
            Map.entry("setnx", LargeCommands::setIfAbsent),
            Map.entry("setex", (transaction, arguments, out) -> setFor(transaction, arguments, "EX", out)),
            Map.entry("psetex", (transaction, arguments, out) -> setFor(transaction, arguments, "PX", out)),
            Map.entry("append", LargeCommands::append),
            Map.entry("incr", (transaction, arguments, out) -> add(transaction, arguments, 1, out)),
            Map.entry("decr", (transaction, arguments, out) -> add(transaction, arguments, -1, out)),
            Map.entry("incrby", (transaction, arguments, out) -> add(transaction, arguments, IntegerArgument.parse(arguments.get(2)), out)),
            Map.entry("decrby", (transaction, arguments, out) -> add(transaction, arguments, -IntegerArgument.parse(arguments.get(2)), out)),
            Map.entry("expire", (transaction, arguments, out) -> expire(transaction, arguments, MILLIS_PER_SECOND, false, out)),
            Map.entry("pexpire", (transaction, arguments, out) -> expire(transaction, arguments, 1, false, out)),
            Map.entry("expireat", (transaction, arguments, out) -> expire(transaction, arguments, MILLIS_PER_SECOND, true, out)),
            Map.entry("pexpireat", (transaction, arguments, out) -> expire(transaction, arguments, 1, true, out)),
            Map.entry("persist", LargeCommands::persist));

    /** Place of the argument that may be large. */
    private static final Map<String, Integer> TAKES = Map.of("set", 2, "setnx", 2, "setex", 3, "psetex", 3, "getset", 2, "append", 2, "setrange", 3,
            "setv", 3);
    private LargeCommands() {}

    /**
     * Whether a command takes an argument that is too long for the table in this place.
     *
     * @param before the arguments before it, the name first
     */
    public static boolean takes(List<byte[]> before, int index) {
        String name = Words.lower(before.get(0));
        return switch (name) {
            case "mset", "msetnx" -> index % 2 == 0;
            default -> TAKES.getOrDefault(name, 0) == index;
        };
    }

    private static void get(Transaction transaction, List<byte[]> arguments, ReplyWriter out) {
        reply(transaction.entry(arguments.get(1)), out);
    }

    private static void reply(Transaction.Entry entry, ReplyWriter out) {
        if (entry.exists()) {
            entry.reply(out);
        } else {
            out.nil();
        }
    }

    private static void getDel(Transaction transaction, List<byte[]> arguments, ReplyWriter out) {
        Transaction.Entry entry = transaction.entry(arguments.get(1));
        reply(entry, out);
        if (entry.exists()) {
            entry.delete();
        }
    }

    private static void getSet(Transaction transaction, List<byte[]> arguments, ReplyWriter out) {
        Transaction.Entry entry = transaction.entry(arguments.get(1));
        reply(entry, out);
        entry.put(arguments, 2, 0);
    }

    private static void setIfAbsent(Transaction transaction, List<byte[]> arguments, ReplyWriter out) {
        Transaction.Entry entry = transaction.entry(arguments.get(1));
        boolean free = !entry.exists();
        if (free) {
            entry.put(arguments, 2, 0);
        }
        out.integer(free ? 1 : 0);
    }

    /** SETEX and PSETEX: their time without its unit. */
    private static void setFor(Transaction transaction, List<byte[]> arguments, String unit, ReplyWriter out) {
        DeadlineOption option = new DeadlineOption("");
        option.take(List.of(Words.bytes(unit), arguments.get(2)), 0);
        long deadline = option.millis(Words.lower(arguments.get(0)), transaction.nowMillis());
        transaction.entry(arguments.get(1)).put(arguments, 3, deadline);
        out.ok();
    }

    private static void append(Transaction transaction, List<byte[]> arguments, ReplyWriter out) {
        Transaction.Entry entry = transaction.entry(arguments.get(1));
        entry.write(entry.length(), arguments, 2);
        out.integer(entry.length());
    }

    /** The key may have expired; a number it is not. */
    private static void add(Transaction transaction, List<byte[]> arguments, long by, ReplyWriter out) {
        Transaction.Entry entry = transaction.entry(arguments.get(1));
        if (entry.exists()) {
            throw new CommandErrorException("ERR value is not an integer or out of range");
        }
        entry.put(Words.bytes(Long.toString(by)), 0);
        out.integer(by);
    }

    private static void expire(Transaction transaction, List<byte[]> arguments, int unitMillis, boolean absolute, ReplyWriter out) {
        Transaction.Entry entry = transaction.entry(arguments.get(1));
        long deadline = Math.max(1, IntegerArgument.parse(arguments.get(2)) * unitMillis + (absolute ? 0 : transaction.nowMillis()));
        boolean applies = entry.exists()
                && arguments.subList(3, arguments.size()).stream().allMatch(word -> allows(word, entry.expireMillis(), deadline));
        if (applies && deadline <= transaction.nowMillis()) {
            entry.delete();
        } else if (applies) {
            entry.expire(deadline);
        }
        out.integer(applies ? 1 : 0);
    }

    /** @param now deadline of the key, 0: none, which is the latest one */
    private static boolean allows(byte[] option, long now, long then) {
        return switch (Words.lower(option)) {
            case "nx" -> now == 0;
            case "xx" -> now != 0;
            case "gt" -> now != 0 && then > now;
            case "lt" -> now == 0 || then < now;
            default -> throw new IllegalStateException("an option that the programs do not know: " + Words.text(option));
        };
    }

    private static void persist(Transaction transaction, List<byte[]> arguments, ReplyWriter out) {
        Transaction.Entry entry = transaction.entry(arguments.get(1));
        boolean applies = entry.exists() && entry.expireMillis() != 0;
        if (applies) {
            entry.expire(0);
        }
        out.integer(applies ? 1 : 0);
    }
}

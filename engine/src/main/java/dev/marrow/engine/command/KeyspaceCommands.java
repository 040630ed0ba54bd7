package dev.marrow.engine.command;

import dev.marrow.engine.resp.DecimalNumber;
import dev.marrow.engine.resp.ReplyWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Commands on keys as such, whatever their values: names, copies, deadlines, what OBJECT tells of them. All values are strings. */
final class KeyspaceCommands {
    /** As long as a value that Redis keeps in one piece with its header. */
    private static final int EMBEDDED_BYTES_MAX = 44;
    private static final String NO_FREQUENCY = "ERR An LFU maxmemory policy is not selected, access frequency not tracked."
            + " Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.";

    static final Map<String, DataCommand> COMMANDS = Map.ofEntries(
            Map.entry("type", KeyspaceCommands::type),
            Map.entry("rename", KeyspaceCommands::rename),
            Map.entry("renamenx", KeyspaceCommands::renameIfAbsent),
            Map.entry("copy", KeyspaceCommands::copy),
            Map.entry("expiretime", (transaction, arguments, out) -> deadline(transaction, arguments, 1000, out)),
            Map.entry("pexpiretime", (transaction, arguments, out) -> deadline(transaction, arguments, 1, out)),
            Map.entry("object|encoding", KeyspaceCommands::encoding),
            Map.entry("object|refcount", (transaction, arguments, out) -> numberOf(transaction, arguments, 1, out)),
            // no access time is kept, because a read that writes would cost every read: each key was used just now
            Map.entry("object|idletime", (transaction, arguments, out) -> numberOf(transaction, arguments, 0, out)),
            Map.entry("object|freq", KeyspaceCommands::frequency));

    private KeyspaceCommands() {}

    private static void type(Transaction transaction, List<byte[]> arguments, ReplyWriter out) {
        out.simple(transaction.entry(arguments.get(1)).exists() ? "string" : "none");
    }

    // ---- names ----

    private static void rename(Transaction transaction, List<byte[]> arguments, ReplyWriter out) {
        Transaction.Entry from = existing(transaction, arguments.get(1));
        Transaction.Entry to = transaction.entry(arguments.get(2));
        if (!sameKey(arguments)) {
            from.moveTo(to);
        }
        out.ok();
    }

    private static void renameIfAbsent(Transaction transaction, List<byte[]> arguments, ReplyWriter out) {
        Transaction.Entry from = existing(transaction, arguments.get(1));
        Transaction.Entry to = transaction.entry(arguments.get(2));
        boolean free = !to.exists();
        if (free) {
            from.moveTo(to);
        }
        out.integer(free ? 1 : 0);
    }

    private static void copy(Transaction transaction, List<byte[]> arguments, ReplyWriter out) {
        boolean replace = false;
        for (int i = 3; i < arguments.size(); i++) {
            if (Words.is(arguments.get(i), "replace")) {
                replace = true;
            } else if (Words.is(arguments.get(i), "db") && i + 1 < arguments.size()) {
                requireDatabase(arguments.get(++i));
            } else {
                throw new CommandErrorException("ERR syntax error");
            }
        }
        if (sameKey(arguments)) {
            throw new CommandErrorException("ERR source and destination objects are the same");
        }
        Transaction.Entry from = transaction.entry(arguments.get(1));
        Transaction.Entry to = transaction.entry(arguments.get(2));
        boolean copies = from.exists() && (replace || !to.exists());
        if (copies) {
            from.copyTo(to);
        }
        out.integer(copies ? 1 : 0);
    }

    /** There is one. */
    private static void requireDatabase(byte[] argument) {
        DecimalNumber index = DecimalNumber.parse(argument);
        if (!index.valid()) {
            throw new CommandErrorException("ERR value is not an integer or out of range");
        }
        if (index.value() != (int) index.value()) {
            throw new CommandErrorException("ERR value is out of range, value must between " + Integer.MIN_VALUE + " and " + Integer.MAX_VALUE);
        }
        if (index.value() != 0) {
            throw new CommandErrorException("ERR DB index is out of range");
        }
    }

    private static Transaction.Entry existing(Transaction transaction, byte[] key) {
        Transaction.Entry entry = transaction.entry(key);
        if (!entry.exists()) {
            throw new CommandErrorException("ERR no such key");
        }
        return entry;
    }

    private static boolean sameKey(List<byte[]> arguments) {
        return Arrays.equals(arguments.get(1), arguments.get(2));
    }

    // ---- deadlines ----

    private static void deadline(Transaction transaction, List<byte[]> arguments, int unitMillis, ReplyWriter out) {
        Transaction.Entry entry = transaction.entry(arguments.get(1));
        if (!entry.exists()) {
            out.integer(-2);
        } else if (entry.expireMillis() == 0) {
            out.integer(-1);
        } else {
            // the latest deadline and half a unit are more than a signed number holds
            out.integer(Long.divideUnsigned(entry.expireMillis() + unitMillis / 2, unitMillis));
        }
    }

    // ---- OBJECT ----

    /** What Redis would have made of the value in a SET; how it came about is not known. */
    private static void encoding(Transaction transaction, List<byte[]> arguments, ReplyWriter out) {
        Transaction.Entry entry = transaction.entry(arguments.get(2));
        if (!entry.exists()) {
            out.nil();
        } else if (entry.length() <= EMBEDDED_BYTES_MAX && DecimalNumber.parse(entry.value()).valid()) {
            out.bulk("int");
        } else {
            out.bulk(entry.length() <= EMBEDDED_BYTES_MAX ? "embstr" : "raw");
        }
    }

    private static void numberOf(Transaction transaction, List<byte[]> arguments, long number, ReplyWriter out) {
        if (transaction.entry(arguments.get(2)).exists()) {
            out.integer(number);
        } else {
            out.nil();
        }
    }

    private static void frequency(Transaction transaction, List<byte[]> arguments, ReplyWriter out) {
        if (transaction.entry(arguments.get(2)).exists()) {
            throw new CommandErrorException(NO_FREQUENCY);
        }
        out.nil();
    }
}

package dev.marrow.engine.command;

import dev.marrow.engine.resp.ReplyWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Writes that depend on what the key is: on its value, as in Redis 8.4 (SET IFEQ and IFNE, DELEX) and Valkey (SET IFEQ, DELIFEQ), or on its version,
 * which is Marrow's own (GETV, SETV).
 */
final class ConditionalCommands {
    static final Map<String, DataCommand> COMMANDS = Map.of(
            "delifeq", ConditionalCommands::delIfEq,
            "delex", ConditionalCommands::delEx,
            "getv", ConditionalCommands::getV,
            "setv", ConditionalCommands::setV);

    private static final String SYNTAX = "ERR syntax error";
    /** Where SET's and SETV's options begin. */
    private static final int SET_OPTIONS = 3;
    private static final int SETV_OPTIONS = 4;

    /** IFEQ or IFNE and its value. */
    private record Comparison(boolean equal, byte[] value) {
        static Optional<Comparison> parse(byte[] word, byte[] value) {
            if (Words.is(word, "ifeq")) {
                return Optional.of(new Comparison(true, value));
            }
            return Words.is(word, "ifne") ? Optional.of(new Comparison(false, value)) : Optional.empty();
        }

        /** A key that does not exist has no value: it is not equal to any. */
        boolean holds(Transaction.Entry entry) {
            return equal == (entry.exists() && entry.length() == value.length && Arrays.equals(entry.value(), value));
        }
    }

    private ConditionalCommands() {}

    /** Whether the command is a SET with a word in it that makes it {@link #set}; the kernel leaves every SET with such an option to Java. */
    static boolean isConditionalSet(CommandSpec spec, List<byte[]> arguments) {
        return spec.name().equals("set")
                && arguments.subList(SET_OPTIONS, arguments.size()).stream().anyMatch(word -> Comparison.parse(word, word).isPresent());
    }

    /** SET key value [NX|XX|IFEQ match|IFNE match] [GET] [EX s|PX ms|EXAT s|PXAT ms|KEEPTTL], options in any order. */
    static void set(Transaction transaction, List<byte[]> arguments, ReplyWriter out) {
        Optional<Comparison> comparison = Optional.empty();
        DeadlineOption deadlineOption = new DeadlineOption("KEEPTTL");
        boolean get = false;
        boolean ifAbsent = false;
        boolean ifPresent = false;
        for (int at = SET_OPTIONS; at < arguments.size();) {
            int taken = deadlineOption.take(arguments, at);
            if (taken == 0 && Words.is(arguments.get(at), "get")) {
                get = true;
                taken = 1;
            } else if (taken == 0 && Words.is(arguments.get(at), "nx")) {
                ifAbsent = true;
                taken = 1;
            } else if (taken == 0 && Words.is(arguments.get(at), "xx")) {
                ifPresent = true;
                taken = 1;
            } else if (taken == 0) {
                comparison = nextComparison(comparison, arguments, at);
                taken = 2;
            }
            at += taken;
        }
        if (ifAbsent && ifPresent || comparison.isPresent() && (ifAbsent || ifPresent)) {
            throw new CommandErrorException(SYNTAX);
        }
        long deadline = deadlineOption.millis("set", transaction.nowMillis());
        Transaction.Entry entry = transaction.entry(arguments.get(1));
        boolean mayBe = entry.exists() ? !ifAbsent : !ifPresent;
        boolean holds = comparison.map(expected -> expected.holds(entry)).orElse(mayBe);
        if (get && entry.exists()) {
            entry.reply(out);
        } else if (get || !holds) {
            out.nil();
        } else {
            out.ok();
        }
        if (holds) {
            entry.put(arguments, 2, deadlineOption.isWord() ? entry.expireMillis() : deadline);
        }
    }

    /** The comparison at {@code at}. It may repeat, and the last counts; IFEQ, IFNE, NX and XX exclude each other. */
    private static Optional<Comparison> nextComparison(Optional<Comparison> before, List<byte[]> arguments, int at) {
        Optional<Comparison> next = at + 1 < arguments.size() ? Comparison.parse(arguments.get(at), arguments.get(at + 1)) : Optional.empty();
        if (next.isEmpty() || before.isPresent() && before.get().equal() != next.get().equal()) {
            throw new CommandErrorException(SYNTAX);
        }
        return next;
    }

    private static void delIfEq(Transaction transaction, List<byte[]> arguments, ReplyWriter out) {
        deleteIf(new Comparison(true, arguments.get(2)), transaction.entry(arguments.get(1)), out);
    }

    /** DELEX key [IFEQ|IFNE match] */
    private static void delEx(Transaction transaction, List<byte[]> arguments, ReplyWriter out) {
        Transaction.Entry entry = transaction.entry(arguments.get(1));
        if (arguments.size() == 2) {
            delete(entry, entry.exists(), out);
            return;
        }
        if (arguments.size() != 4) {
            throw new CommandErrorException("ERR wrong number of arguments for 'delex' command");
        }
        deleteIf(Comparison.parse(arguments.get(2), arguments.get(3))
                .orElseThrow(() -> new CommandErrorException("ERR Invalid condition. Use IFEQ or IFNE")), entry, out);
    }

    private static void deleteIf(Comparison comparison, Transaction.Entry entry, ReplyWriter out) {
        delete(entry, entry.exists() && comparison.holds(entry), out);
    }

    private static void delete(Transaction.Entry entry, boolean deletes, ReplyWriter out) {
        if (deletes) {
            entry.delete();
        }
        out.integer(deletes ? 1 : 0);
    }

    /**
     * GETV key: value and version, nil when the key does not exist. The version is nil when an earlier command of the same transaction has changed
     * the key: it has none before the commit.
     */
    private static void getV(Transaction transaction, List<byte[]> arguments, ReplyWriter out) {
        Transaction.Entry entry = transaction.entry(arguments.get(1));
        if (!entry.exists()) {
            out.nilArray();
            return;
        }
        out.array(2);
        entry.reply(out);
        if (entry.version() == 0) {
            out.nil();
        } else {
            out.integer(entry.version());
        }
    }

    /**
     * SETV key version value [EX s|PX ms|EXAT s|PXAT ms|KEEPTTL]: OK, or nil when the key's version is another one. 0 stands for a key that does not
     * exist. The new version is known only when the transaction has been committed, which is after the reply was made: GETV tells.
     */
    private static void setV(Transaction transaction, List<byte[]> arguments, ReplyWriter out) {
        DeadlineOption deadlineOption = new DeadlineOption("KEEPTTL");
        for (int at = SETV_OPTIONS; at < arguments.size();) {
            int taken = deadlineOption.take(arguments, at);
            if (taken == 0) {
                throw new CommandErrorException(SYNTAX);
            }
            at += taken;
        }
        long version = IntegerArgument.parse(arguments.get(2));
        if (version < 0) {
            throw new CommandErrorException("ERR value is not an integer or out of range");
        }
        long deadline = deadlineOption.millis("setv", transaction.nowMillis());
        Transaction.Entry entry = transaction.entry(arguments.get(1));
        if (version == 0 ? entry.exists() : entry.version() != version) {
            out.nil();
            return;
        }
        entry.put(arguments, 3, deadlineOption.isWord() ? entry.expireMillis() : deadline);
        out.ok();
    }
}

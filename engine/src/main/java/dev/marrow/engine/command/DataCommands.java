package dev.marrow.engine.command;

import dev.marrow.bpf.Abi;
import dev.marrow.engine.resp.Arguments;
import dev.marrow.engine.resp.LargeArgument;
import dev.marrow.engine.resp.ReplyWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/**
 * Commands on keys, in a transaction: alone in one of their own, or with others between MULTI and EXEC. Hot ones run in the kernel there too, on the
 * transaction's copy of their key.
 */
final class DataCommands {
    /**
     * Commands whose effect on many keys is the sum of their effects on each: what is too large for one transaction takes several, and so does what others
     * outrun, lest a reader of many hot keys holds up its event loop.
     */
    private static final Set<String> SEPARABLE = Set.of("del", "unlink", "exists", "touch", "mget");
    private static final int KEYS_OF_A_PART = 32;
    /** Commands to which what a key's value was is nothing. */
    private static final Set<String> VALUELESS = Set.of("del", "unlink", "exists", "touch", "mset", "msetnx");

    private static final Map<String, DataCommand> COMMANDS = new HashMap<>();

    static {
        COMMANDS.put("del", DataCommands::delete);
        COMMANDS.put("unlink", DataCommands::delete);
        COMMANDS.put("exists", DataCommands::count);
        COMMANDS.put("touch", DataCommands::count);
        COMMANDS.put("mget", DataCommands::mget);
        COMMANDS.put("mset", DataCommands::mset);
        COMMANDS.put("msetnx", DataCommands::msetnx);
        COMMANDS.putAll(KeyspaceCommands.COMMANDS);
        COMMANDS.putAll(StringCommands.COMMANDS);
        COMMANDS.putAll(BitCommands.COMMANDS);
        COMMANDS.putAll(BitFieldCommands.COMMANDS);
        COMMANDS.putAll(ConditionalCommands.COMMANDS);
        COMMANDS.put("memory|usage", MemoryCommands::usage);
    }

    private final Kernel kernel;

    DataCommands(Kernel kernel) {
        this.kernel = kernel;
    }

    /** Whether the command is about keys. */
    static boolean isData(CommandSpec spec) {
        return spec.firstKey() > 0;
    }

    /** Whether the last key of MSET or MSETNX has no value: their declared arity does not say so. */
    static boolean lacksValue(CommandSpec spec, int count) {
        return spec.keyStep() == 2 && count % 2 == 0;
    }

    /** The keys that a transaction with this command must begin with: none when the command is refused for its arguments. */
    static List<byte[]> keys(CommandSpec spec, List<byte[]> arguments) {
        if (!isData(spec) || SizeLimits.check(spec, arguments).isPresent()) {
            return List.of();
        }
        return spec.keyIndexes(arguments.size()).stream().map(arguments::get).toList();
    }

    /** One command in a transaction of its own. */
    void execute(Session session, CommandSpec spec, List<byte[]> arguments, ReplyWriter out) {
        if (!SEPARABLE.contains(spec.name()) || arguments.size() == 2) {
            transact(session, spec, arguments, Kernel.Patience.STALL_TIMEOUT, out);
            return;
        }
        int start = out.size();
        try {
            transact(session, spec, arguments, Kernel.Patience.BRIEF, out);
        } catch (TransactionTooLargeException tooLarge) {
            out.truncate(start);
            executeInParts(session, spec, arguments, KEYS_OF_A_PART, out);
        } catch (TransactionOutrunException outrun) {
            out.truncate(start);
            executeInParts(session, spec, arguments, 1, out);
        }
    }

    private void transact(Session session, CommandSpec spec, List<byte[]> arguments, Kernel.Patience patience, ReplyWriter out) {
        int start = out.size();
        transact(session, spec, keys(spec, arguments), patience, transaction -> {
            out.truncate(start);
            run(transaction, spec, arguments, out);
            return out;
        });
    }

    private <T> T transact(Session session, CommandSpec spec, List<byte[]> keys, Kernel.Patience patience, Function<Transaction, T> body) {
        return VALUELESS.contains(spec.name())
                ? kernel.transactWithoutValues(session, keys, patience, body) : kernel.transact(session, keys, patience, body);
    }

    private void executeInParts(Session session, CommandSpec spec, List<byte[]> arguments, int keysOfAPart, ReplyWriter out) {
        boolean list = spec.name().equals("mget");
        if (list) {
            out.array(arguments.size() - 1);
        }
        long sum = 0;
        for (int from = 1; from < arguments.size(); from += keysOfAPart) {
            List<byte[]> keys = arguments.subList(from, Math.min(arguments.size(), from + keysOfAPart));
            if (list) {
                int start = out.size();
                kernel.transact(session, keys, transaction -> {
                    out.truncate(start);
                    keys.forEach(key -> reply(transaction.entry(key), out));
                    return out;
                });
            } else {
                sum += transact(session, spec, keys, Kernel.Patience.STALL_TIMEOUT, transaction -> sum(transaction, keys, effect(spec)));
            }
        }
        if (!list) {
            out.integer(sum);
        }
    }

    /** One command of a transaction. */
    void run(Transaction transaction, CommandSpec spec, List<byte[]> arguments, ReplyWriter out) {
        Optional<String> refused = lacksValue(spec, arguments.size())
                ? Optional.of(CommandTable.wrongArity(spec)) : SizeLimits.check(spec, arguments);
        if (refused.isPresent()) {
            out.error(refused.get());
            return;
        }
        Optional<DataCommand> command = ConditionalCommands.isConditionalSet(spec, arguments)
                ? Optional.of(ConditionalCommands::set) : Optional.ofNullable(COMMANDS.get(spec.name()));
        int start = out.size();
        try {
            command.orElse((t, a, o) -> hot(t, spec, a, o)).run(transaction, arguments, out);
        } catch (CommandErrorException | LargeArgument.NoRoomException error) {
            out.truncate(start);
            out.error(error.getMessage());
        }
    }

    private static void hot(Transaction transaction, CommandSpec spec, List<byte[]> arguments, ReplyWriter out) {
        Optional<byte[]> reply = Arguments.hasLarge(arguments)
                ? Optional.empty() : transaction.entry(arguments.get(spec.firstKey())).execute(fitting(spec, arguments));
        if (reply.isPresent()) {
            out.raw(reply.get());
        } else {
            LargeCommands.COMMANDS.get(spec.name()).run(transaction, arguments, out);
        }
    }

    /** A hot command's arguments in a form that the kernel's parser takes. */
    static List<byte[]> fitting(CommandSpec spec, List<byte[]> arguments) {
        List<byte[]> fitting = arguments.size() > Abi.ARGUMENTS_MAX ? RepeatedOptions.remove(spec, arguments) : arguments;
        // Still too many: some of the first nine options are unknown or exclude each other, and these alone get the error.
        return fitting.subList(0, Math.min(fitting.size(), Abi.ARGUMENTS_MAX));
    }

    // ---- commands on any number of keys ----

    private static void delete(Transaction transaction, List<byte[]> arguments, ReplyWriter out) {
        out.integer(sum(transaction, arguments.subList(1, arguments.size()), DataCommands::deleteOne));
    }

    private static void count(Transaction transaction, List<byte[]> arguments, ReplyWriter out) {
        out.integer(sum(transaction, arguments.subList(1, arguments.size()), DataCommands::countOne));
    }

    private static ToLongFunction<Transaction.Entry> effect(CommandSpec spec) {
        return spec.name().equals("del") || spec.name().equals("unlink") ? DataCommands::deleteOne : DataCommands::countOne;
    }

    private static long deleteOne(Transaction.Entry entry) {
        if (!entry.exists()) {
            return 0;
        }
        entry.delete();
        return 1;
    }

    private static long countOne(Transaction.Entry entry) {
        return entry.exists() ? 1 : 0;
    }

    private static long sum(Transaction transaction, List<byte[]> keys, ToLongFunction<Transaction.Entry> effect) {
        return keys.stream().mapToLong(key -> effect.applyAsLong(transaction.entry(key))).sum();
    }

    private static void reply(Transaction.Entry entry, ReplyWriter out) {
        if (entry.exists()) {
            entry.reply(out);
        } else {
            out.nil();
        }
    }

    private static void mget(Transaction transaction, List<byte[]> arguments, ReplyWriter out) {
        List<byte[]> keys = arguments.subList(1, arguments.size());
        out.array(keys.size());
        keys.forEach(key -> reply(transaction.entry(key), out));
    }

    private static void mset(Transaction transaction, List<byte[]> arguments, ReplyWriter out) {
        putPairs(transaction, arguments);
        out.ok();
    }

    private static void msetnx(Transaction transaction, List<byte[]> arguments, ReplyWriter out) {
        for (int i = 1; i < arguments.size(); i += 2) {
            if (transaction.entry(arguments.get(i)).exists()) {
                out.integer(0);
                return;
            }
        }
        putPairs(transaction, arguments);
        out.integer(1);
    }

    private static void putPairs(Transaction transaction, List<byte[]> arguments) {
        for (int i = 1; i < arguments.size(); i += 2) {
            transaction.entry(arguments.get(i)).put(arguments, i + 1, 0);
        }
    }
}

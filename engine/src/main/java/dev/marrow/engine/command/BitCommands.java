package dev.marrow.engine.command;

import dev.marrow.engine.resp.ReplyWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.IntBinaryOperator;

/** Strings as sets of bits. What each looks at first, and what it does not look at when the key is missing, is as in Redis 7.0. */
final class BitCommands {
    static final Map<String, DataCommand> COMMANDS = Map.of(
            "setbit", BitCommands::setBit,
            "getbit", BitCommands::getBit,
            "bitcount", BitCommands::bitCount,
            "bitpos", BitCommands::bitPos,
            "bitop", BitCommands::bitOp);

    private static final IndexRange WHOLE = new IndexRange(0, -1);
    private static final String SYNTAX = "ERR syntax error";

    private BitCommands() {}

    private static void setBit(Transaction transaction, List<byte[]> arguments, ReplyWriter out) {
        long offset = Bits.offset(arguments.get(2));
        long bit = IntegerArgument.parse(arguments.get(3), "ERR bit is not an integer or out of range");
        if (bit != 0 && bit != 1) {
            throw new CommandErrorException("ERR bit is not an integer or out of range");
        }
        Transaction.Entry entry = transaction.entry(arguments.get(1));
        byte[] value = Bits.reaching(transaction, entry.value(), offset);
        int before = Bits.get(value, offset);
        if (before != bit || value.length != entry.length()) {
            Bits.set(value, offset, bit);
            entry.put(value, entry.expireMillis());
        }
        out.integer(before);
    }

    private static void getBit(Transaction transaction, List<byte[]> arguments, ReplyWriter out) {
        long offset = Bits.offset(arguments.get(2));
        out.integer(Bits.get(transaction.entry(arguments.get(1)).value(), offset));
    }

    private static void bitCount(Transaction transaction, List<byte[]> arguments, ReplyWriter out) {
        Transaction.Entry entry = transaction.entry(arguments.get(1));
        byte[] value = entry.value();
        if (!entry.exists() || arguments.size() == 2) {
            out.integer(Bits.count(value, Bits.range(value, WHOLE, Byte.SIZE)));
            return;
        }
        if (arguments.size() != 4 && arguments.size() != 5) {
            throw new CommandErrorException(SYNTAX);
        }
        IndexRange range = new IndexRange(IntegerArgument.parse(arguments.get(2)), IntegerArgument.parse(arguments.get(3)));
        out.integer(range.isReversedFromTheEnd() ? 0 : Bits.count(value, Bits.range(value, range, Bits.unit(arguments, 4))));
    }

    private static void bitPos(Transaction transaction, List<byte[]> arguments, ReplyWriter out) {
        long bit = IntegerArgument.parse(arguments.get(2));
        if (bit != 0 && bit != 1) {
            throw new CommandErrorException("ERR The bit argument must be 1 or 0.");
        }
        Transaction.Entry entry = transaction.entry(arguments.get(1));
        if (!entry.exists()) {
            out.integer(bit == 0 ? 0 : -1);
            return;
        }
        if (arguments.size() > 6) {
            throw new CommandErrorException(SYNTAX);
        }
        byte[] value = entry.value();
        long start = arguments.size() > 3 ? IntegerArgument.parse(arguments.get(3)) : 0;
        int unit = Bits.unit(arguments, 5);
        long end = arguments.size() > 4 ? IntegerArgument.parse(arguments.get(4)) : -1;
        IndexRange range = Bits.range(value, new IndexRange(start, end), unit);
        long found = Bits.find(value, bit, range);
        // without an end the string goes on with zeros, unless it ends before the start
        boolean behind = found < 0 && bit == 0 && arguments.size() < 5 && !range.isEmpty();
        out.integer(behind ? range.end() + 1 : found);
    }

    private static void bitOp(Transaction transaction, List<byte[]> arguments, ReplyWriter out) {
        String name = Words.lower(arguments.get(1));
        IntBinaryOperator operator = switch (name) {
            case "and" -> (a, b) -> a & b;
            case "or" -> (a, b) -> a | b;
            case "xor" -> (a, b) -> a ^ b;
            case "not" -> (a, b) -> ~a;
            default -> throw new CommandErrorException(SYNTAX);
        };
        if (name.equals("not") && arguments.size() != 4) {
            throw new CommandErrorException("ERR BITOP NOT must be called with a single source key.");
        }
        List<byte[]> sources = arguments.subList(3, arguments.size()).stream().map(key -> transaction.entry(key).value()).toList();
        byte[] result = Arrays.copyOf(sources.get(0), sources.stream().mapToInt(source -> source.length).max().orElse(0));
        // NOT has one operand: with itself
        for (byte[] source : name.equals("not") ? sources : sources.subList(1, sources.size())) {
            for (int i = 0; i < result.length; i++) {
                result[i] = (byte) operator.applyAsInt(result[i], i < source.length ? source[i] : 0);
            }
        }
        Transaction.Entry target = transaction.entry(arguments.get(2));
        if (result.length > 0) {
            target.put(result, 0);
        } else {
            target.delete();
        }
        out.integer(result.length);
    }
}

package dev.marrow.engine.command;

import dev.marrow.engine.resp.DecimalNumber;
import dev.marrow.engine.resp.ReplyWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** BITFIELD: strings as arrays of integers of any width. All operations are read before the first is executed. */
final class BitFieldCommands {
    static final Map<String, DataCommand> COMMANDS =
            Map.of("bitfield", BitFieldCommands::bitField, "bitfield_ro", BitFieldCommands::bitFieldReadOnly);

    private enum Kind { GET, SET, INCRBY }

    private enum Overflow { WRAP, SAT, FAIL }

    /**
     * An integer type.
     *
     * @param width in bits, 1 to 64; unsigned 63 at most
     */
    private record Type(boolean signed, int width) {
        static Type parse(byte[] argument) {
            boolean signed = argument.length > 0 && argument[0] == 'i';
            boolean unsigned = argument.length > 0 && argument[0] == 'u';
            DecimalNumber width = DecimalNumber.parse(argument, Math.min(1, argument.length), argument.length);
            if (!signed && !unsigned || width.value() < 1 || width.value() > (signed ? 64 : 63)) {
                throw new CommandErrorException(
                        "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.");
            }
            return new Type(signed, (int) width.value());
        }

        long max() {
            return (1L << (signed ? width - 1 : width)) - 1;
        }

        long min() {
            return signed ? -max() - 1 : 0;
        }

        /** The lowest bits of a number as a number of this type. */
        long wrap(long number) {
            int unused = 64 - width;
            return signed ? number << unused >> unused : number << unused >>> unused;
        }
    }

    private record Operation(Kind kind, Type type, long offset, long operand, Overflow overflow) {
        boolean isWrite() {
            return kind != Kind.GET;
        }

        long lastBit() {
            return offset + type.width() - 1;
        }

        long read(byte[] bytes) {
            return type.wrap(Bits.read(bytes, offset, type.width()));
        }

        /** What the field becomes; empty: nothing, for it would not fit. */
        OptionalLong changed(long before) {
            long sum = kind == Kind.SET ? operand : before + operand;
            boolean wraps = kind == Kind.INCRBY && ((before ^ sum) & (operand ^ sum)) < 0;
            boolean above = kind == Kind.SET ? setsAbove() : operand > 0 && (wraps || sum > type.max());
            boolean below = !above && (kind == Kind.SET ? type.signed() && operand < type.min() : operand < 0 && (wraps || sum < type.min()));
            if (!above && !below) {
                return OptionalLong.of(sum);
            }
            return switch (overflow) {
                case WRAP -> OptionalLong.of(type.wrap(sum));
                case SAT -> OptionalLong.of(above ? type.max() : type.min());
                case FAIL -> OptionalLong.empty();
            };
        }

        /** A negative number is far above an unsigned field. So is, as in Redis, one so far below a signed field that the distance needs 64 bits. */
        private boolean setsAbove() {
            return type.width() < 64 && (type.max() - operand < 0 || !type.signed() && operand < 0);
        }
    }

    private BitFieldCommands() {}

    private static void bitField(Transaction transaction, List<byte[]> arguments, ReplyWriter out) {
        List<Operation> operations = operations(arguments);
        execute(transaction, transaction.entry(arguments.get(1)), operations, out);
    }

    private static void bitFieldReadOnly(Transaction transaction, List<byte[]> arguments, ReplyWriter out) {
        List<Operation> operations = operations(arguments);
        if (operations.stream().anyMatch(Operation::isWrite)) {
            throw new CommandErrorException("ERR BITFIELD_RO only supports the GET subcommand");
        }
        execute(transaction, transaction.entry(arguments.get(1)), operations, out);
    }

    private static List<Operation> operations(List<byte[]> arguments) {
        List<Operation> operations = new ArrayList<>();
        Overflow overflow = Overflow.WRAP;
        for (int at = 2; at < arguments.size();) {
            int following = arguments.size() - at - 1;
            if (Words.is(arguments.get(at), "overflow") && following >= 1) {
                overflow = named(Overflow.values(), arguments.get(at + 1))
                        .orElseThrow(() -> new CommandErrorException("ERR Invalid OVERFLOW type specified"));
                at += 2;
                continue;
            }
            Kind kind = named(Kind.values(), arguments.get(at)).orElseThrow(() -> new CommandErrorException("ERR syntax error"));
            int taken = kind == Kind.GET ? 2 : 3;
            if (following < taken) {
                throw new CommandErrorException("ERR syntax error");
            }
            Type type = Type.parse(arguments.get(at + 1));
            long offset = Bits.offset(arguments.get(at + 2), type.width());
            operations.add(new Operation(kind, type, offset, kind == Kind.GET ? 0 : IntegerArgument.parse(arguments.get(at + 3)), overflow));
            at += 1 + taken;
        }
        return operations;
    }

    private static <E extends Enum<E>> Optional<E> named(E[] values, byte[] name) {
        return Arrays.stream(values).filter(value -> Words.is(name, value.name())).findFirst();
    }

    /** As soon as one operation is a write the string reaches to the last bit that any could write, even if all fail. */
    private static void execute(Transaction transaction, Transaction.Entry entry, List<Operation> operations, ReplyWriter out) {
        byte[] before = entry.value();
        OptionalLong lastBit = operations.stream().filter(Operation::isWrite).mapToLong(Operation::lastBit).max();
        byte[] bytes = lastBit.isPresent() ? Bits.reaching(transaction, before, lastBit.getAsLong()) : before;
        out.array(operations.size());
        for (Operation operation : operations) {
            long old = operation.read(bytes);
            if (!operation.isWrite()) {
                out.integer(old);
                continue;
            }
            OptionalLong changed = operation.changed(old);
            if (changed.isEmpty()) {
                out.nil();
                continue;
            }
            Bits.write(bytes, operation.offset(), operation.type().width(), changed.getAsLong());
            out.integer(operation.kind() == Kind.SET ? old : changed.getAsLong());
        }
        if (!Arrays.equals(before, bytes)) {
            entry.put(bytes, entry.expireMillis());
        }
    }
}

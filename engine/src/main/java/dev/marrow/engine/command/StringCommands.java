package dev.marrow.engine.command;

import dev.marrow.engine.resp.Arguments;
import dev.marrow.engine.resp.ReplyWriter;
import java.util.List;
import java.util.Map;

/** Parts of strings, floating-point increments, and GETEX. */
final class StringCommands {
    static final Map<String, DataCommand> COMMANDS = Map.of(
            "incrbyfloat", StringCommands::incrByFloat,
            "getrange", StringCommands::getRange,
            "substr", StringCommands::getRange,
            "setrange", StringCommands::setRange,
            "getex", StringCommands::getEx);

    private StringCommands() {}

    private static void incrByFloat(Transaction transaction, List<byte[]> arguments, ReplyWriter out) {
        Transaction.Entry entry = transaction.entry(arguments.get(1));
        LongDouble value = entry.exists() ? number(entry.value()) : LongDouble.ZERO;
        LongDouble sum = value.plus(number(arguments.get(2)));
        if (!sum.isFinite()) {
            throw new CommandErrorException("ERR increment would produce NaN or Infinity");
        }
        byte[] text = Words.bytes(sum.text());
        entry.put(text, entry.expireMillis());
        out.bulk(text);
    }

    private static LongDouble number(byte[] text) {
        return LongDouble.parse(Words.text(text)).orElseThrow(() -> new CommandErrorException("ERR value is not a valid float"));
    }

    private static void getRange(Transaction transaction, List<byte[]> arguments, ReplyWriter out) {
        IndexRange range = new IndexRange(IntegerArgument.parse(arguments.get(2)), IntegerArgument.parse(arguments.get(3)));
        Transaction.Entry entry = transaction.entry(arguments.get(1));
        IndexRange within = range.isReversedFromTheEnd() ? IndexRange.EMPTY : range.within(entry.length());
        if (within.isEmpty()) {
            out.bulk(new byte[0]);
        } else {
            entry.reply(out, within.start(), (int) (within.end() - within.start() + 1));
        }
    }

    private static void setRange(Transaction transaction, List<byte[]> arguments, ReplyWriter out) {
        long offset = IntegerArgument.parse(arguments.get(2));
        if (offset < 0) {
            throw new CommandErrorException("ERR offset is out of range");
        }
        Transaction.Entry entry = transaction.entry(arguments.get(1));
        if (Arguments.length(arguments, 3) > 0) {
            entry.write(offset, arguments, 3);
        }
        out.integer(entry.length());
    }

    /** Its time is only looked at when the key exists, as in Redis 7.0. */
    private static void getEx(Transaction transaction, List<byte[]> arguments, ReplyWriter out) {
        DeadlineOption option = new DeadlineOption("PERSIST");
        for (int at = 2; at < arguments.size();) {
            int taken = option.take(arguments, at);
            if (taken == 0) {
                throw new CommandErrorException("ERR syntax error");
            }
            at += taken;
        }
        Transaction.Entry entry = transaction.entry(arguments.get(1));
        if (!entry.exists()) {
            out.nil();
            return;
        }
        long deadline = option.millis("getex", transaction.nowMillis());
        entry.reply(out);
        if (option.isTime() && deadline <= transaction.nowMillis()) {
            entry.delete();
        } else if (option.isTime() || option.isWord() && entry.expireMillis() != 0) {
            entry.expire(deadline);
        }
    }
}

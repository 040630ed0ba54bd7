package dev.marrow.engine.command;

import dev.marrow.engine.resp.ReplyWriter;
import java.util.List;

/**
 * A command on keys that is not hot. It sees its keys and changes them through the transaction and does nothing else, because it may run several
 * times; its one reply goes to {@code out}. The number of arguments is right, keys and values are within the limits, and the transaction was begun
 * with all the keys that the command table finds among the arguments.
 */
@FunctionalInterface
interface DataCommand {
    /** @throws CommandErrorException the error is the reply; nothing was changed so far */
    void run(Transaction transaction, List<byte[]> arguments, ReplyWriter out);
}

package dev.marrow.engine.command;

import dev.marrow.engine.resp.ReplyWriter;
import java.util.List;

/** FUNCTION, where "there are none" is the whole answer. */
final class FunctionCommands {
    private FunctionCommands() {}

    static void flush(List<byte[]> arguments, ReplyWriter out) {
        if (arguments.size() > 3) {
            out.error(CommandTable.wrongSubcommandArity(arguments));
        } else if (arguments.size() == 3 && !Words.is(arguments.get(2), "sync") && !Words.is(arguments.get(2), "async")) {
            out.error("ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
        } else {
            out.ok();
        }
    }

    static void list(ReplyWriter out) {
        out.array(0);
    }
}

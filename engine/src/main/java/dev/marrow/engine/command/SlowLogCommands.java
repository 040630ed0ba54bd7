package dev.marrow.engine.command;

import dev.marrow.engine.resp.DecimalNumber;
import dev.marrow.engine.resp.ReplyWriter;
import java.util.List;

/** SLOWLOG. */
final class SlowLogCommands {
    private static final long COUNT_DEFAULT = 10;

    private final SlowLog log;

    SlowLogCommands(SlowLog log) {
        this.log = log;
    }

    void get(List<byte[]> arguments, ReplyWriter out) {
        if (arguments.size() > 3) {
            out.error(CommandTable.wrongSubcommandArity(arguments));
            return;
        }
        long count = COUNT_DEFAULT;
        if (arguments.size() == 3) {
            DecimalNumber given = DecimalNumber.parse(arguments.get(2));
            if (!given.valid() || given.value() < -1) {
                out.error("ERR count should be greater than or equal to -1");
                return;
            }
            count = given.value() < 0 ? Long.MAX_VALUE : given.value();
        }
        List<SlowLog.Entry> entries = log.newest(count);
        out.array(entries.size());
        for (SlowLog.Entry entry : entries) {
            out.array(6).integer(entry.id()).integer(entry.timeSeconds()).integer(entry.micros());
            out.array(entry.arguments().size());
            entry.arguments().forEach(out::bulk);
            out.bulk(entry.address()).bulk(entry.clientName());
        }
    }

    void length(ReplyWriter out) {
        out.integer(log.length());
    }

    void reset(ReplyWriter out) {
        log.reset();
        out.ok();
    }
}

package dev.marrow.engine.command;

import dev.marrow.engine.resp.ReplyWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * MULTI, EXEC, DISCARD, WATCH, UNWATCH. All commands of a transaction that work on keys run in one kernel transaction, on the keys that they and WATCH
 * name; nobody sees a part of it, in the table or in the log. Commands that are about something else (PING, INFO, DBSIZE, SCAN …) run right behind it,
 * and their replies take their places.
 */
final class MultiCommands {
    private static final Set<String> NOT_QUEUED = Set.of("exec", "discard", "multi", "watch", "quit", "reset");
    /** They change all keys, also those that the transaction does not name. */
    private static final Set<String> WHOLE_STORE = Set.of("flushall", "flushdb", "swapdb");

    private final Kernel kernel;
    private final ServerControl control;
    private final DataCommands data;
    private final Runner runner;

    /** Executes a command that is about no key. */
    interface Runner {
        void run(Session session, CommandSpec spec, List<byte[]> arguments, ReplyWriter out);
    }

    MultiCommands(Kernel kernel, ServerControl control, DataCommands data, Runner runner) {
        this.kernel = kernel;
        this.control = control;
        this.data = data;
        this.runner = runner;
    }

    /** A command was refused before it was executed or queued: the transaction it belongs to will not run. */
    static void refused(Session session) {
        if (session.multi().isOpen()) {
            session.multi().breakOff();
        }
    }

    /** Queues the command, when it comes between MULTI and EXEC. */
    boolean queue(Session session, CommandSpec spec, List<byte[]> arguments, ReplyWriter out) {
        Multi multi = session.multi();
        if (!multi.isOpen() || NOT_QUEUED.contains(spec.name())) {
            return false;
        }
        if (spec.flags().contains("no_multi") || WHOLE_STORE.contains(spec.name())) {
            multi.breakOff();
            out.error("ERR Command not allowed inside a transaction");
            return true;
        }
        multi.add(spec, arguments);
        if (multi.bytesHeld() > control.config().clientQueryBufferLimit()) {
            // as Redis does, which counts it as a part of the query buffer
            session.closeAfterReply();
            return true;
        }
        out.simple("QUEUED");
        return true;
    }

    void multi(Session session, ReplyWriter out) {
        if (session.multi().isOpen()) {
            out.error("ERR MULTI calls can not be nested");
            return;
        }
        session.multi().open();
        out.ok();
    }

    void discard(Session session, ReplyWriter out) {
        if (!session.multi().isOpen()) {
            out.error("ERR DISCARD without MULTI");
            return;
        }
        session.multi().end();
        out.ok();
    }

    void watch(Session session, CommandSpec spec, List<byte[]> arguments, ReplyWriter out) {
        if (session.multi().isOpen()) {
            out.error("ERR WATCH inside MULTI is not allowed");
            return;
        }
        Optional<String> error = SizeLimits.check(spec, arguments);
        if (error.isPresent()) {
            out.error(error.get());
            return;
        }
        List<byte[]> keys = arguments.subList(1, arguments.size());
        List<Transaction.Seen> seen = kernel.transactWithoutValues(session, keys, Kernel.Patience.STALL_TIMEOUT,
                transaction -> keys.stream().map(key -> transaction.entry(key).seen()).toList());
        for (int i = 0; i < keys.size(); i++) {
            session.multi().watch(keys.get(i), seen.get(i));
        }
        out.ok();
    }

    void unwatch(Session session, ReplyWriter out) {
        session.multi().unwatch();
        out.ok();
    }

    /** Its end, whatever comes of it; only a full ring leaves it as it was, because EXEC is then tried again (I1). */
    void exec(Session session, ReplyWriter out) {
        Multi multi = session.multi();
        if (!multi.isOpen()) {
            out.error("ERR EXEC without MULTI");
            return;
        }
        if (multi.isBroken()) {
            multi.end();
            out.error("EXECABORT Transaction discarded because of previous errors.");
            return;
        }
        try {
            run(session, multi, out);
        } catch (RefusedException refused) {
            multi.end();
            throw refused;
        }
        multi.end();
    }

    private void run(Session session, Multi multi, ReplyWriter out) {
        List<Multi.Queued> queue = multi.queue();
        int start = out.size();
        Optional<int[]> ends = kernel.transact(session, keys(queue, multi.watched()), transaction -> {
            out.truncate(start);
            return unchanged(transaction, multi.watched()) ? Optional.of(runData(transaction, queue, out)) : Optional.empty();
        });
        if (ends.isEmpty()) {
            out.nilArray();
            return;
        }
        List<ReplyWriter.Fragment> replies = out.cut(start, ends.get());
        int next = 0;
        try {
            out.array(queue.size());
            for (; next < queue.size(); next++) {
                Multi.Queued queued = queue.get(next);
                if (DataCommands.isData(queued.spec())) {
                    out.add(replies.get(next));
                } else {
                    runner.run(session, queued.spec(), queued.arguments(), out);
                }
            }
        } finally {
            replies.subList(next, replies.size()).forEach(ReplyWriter.Fragment::close);
        }
    }

    private static List<byte[]> keys(List<Multi.Queued> queue, List<Multi.Watched> watched) {
        List<byte[]> keys = new ArrayList<>();
        watched.forEach(key -> keys.add(key.key()));
        queue.forEach(queued -> keys.addAll(DataCommands.keys(queued.spec(), queued.arguments())));
        return keys;
    }

    private static boolean unchanged(Transaction transaction, List<Multi.Watched> watched) {
        return watched.stream().allMatch(key -> transaction.entry(key.key()).unchangedSince(key.seen()));
    }

    /** Appends the replies of the commands on keys; returns where each command's ends. */
    private int[] runData(Transaction transaction, List<Multi.Queued> queue, ReplyWriter out) {
        int[] ends = new int[queue.size()];
        for (int i = 0; i < ends.length; i++) {
            Multi.Queued queued = queue.get(i);
            if (DataCommands.isData(queued.spec())) {
                data.run(transaction, queued.spec(), queued.arguments(), out);
            }
            ends[i] = out.size();
        }
        return ends;
    }
}

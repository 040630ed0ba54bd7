package dev.marrow.engine.command;

import dev.marrow.engine.resp.ReplyWriter;

/** The rest of a command that waited: writes its reply. Runs on the session's event-loop thread, once. */
@FunctionalInterface
public interface DurableReply {
    /** @param durable true: what was waited for has come; false: the time was over first */
    void write(boolean durable, ReplyWriter out);
}

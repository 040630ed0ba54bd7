package dev.marrow.engine.command;

import dev.marrow.engine.resp.ReplyWriter;
import java.util.List;
import java.util.Optional;

/** Hot commands that came inline, in odd framing, or with more arguments than the kernel's parser takes. */
final class HotCommands {
    private final Kernel kernel;

    HotCommands(Kernel kernel) {
        this.kernel = kernel;
    }

    void execute(Session session, CommandSpec spec, List<byte[]> arguments, ReplyWriter out) {
        if (spec.name().equals("ping") && arguments.size() > 2) {
            out.error(CommandTable.wrongArity(spec));
            return;
        }
        Optional<String> tooLong = SizeLimits.check(spec, arguments);
        if (tooLong.isPresent()) {
            out.error(tooLong.get());
            return;
        }
        out.raw(kernel.execute(session, DataCommands.fitting(spec, arguments)));
    }
}

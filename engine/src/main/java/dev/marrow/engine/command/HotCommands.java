package dev.marrow.engine.command;

import dev.marrow.engine.resp.Arguments;
import dev.marrow.engine.resp.ReplyWriter;
import java.util.List;
import java.util.Optional;

/** Hot commands that came inline, in odd framing, with more arguments than the kernel's parser takes, or for a value that is too long for the table. */
final class HotCommands {
    private final Kernel kernel;
    private final DataCommands data;

    HotCommands(Kernel kernel, DataCommands data) {
        this.kernel = kernel;
        this.data = data;
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
        Optional<byte[]> reply = Arguments.hasLarge(arguments) ? Optional.empty() : kernel.execute(session, DataCommands.fitting(spec, arguments));
        reply.ifPresentOrElse(out::raw, () -> data.execute(session, spec, arguments, out));
    }
}

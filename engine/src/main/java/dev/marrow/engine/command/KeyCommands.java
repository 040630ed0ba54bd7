package dev.marrow.engine.command;

import dev.marrow.bpf.Abi;
import dev.marrow.engine.resp.DecimalNumber;
import dev.marrow.engine.resp.ReplyWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Commands on keys. Each is a sequence of single-key transactions in the kernel, run in batches; as a whole it is not
 * atomic: others may see, and a failure in its middle may leave, a part of it.
 */
final class KeyCommands {
    /** Commands of one batch: bounds what a batch of the longest replies holds at once to 4 MiB (I10). */
    static final int BATCH_COMMANDS_MAX = 64;

    private static final byte[] GET = Words.bytes("GET");
    private static final byte[] SET = Words.bytes("SET");

    private final Kernel kernel;

    KeyCommands(Kernel kernel) {
        this.kernel = kernel;
    }

    /** A hot command that came inline, in odd framing, or with more arguments than the kernel's parser takes. */
    void hot(Session session, CommandSpec spec, List<byte[]> arguments, ReplyWriter out) {
        if (spec.name().equals("ping") && arguments.size() > 2) {
            out.error(CommandTable.wrongArity(spec));
            return;
        }
        Optional<String> tooLong = SizeLimits.check(spec, arguments);
        if (tooLong.isPresent()) {
            out.error(tooLong.get());
            return;
        }
        List<byte[]> fitting = arguments.size() > Abi.ARGUMENTS_MAX ? RepeatedOptions.remove(spec, arguments) : arguments;
        // Still too many: some of the first nine options are unknown or exclude each other, and these alone get the error.
        fitting = fitting.subList(0, Math.min(fitting.size(), Abi.ARGUMENTS_MAX));
        out.raw(kernel.execute(session, List.of(fitting)).get(0));
    }

    /** DEL and EXISTS: the sum over the keys. */
    void countKeys(Session session, CommandSpec spec, List<byte[]> arguments, ReplyWriter out) {
        long[] sum = {0};
        Optional<byte[]> error = SizeLimits.check(spec, arguments)
                .map(KeyCommands::encodedError)
                .or(() -> run(session, onEachKey(arguments.get(0), arguments), reply -> sum[0] += integer(reply)));
        error.ifPresentOrElse(out::raw, () -> out.integer(sum[0]));
    }

    void mget(Session session, CommandSpec spec, List<byte[]> arguments, ReplyWriter out) {
        int start = out.size();
        out.array(arguments.size() - 1);
        Optional<byte[]> error = SizeLimits.check(spec, arguments)
                .map(KeyCommands::encodedError)
                .or(() -> run(session, onEachKey(GET, arguments), out::raw));
        error.ifPresent(reply -> {
            out.truncate(start);
            out.raw(reply);
        });
    }

    void mset(Session session, CommandSpec spec, List<byte[]> arguments, ReplyWriter out) {
        if (arguments.size() % 2 == 0) {
            out.error(CommandTable.wrongArity(spec));
            return;
        }
        List<List<byte[]>> commands = new ArrayList<>(arguments.size() / 2);
        for (int i = 1; i < arguments.size(); i += 2) {
            commands.add(List.of(SET, arguments.get(i), arguments.get(i + 1)));
        }
        Optional<byte[]> error = SizeLimits.check(spec, arguments)
                .map(KeyCommands::encodedError)
                .or(() -> run(session, commands, reply -> {}));
        error.ifPresentOrElse(out::raw, out::ok);
    }

    private static List<List<byte[]>> onEachKey(byte[] command, List<byte[]> arguments) {
        return arguments.subList(1, arguments.size()).stream().map(key -> List.of(command, key)).toList();
    }

    /** Runs the commands batch by batch. Stops behind the batch with the first error reply and returns that. */
    private Optional<byte[]> run(Session session, List<List<byte[]>> commands, Consumer<byte[]> onReply) {
        for (int from = 0; from < commands.size(); from += BATCH_COMMANDS_MAX) {
            int to = Math.min(commands.size(), from + BATCH_COMMANDS_MAX);
            for (byte[] reply : kernel.execute(session, commands.subList(from, to))) {
                if (reply[0] == '-') {
                    return Optional.of(reply);
                }
                onReply.accept(reply);
            }
        }
        return Optional.empty();
    }

    private static byte[] encodedError(String text) {
        return Words.bytes("-" + text + "\r\n");
    }

    private static long integer(byte[] reply) {
        DecimalNumber number = DecimalNumber.parse(reply, 1, reply.length - 2);
        if (reply[0] != ':' || !number.valid()) {
            throw new IllegalStateException("expected an integer reply, got " + Words.text(reply).strip());
        }
        return number.value();
    }
}

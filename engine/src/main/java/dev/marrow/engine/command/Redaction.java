package dev.marrow.engine.command;

import dev.marrow.engine.resp.Arguments;
import java.util.ArrayList;
import java.util.List;

/** Secrets among arguments, which nobody is shown. */
final class Redaction {
    private static final byte[] REDACTED = Words.bytes("(redacted)");

    private Redaction() {}

    static List<byte[]> of(CommandSpec spec, List<byte[]> arguments) {
        return switch (spec.name()) {
            case "auth" -> redact(arguments, 1, arguments.size());
            case "hello" -> hello(arguments);
            case "config|set" -> configSet(arguments);
            default -> Arguments.shown(arguments);
        };
    }

    private static List<byte[]> hello(List<byte[]> arguments) {
        for (int i = 2; i < arguments.size(); i++) {
            if (Words.is(arguments.get(i), "AUTH")) {
                return redact(arguments, i + 1, Math.min(i + 3, arguments.size()));
            }
            i += Words.is(arguments.get(i), "SETNAME") ? 1 : 0;
        }
        return arguments;
    }

    private static List<byte[]> configSet(List<byte[]> arguments) {
        List<byte[]> shown = arguments;
        for (int i = 2; i + 1 < arguments.size(); i += 2) {
            if (Words.is(arguments.get(i), "requirepass")) {
                shown = redact(shown, i + 1, i + 2);
            }
        }
        return shown;
    }

    private static List<byte[]> redact(List<byte[]> arguments, int from, int to) {
        List<byte[]> shown = new ArrayList<>(arguments);
        for (int i = from; i < to; i++) {
            shown.set(i, REDACTED);
        }
        return shown;
    }
}

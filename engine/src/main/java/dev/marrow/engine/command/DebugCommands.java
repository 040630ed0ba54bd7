package dev.marrow.engine.command;

import dev.marrow.engine.config.DiagnosticsConfig;
import dev.marrow.engine.resp.ReplyWriter;
import java.util.List;

/** DEBUG SLEEP and SET-ACTIVE-EXPIRE, where enable-debug-command allows them. */
final class DebugCommands {
    private static final double SLEEP_SECONDS_MAX = 1e6;

    private final ServerControl control;

    DebugCommands(ServerControl control) {
        this.control = control;
    }

    void debug(Session session, List<byte[]> arguments, ReplyWriter out) {
        if (!allowed(session)) {
            out.error("ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it from a local"
                    + " connection, otherwise you need to set this option in the configuration file, and then restart the server.");
            return;
        }
        String subcommand = Words.lower(arguments.get(1));
        if (subcommand.equals("help") && arguments.size() == 2) {
            out.lines(HelpTexts.DEBUG);
        } else if (subcommand.equals("sleep") && arguments.size() == 3) {
            sleep(arguments.get(2), out);
        } else if (subcommand.equals("set-active-expire") && arguments.size() == 3) {
            control.activeExpire(!Words.text(arguments.get(2)).equals("0"));
            out.ok();
        } else {
            out.error(CommandTable.wrongSubcommandArity(arguments));
        }
    }

    private boolean allowed(Session session) {
        return switch (control.config().diagnostics().debug()) {
            case DiagnosticsConfig.Debug.YES -> true;
            case DiagnosticsConfig.Debug.LOCAL -> session.isLocal();
            case DiagnosticsConfig.Debug.NO -> false;
        };
    }

    /** Nothing else runs on this event loop meanwhile. */
    private void sleep(byte[] seconds, ReplyWriter out) {
        try {
            double given = Double.parseDouble(Words.text(seconds));
            control.sleep(Math.round(Math.clamp(given, 0, SLEEP_SECONDS_MAX) * 1e9));
            out.ok();
        } catch (NumberFormatException notANumber) {
            out.error("ERR value is not a valid float");
        }
    }
}

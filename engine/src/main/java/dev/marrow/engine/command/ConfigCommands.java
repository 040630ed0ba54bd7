package dev.marrow.engine.command;

import dev.marrow.engine.config.ConfigException;
import dev.marrow.engine.config.ConfigOption;
import dev.marrow.engine.config.ConfigRewrite;
import dev.marrow.engine.config.ServerConfig;
import dev.marrow.engine.resp.ReplyWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** CONFIG GET, SET, REWRITE and RESETSTAT. SET changes all of its options or none. */
final class ConfigCommands {
    private final ServerControl control;

    ConfigCommands(ServerControl control) {
        this.control = control;
    }

    void get(List<byte[]> arguments, ReplyWriter out) {
        ServerConfig config = control.config();
        Map<String, String> found = new TreeMap<>();
        for (ConfigOption option : ConfigOption.values()) {
            for (String name : option.names()) {
                if (arguments.stream().skip(2).anyMatch(pattern -> Glob.matches(Words.text(pattern), name))) {
                    found.put(name, option == ConfigOption.PORT ? Integer.toString(control.port()) : option.get(config));
                }
            }
        }
        out.map(found.size());
        found.forEach((name, value) -> out.bulk(name).bulk(value));
    }

    void set(List<byte[]> arguments, ReplyWriter out) {
        if (arguments.size() % 2 != 0) {
            out.error("ERR syntax error");
            return;
        }
        // another loop must not read the old configuration and put it back
        synchronized (control) {
            setAll(arguments, out);
        }
    }

    private void setAll(List<byte[]> arguments, ReplyWriter out) {
        ServerConfig config = control.config();
        Set<ConfigOption> seen = new HashSet<>();
        String name = "";
        try {
            for (int i = 2; i < arguments.size(); i += 2) {
                name = Words.cString(arguments.get(i));
                Optional<ConfigOption> option = ConfigOption.named(name);
                if (option.isEmpty()) {
                    out.error("ERR Unknown option or number of arguments for CONFIG SET - '" + name + "'");
                    return;
                }
                if (!option.get().changeable()) {
                    out.error(failed(name, "can't set immutable config"));
                    return;
                }
                if (!seen.add(option.get())) {
                    out.error(failed(name, "duplicate parameter"));
                    return;
                }
                config = config.with(name, new String(arguments.get(i + 1), StandardCharsets.UTF_8));
            }
            control.reconfigure(config);
            out.ok();
        } catch (ConfigException refused) {
            out.error(failed(name, "argument " + refused.reason()));
        }
    }

    private static String failed(String name, String reason) {
        return "ERR CONFIG SET failed (possibly related to argument '" + name + "') - " + reason;
    }

    void rewrite(ReplyWriter out) {
        Optional<Path> file = control.config().configFile();
        if (file.isEmpty()) {
            out.error("ERR The server is running without a config file");
            return;
        }
        try {
            synchronized (control) {
                ConfigRewrite.rewrite(file.get(), control.config());
            }
            out.ok();
        } catch (ConfigException | IOException e) {
            out.error("ERR Rewriting config file: " + e.getMessage());
        }
    }

    void resetStatistics(ReplyWriter out) {
        control.resetStatistics();
        control.diagnostics().statistics().reset();
        out.ok();
    }
}

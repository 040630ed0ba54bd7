package dev.marrow.engine.config;

import dev.marrow.engine.resp.InlineArguments;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A file in redis.conf's form: a name and its value a line, in quotes where a value has spaces; a line that starts with
 * '#' is a comment. A name that comes twice: the last one counts.
 *
 * @param source how messages call the file
 */
public record ConfigFile(String source, List<Setting> settings) {
    /** @param line counted from 1 */
    public record Setting(int line, String name, String value) {}

    /** A configuration is short: a larger file is not one. */
    private static final long FILE_BYTES_MAX = 1L << 20;

    public ConfigFile {
        settings = List.copyOf(settings);
    }

    public static ConfigFile read(Path path) throws ConfigException {
        try {
            if (Files.size(path) > FILE_BYTES_MAX) {
                throw new ConfigException("configuration file " + path + " is larger than " + FILE_BYTES_MAX + " bytes");
            }
            return parse(path.toString(), Files.readString(path));
        } catch (IOException cause) {
            throw new ConfigException("configuration file " + path + " cannot be read: " + cause, cause);
        }
    }

    public static ConfigFile parse(String source, String text) throws ConfigException {
        List<Setting> settings = new ArrayList<>();
        int number = 0;
        for (String line : text.lines().toList()) {
            number++;
            String content = line.strip();
            if (!content.isEmpty() && !content.startsWith("#")) {
                settings.add(setting(source, number, content));
            }
        }
        return new ConfigFile(source, settings);
    }

    /** Applies the settings in their order. */
    public void applyTo(ServerConfig.Builder builder) throws ConfigException {
        for (Setting setting : settings) {
            builder.set(source + ":" + setting.line(), setting.name(), setting.value());
        }
    }

    private static Setting setting(String source, int number, String content) throws ConfigException {
        byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
        List<String> words = InlineArguments.split(bytes, bytes.length)
                .orElseThrow(() -> new ConfigException(source + ":" + number + ": unbalanced quotes in '" + content + "'"))
                .stream()
                .map(word -> new String(word, StandardCharsets.UTF_8))
                .toList();
        if (words.size() < 2) {
            throw new ConfigException(source + ":" + number + ": '" + content + "' has no value");
        }
        return new Setting(number, words.get(0), String.join(" ", words.subList(1, words.size())));
    }
}

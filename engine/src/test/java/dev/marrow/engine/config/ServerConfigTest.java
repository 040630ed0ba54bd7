package dev.marrow.engine.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.wal.Durability;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

class ServerConfigTest {
    @TempDir
    Path directory;

    @Command
    static final class Serve {
        @Mixin
        final ServeOptions options = new ServeOptions();
    }

    private static ServerConfig commandLine(String... arguments) throws ConfigException {
        Serve serve = new Serve();
        new CommandLine(serve).parseArgs(arguments);
        return serve.options.toConfig();
    }

    @Test
    void defaultsNeedNoOption() throws ConfigException {
        ServerConfig config = commandLine();
        assertEquals(ServerConfig.defaults(), config);
        assertEquals(6379, config.port());
        assertEquals(List.of("127.0.0.1"), config.bind());
        assertEquals(Durability.ALWAYS, config.durability());
        assertEquals(1_000_000, config.capacity());
        assertEquals(1L << 30, config.memoryBytes());
        assertEquals(16L << 20, config.ringBytes());
        assertEquals(5_000, config.stallTimeoutMillis());
        assertTrue(config.onHost());
        assertEquals(config, config.toBuilder().build());
    }

    @Test
    void readsTheCommandLine() throws ConfigException {
        ServerConfig config = commandLine("--port", "0", "--bind", "127.0.0.1,::1", "--bind", "10.0.0.1", "--dir", "/tmp/x",
                "--durability", "everysec", "--capacity", "5000", "--memory", "2g", "--ring", "1mb", "--event-loops", "2", "--on-host", "off",
                "--log-segment-size", "1mb", "--checkpoint-min-size", "3mb", "--checkpoint-percentage", "50", "--checkpoint-interval", "60", "--checkpoint-rate", "7mb",
                "--requirepass", "secret", "--maxclients", "5", "--timeout", "9", "--stall-timeout", "10",
                "--client-query-buffer-limit", "2mb", "--client-output-buffer-limit", "3mb");
        assertEquals(new ServerConfig(0, List.of("127.0.0.1", "::1", "10.0.0.1"), Path.of("/tmp/x"), Durability.EVERYSEC, 5000,
                2_000_000_000L, 1 << 20, 2, false, 1 << 20, 3 << 20, 50, 60, 7 << 20, "secret", 5, 9, 10, 2 << 20, 3 << 20), config);
    }

    @Test
    void theCommandLineWinsOverTheFile() throws Exception {
        Path file = Files.writeString(directory.resolve("marrow.conf"), """
                # comment
                port 7000
                  bind 127.0.0.1 10.0.0.1
                maxmemory 100mb
                appendfsync everysec
                requirepass "two words"
                save ""
                client-output-buffer-limit normal 5mb 0 0
                """);
        ServerConfig config = commandLine("--config", file.toString(), "--port", "7001");
        assertEquals(7001, config.port());
        assertEquals(List.of("127.0.0.1", "10.0.0.1"), config.bind());
        assertEquals(100L << 20, config.memoryBytes());
        assertEquals(Durability.EVERYSEC, config.durability());
        assertEquals("two words", config.requirepass());
        assertEquals(5L << 20, config.clientOutputBufferLimit());
    }

    @Test
    void namesOptionValueAndRange() {
        assertEquals("--port '70000': port must be between 0 and 65535 inclusive", refused("--port", "70000"));
        assertEquals("--ring '3mb': ring must be a power of two between 262144 and 1073741824 bytes", refused("--ring", "3mb"));
        assertEquals("--durability 'no': durability must be one of the following: everysec, always", refused("--durability", "no"));
        assertEquals("--bind 'example.org': bind must be IP addresses separated by commas or spaces", refused("--bind", "example.org"));
        assertEquals("--memory '1x': memory must be a memory value (like 512mb or 2gb) between 16777216 and 277293826048 bytes",
                refused("--memory", "1x"));
        assertEquals("--capacity '': capacity must be between 16 and 4000000000 inclusive", refused("--capacity", ""));
    }

    private static String refused(String... arguments) {
        return assertThrows(ConfigException.class, () -> commandLine(arguments)).getMessage();
    }

    @Test
    void namesFileAndLine() {
        assertEquals("f:2: unknown option 'prot'", refusedFile("port 1\nprot 2\n"));
        assertEquals("f:1 'x': port must be between 0 and 65535 inclusive", refusedFile("port x"));
        assertEquals("f:1: 'port' has no value", refusedFile("port"));
        assertEquals("f:1: unbalanced quotes in 'dir \"a'", refusedFile("dir \"a"));
        assertEquals("f:1 'no': appendonly must be 'yes': nothing else is possible here", refusedFile("appendonly no"));
    }

    private static String refusedFile(String text) {
        ServerConfig.Builder builder = new ServerConfig.Builder();
        return assertThrows(ConfigException.class, () -> ConfigFile.parse("f", text).applyTo(builder)).getMessage();
    }

    @Test
    void namesTheFileThatIsNotThere() {
        String message = refused("--config", directory.resolve("none").toString());
        assertEquals(true, message.startsWith("configuration file " + directory.resolve("none") + " cannot be read"), message);
    }

    @Test
    void readsSizesAsRedisDoes() {
        assertEquals(List.of(10L, 10L, 1000L, 1024L, 1_000_000L, 1L << 20, 1_000_000_000L, 1L << 30),
                List.of("10", "10b", "1k", "1KB", "1m", "1Mb", "1g", "1gb").stream().map(t -> MemorySize.parse(t).orElseThrow()).toList());
        List.of("", "kb", "-1", "1.5mb", "1tb", "99999999999999999999", "9999999999999gb")
                .forEach(text -> assertEquals(true, MemorySize.parse(text).isEmpty(), text));
    }
}

package dev.marrow.engine.command;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class CommandTableTest {
    private static List<byte[]> words(String... words) {
        return Arrays.stream(words).map(word -> word.getBytes(ISO_8859_1)).toList();
    }

    @Test
    void listsEveryHotCommand() {
        String hot = CommandTable.commands().stream().filter(CommandSpec::hot).map(CommandSpec::name).collect(Collectors.joining(" "));
        assertEquals("get set setnx setex psetex getset getdel del exists strlen append incr decr incrby decrby expire pexpire"
                + " expireat pexpireat ttl pttl persist ping echo mget", hot);
    }

    @Test
    void everyContainerHasSubcommands() {
        for (String container : List.of("client", "config", "command")) {
            assertTrue(CommandTable.subcommands(container).size() >= 4, container);
        }
        assertEquals("config|get", CommandTable.called(words("CONFIG", "Get", "x")).orElseThrow().name());
        assertTrue(CommandTable.called(words("config|get", "x")).isEmpty());
    }

    @Test
    void findsKeys() {
        CommandSpec mset = CommandTable.named("mset").orElseThrow();
        assertEquals(List.of(1, 3), mset.keyIndexes(5));
        assertTrue(mset.isKey(3) && !mset.isKey(2) && !mset.isKey(0));
        CommandSpec set = CommandTable.named("SET").orElseThrow();
        assertEquals(List.of(1), set.keyIndexes(9));
        assertTrue(set.isKey(1) && !set.isKey(2));
    }

    @Test
    void quotesUnknownCommandsAsRedisDoes() {
        assertEquals("ERR unknown command 'foo', with args beginning with: 'a' 'b' ", CommandTable.unknown(words("foo", "a", "b")));
        assertEquals("ERR unknown command '" + "x".repeat(128) + "', with args beginning with: '" + "y".repeat(128) + "' ",
                CommandTable.unknown(words("x".repeat(200), "y".repeat(200), "z")));
        assertEquals("ERR unknown command 'a', with args beginning with: 'b' ", CommandTable.unknown(words("a\0c", "b\0c")));
        assertEquals("ERR unknown subcommand 'x'. Try CLIENT HELP.", CommandTable.unknown(words("client", "x", "y")));
    }

    @Test
    void globsAsRedisDoes() {
        assertTrue(Glob.matches("*", "") && Glob.matches("m*y", "memory") && Glob.matches("MEM?RY", "memory"));
        assertTrue(Glob.matches("[a-n]emory", "memory") && !Glob.matches("[^m]emory", "memory") && Glob.matches("\\*", "*"));
        assertTrue(!Glob.matches("a*b", "ac") && !Glob.matches("", "a") && !Glob.matches("a", "") && Glob.matches("a**", "a"));
        assertTrue(!Glob.matches("*a".repeat(2000) + "b", "a".repeat(4000)), "quick, not exponential");
    }

    @Test
    void everyCommandIsOnItsPage() throws Exception {
        Map<String, String> places = CommandTable.commands().stream()
                .collect(Collectors.toMap(CommandSpec::name, spec -> spec.hot() ? "kernel" : "Java"));
        assertEquals(new TreeMap<>(places), new TreeMap<>(CommandsPage.read().places));
    }
}

package dev.marrow.engine.server;

import java.util.List;
import java.util.Map;

/**
 * How many arguments a command takes, its name included, and which of them are keys.
 *
 * @param least 0: there is no such command
 * @param keyStep distance from one key to the next; 0: only the first; -1: none; -2: the first two
 * @param firstKey index of the first key
 */
record CommandShape(int least, int most, int keyStep, int firstKey) {
    static final int ANY = Integer.MAX_VALUE;

    private static final CommandShape UNKNOWN = new CommandShape(0, 0, -1, 1);
    private static final Map<String, CommandShape> SHAPES = Map.ofEntries(
            Map.entry("ping", new CommandShape(1, 2, -1)), Map.entry("echo", new CommandShape(2, 2, -1)),
            Map.entry("get", new CommandShape(2, 2, 0)), Map.entry("strlen", new CommandShape(2, 2, 0)),
            Map.entry("exists", new CommandShape(2, ANY, 1)), Map.entry("del", new CommandShape(2, ANY, 1)),
            Map.entry("mget", new CommandShape(2, ANY, 1)), Map.entry("mset", new CommandShape(3, ANY, 2)),
            Map.entry("getset", new CommandShape(3, 3, 0)), Map.entry("getdel", new CommandShape(2, 2, 0)),
            Map.entry("append", new CommandShape(3, 3, 0)), Map.entry("set", new CommandShape(3, ANY, 0)),
            Map.entry("setnx", new CommandShape(3, 3, 0)), Map.entry("setex", new CommandShape(4, 4, 0)),
            Map.entry("psetex", new CommandShape(4, 4, 0)), Map.entry("incr", new CommandShape(2, 2, 0)),
            Map.entry("decr", new CommandShape(2, 2, 0)), Map.entry("incrby", new CommandShape(3, 3, 0)),
            Map.entry("decrby", new CommandShape(3, 3, 0)), Map.entry("expire", new CommandShape(3, ANY, 0)),
            Map.entry("pexpire", new CommandShape(3, ANY, 0)), Map.entry("expireat", new CommandShape(3, ANY, 0)),
            Map.entry("pexpireat", new CommandShape(3, ANY, 0)), Map.entry("ttl", new CommandShape(2, 2, 0)),
            Map.entry("pttl", new CommandShape(2, 2, 0)), Map.entry("persist", new CommandShape(2, 2, 0)),
            Map.entry("dbsize", new CommandShape(1, 1, -1)), Map.entry("flushall", new CommandShape(1, ANY, -1)),
            Map.entry("flushdb", new CommandShape(1, ANY, -1)),
            Map.entry("type", new CommandShape(2, 2, 0)), Map.entry("rename", new CommandShape(3, 3, -2)),
            Map.entry("renamenx", new CommandShape(3, 3, -2)), Map.entry("copy", new CommandShape(3, ANY, -2)),
            Map.entry("expiretime", new CommandShape(2, 2, 0)), Map.entry("pexpiretime", new CommandShape(2, 2, 0)),
            Map.entry("keys", new CommandShape(2, 2, -1)), Map.entry("scan", new CommandShape(2, ANY, -1)),
            Map.entry("randomkey", new CommandShape(1, 1, -1)), Map.entry("object", new CommandShape(2, ANY, -1)),
            Map.entry("msetnx", new CommandShape(3, ANY, 2)), Map.entry("unlink", new CommandShape(2, ANY, 1)),
            Map.entry("touch", new CommandShape(2, ANY, 1)), Map.entry("incrbyfloat", new CommandShape(3, 3, 0)),
            Map.entry("getrange", new CommandShape(4, 4, 0)), Map.entry("substr", new CommandShape(4, 4, 0)),
            Map.entry("setrange", new CommandShape(4, 4, 0)), Map.entry("getex", new CommandShape(2, ANY, 0)),
            Map.entry("setbit", new CommandShape(4, 4, 0)), Map.entry("getbit", new CommandShape(3, 3, 0)),
            Map.entry("bitcount", new CommandShape(2, ANY, 0)), Map.entry("bitpos", new CommandShape(3, ANY, 0)),
            Map.entry("bitop", new CommandShape(4, ANY, 1, 2)), Map.entry("bitfield", new CommandShape(2, ANY, 0)),
            Map.entry("bitfield_ro", new CommandShape(2, ANY, 0)), Map.entry("delifeq", new CommandShape(3, 3, 0)),
            Map.entry("delex", new CommandShape(2, ANY, 0)), Map.entry("getv", new CommandShape(2, 2, 0)),
            Map.entry("setv", new CommandShape(4, ANY, 0)));

    private CommandShape(int least, int most, int keyStep) {
        this(least, most, keyStep, 1);
    }

    static CommandShape of(String name) {
        return SHAPES.getOrDefault(name, UNKNOWN);
    }

    static List<String> names() {
        return SHAPES.keySet().stream().sorted().toList();
    }

    boolean isKey(int argument) {
        return switch (keyStep) {
            case -2 -> argument == firstKey || argument == firstKey + 1;
            case -1 -> false;
            case 0 -> argument == firstKey;
            default -> argument >= firstKey && (argument - firstKey) % keyStep == 0;
        };
    }
}

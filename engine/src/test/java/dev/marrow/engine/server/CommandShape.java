package dev.marrow.engine.server;

import java.util.List;
import java.util.Map;

/**
 * How many arguments a command takes, its name included, and which of them are keys.
 *
 * @param least 0: there is no such command
 * @param keyStep distance from one key to the next, the first being argument 1; 0: only the first; -1: none; -2: the first two
 */
record CommandShape(int least, int most, int keyStep) {
    static final int ANY = Integer.MAX_VALUE;

    private static final CommandShape UNKNOWN = new CommandShape(0, 0, -1);
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
            Map.entry("randomkey", new CommandShape(1, 1, -1)), Map.entry("object", new CommandShape(2, ANY, -1)));

    static CommandShape of(String name) {
        return SHAPES.getOrDefault(name, UNKNOWN);
    }

    static List<String> names() {
        return SHAPES.keySet().stream().sorted().toList();
    }

    boolean isKey(int argument) {
        return switch (keyStep) {
            case -2 -> argument <= 2;
            case -1 -> false;
            case 0 -> argument == 1;
            default -> (argument - 1) % keyStep == 0;
        };
    }
}

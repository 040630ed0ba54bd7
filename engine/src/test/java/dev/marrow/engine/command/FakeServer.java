package dev.marrow.engine.command;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.marrow.bpf.Abi;
import dev.marrow.engine.config.ServerConfig;
import dev.marrow.engine.resp.ReplyWriter;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Optional;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/** A store and a server in memory, enough for cold commands to run on. */
final class FakeServer implements Kernel, ServerControl {
    final Map<String, String> data = new TreeMap<>();
    final List<String> executed = new ArrayList<>();
    boolean checkpointUnderWay;
    boolean checkpointFailed;
    long checkpointsFinished;
    final List<String> events = new ArrayList<>();
    final FakeClients clients = new FakeClients();
    private final Diagnostics diagnostics = new Diagnostics();
    ServerConfig config = ServerConfig.defaults();

    @Override
    public Optional<byte[]> execute(Session session, List<byte[]> command) {
        return Optional.of(execute(session, command.stream().map(a -> new String(a, ISO_8859_1)).toArray(String[]::new)));
    }

    @Override
    public <T> T transact(Session session, Collection<byte[]> keys, Patience patience, Function<Transaction, T> body) {
        Map<String, String> before = new TreeMap<>(data);
        try {
            return body.apply(new FakeTransaction(session));
        } catch (RuntimeException refused) {
            data.clear();
            data.putAll(before);
            throw refused;
        }
    }

    @Override
    public <T> T transactWithoutValues(Session session, Collection<byte[]> keys, Patience patience, Function<Transaction, T> body) {
        return transact(session, keys, patience, body);
    }

    private final class FakeTransaction implements Transaction {
        private final Session session;

        FakeTransaction(Session session) {
            this.session = session;
        }

        @Override
        public long nowMillis() {
            return 1_700_000_000_000L;
        }

        @Override
        public long valueBytesMax() {
            return Abi.VALUE_BYTES_MAX;
        }

        @Override
        public long heapBytesMax() {
            return 1 << 20;
        }

        @Override
        public Entry entry(byte[] bytes) {
            String key = new String(bytes, ISO_8859_1);
            return new Entry() {
                @Override
                public boolean exists() {
                    return data.containsKey(key);
                }

                @Override
                public byte[] value() {
                    return data.getOrDefault(key, "").getBytes(ISO_8859_1);
                }

                @Override
                public int length() {
                    return value().length;
                }

                @Override
                public long expireMillis() {
                    return 0;
                }

                @Override
                public long version() {
                    return exists() ? 1 : 0;
                }

                @Override
                public void put(byte[] value, long expireMillis) {
                    data.put(key, new String(value, ISO_8859_1));
                }

                @Override
                public void reply(ReplyWriter out) {
                    out.bulk(value());
                }

                @Override
                public void reply(ReplyWriter out, long from, int length) {
                    out.bulk(Arrays.copyOfRange(value(), (int) from, (int) from + length));
                }

                @Override
                public void put(List<byte[]> arguments, int index, long expireMillis) {
                    put(arguments.get(index), expireMillis);
                }

                @Override
                public void expire(long expireMillis) {
                    // no deadlines here
                }

                @Override
                public void write(long offset, List<byte[]> arguments, int index) {
                    byte[] part = arguments.get(index);
                    byte[] value = Arrays.copyOf(value(), Math.max(value().length, (int) offset + part.length));
                    System.arraycopy(part, 0, value, (int) offset, part.length);
                    put(value, 0);
                }

                @Override
                public void copyTo(Entry other) {
                    other.put(value(), 0);
                }

                @Override
                public void moveTo(Entry other) {
                    copyTo(other);
                    delete();
                }

                @Override
                public void delete() {
                    data.remove(key);
                }

                @Override
                public Optional<byte[]> execute(List<byte[]> command) {
                    return FakeServer.this.execute(session, command);
                }

                @Override
                public Seen seen() {
                    return new Seen(exists(), version(), data.hashCode(), 0, 0);
                }

                @Override
                public boolean unchangedSince(Seen seen) {
                    return seen.equals(seen());
                }
            };
        }
    }

    private byte[] execute(Session session, String... command) {
        executed.add(String.join(" ", command));
        ReplyWriter out = new ReplyWriter(session.protocol(), 1 << 20);
        switch (command[0].toLowerCase(java.util.Locale.ROOT)) {
            case "ping" -> out.simple("PONG");
            case "echo" -> out.bulk(command[1]);
            case "set" -> {
                data.put(command[1], command[2]);
                out.ok();
            }
            case "get" -> {
                if (data.containsKey(command[1])) {
                    out.bulk(data.get(command[1]));
                } else {
                    out.nil();
                }
            }
            case "del" -> out.integer(data.remove(command[1]) == null ? 0 : 1);
            case "exists" -> out.integer(data.containsKey(command[1]) ? 1 : 0);
            default -> out.integer(0);
        }
        return out.toByteArray();
    }

    @Override
    public long keys() {
        return data.size();
    }

    @Override
    public long keysObserved(Session session) {
        session.waitFor(77);
        return data.size();
    }

    @Override
    public long buckets() {
        return 4;
    }

    /** All keys lie in the third of four buckets. */
    @Override
    public Keys scanKeys(Session session, long first, int buckets, int keys) {
        session.waitFor(78);
        boolean visited = first <= 2 && first + buckets > 2;
        return new Keys(visited ? data.keySet().stream().map(key -> key.getBytes(ISO_8859_1)).toList() : List.of(), Math.min(4, first + buckets));
    }

    @Override
    public void flush(Session session) {
        data.clear();
        events.add("flush");
    }

    @Override
    public StoreInfo info() {
        return new StoreInfo(
                new StoreInfo.Table(data.size(), 1_000_000),
                new StoreInfo.Memory(1536, 2 << 20, 1 << 30),
                new StoreInfo.TierTwo("open", 70_000, 1 << 30),
                new StoreInfo.Ring(16 << 20, 0, 0),
                new StoreInfo.Log(200, 100, 5, 2, 4096, 2, 300, 200, 1, false),
                new StoreInfo.Start("cold", 1000, 0.5, 12),
                Map.of("server", 9L),
                StoreInfo.OnHost.OFF,
                4,
                1,
                Map.of("ring_full", 3L));
    }

    @Override
    public void shutdown(boolean save) {
        events.add("shutdown save=" + save);
    }

    @Override
    public boolean startCheckpoint() {
        events.add("checkpoint");
        return !checkpointUnderWay;
    }

    @Override
    public void scheduleCheckpoint() {
        events.add("schedule");
    }

    @Override
    public CheckpointInfo checkpoint() {
        return new CheckpointInfo(checkpointsFinished, checkpointUnderWay ? 3 : -1, 7, 1_700_000_000_500L, 1200, 5, 500, 1000, 2, checkpointFailed);
    }

    @Override
    public ServerConfig config() {
        return config;
    }

    @Override
    public void reconfigure(ServerConfig changed) {
        config = changed;
    }

    @Override
    public int connectedClients() {
        return 1;
    }

    @Override
    public Traffic traffic() {
        return new Traffic(3, 0, 10, 100, 200);
    }

    @Override
    public void resetStatistics() {
        events.add("resetstat");
    }

    @Override
    public String version() {
        return "test";
    }

    @Override
    public Clients clients() {
        return clients;
    }

    @Override
    public Diagnostics diagnostics() {
        return diagnostics;
    }

    @Override
    public void sleep(long nanos) {
        events.add("sleep " + nanos);
    }

    @Override
    public void activeExpire(boolean on) {
        events.add("expire " + on);
    }

    @Override
    public String runId() {
        return "0".repeat(40);
    }

    @Override
    public int port() {
        return 7777;
    }

    @Override
    public InstantSource clock() {
        return InstantSource.fixed(Instant.ofEpochMilli(90_000));
    }

    @Override
    public long startTimeMillis() {
        return 30_000;
    }
}

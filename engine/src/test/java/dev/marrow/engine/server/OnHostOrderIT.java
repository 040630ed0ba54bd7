package dev.marrow.engine.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.OnHostPrograms;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * I9 under any mix: hot and cold commands, cut and merged at random, answered by two doors; every byte of every reply is compared with the
 * only right one.
 */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class OnHostOrderIT {
    private static final int CONNECTIONS = 6;
    private static final int COMMANDS = 6_000;
    /** Replies that may be outstanding: enough to fill receive queues and to run into every bound. */
    private static final long UNREAD_BYTES_MAX = 300_000;
    private static final long SEED = Long.getLong("marrow.onhost.seed", System.nanoTime());

    /** How a client uses its socket. */
    enum Use {
        /** Sends, then reads some or all. */
        BLOCKING,
        /** The same without ever waiting in a call. */
        NON_BLOCKING,
        /** One thread sends, another reads. */
        TWO_THREADS,
        /** Two threads send in turns, a third reads. */
        TWO_WRITERS
    }

    @ParameterizedTest
    @CsvSource({"BLOCKING, everysec, 20", "NON_BLOCKING, everysec, 20", "TWO_THREADS, everysec, 20", "TWO_WRITERS, everysec, 20",
        "BLOCKING, everysec, 2", "TWO_THREADS, everysec, 2", "BLOCKING, always, 5", "TWO_THREADS, always, 5"})
    void everyReplyIsTheOneThatBelongsThere(Use use, String durability, int coldPercent) throws Exception {
        try (TestServer server = TestServer.start("durability", durability, "event-loops", "2");
                ExecutorService threads = Executors.newCachedThreadPool()) {
            List<Future<Void>> clients = new ArrayList<>();
            for (int i = 0; i < CONNECTIONS; i++) {
                Client client = new Client(server.port(), i, coldPercent, new Random(SEED * 31 + i));
                clients.add(threads.submit(() -> {
                    client.run(use, threads);
                    return null;
                }));
            }
            for (Future<Void> client : clients) {
                client.get();
            }
            OnHostPrograms programs = server.server().onHostDoor().programs();
            long least = durability.equals("everysec") ? CONNECTIONS * COMMANDS / 20 : 1;
            assertTrue(server.onHostCommands() > least, "served here: " + server.onHostCommands());
            assertTrue(programs.passed(Abi.ONHOST_PASS_COLD) > 0);
            assertTrue(programs.passed(Abi.ONHOST_PASS_COMMANDS) + programs.passed(Abi.ONHOST_PASS_REPLIES) > 0);
            assertEquals(0, programs.lost());
        } catch (Exception | AssertionError e) {
            throw new AssertionError("-Dmarrow.onhost.seed=" + SEED + " repeats the commands (not their timing): " + e, e);
        }
    }

    /** One connection, what it sends and what it must get. */
    private static final class Client {
        private final SocketChannel channel;
        private final int id;
        private final int coldPercent;
        private final Random random;
        private final Map<String, String> values = new HashMap<>();
        private final Map<Integer, String> hello = new HashMap<>();
        private int protocol = 2;
        private String name = "";
        private long counter;
        private volatile int sent;
        private boolean calm;

        private final ConcurrentLinkedQueue<byte[]> expected = new ConcurrentLinkedQueue<>();
        private final AtomicLong bytesExpected = new AtomicLong();
        private final AtomicLong bytesRead = new AtomicLong();
        private final ByteBuffer in = ByteBuffer.allocate(1 << 16);
        private byte[] current = {};
        private int currentAt;

        Client(int port, int id, int coldPercent, Random random) throws IOException {
            this.id = id;
            this.coldPercent = coldPercent;
            this.random = random;
            channel = SocketChannel.open();
            if (id % 3 == 1) {
                channel.setOption(StandardSocketOptions.SO_SNDBUF, 8_192);
            }
            if (id % 3 == 2) {
                channel.setOption(StandardSocketOptions.SO_RCVBUF, 8_192);
            }
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.connect(new InetSocketAddress("127.0.0.1", port));
        }

        void run(Use use, ExecutorService threads) throws Exception {
            try (channel) {
                for (int version : new int[] {3, 2}) {
                    hello.put(version, ask("HELLO", Integer.toString(version)));
                }
                channel.configureBlocking(use != Use.NON_BLOCKING);
                if (use == Use.BLOCKING || use == Use.NON_BLOCKING) {
                    while (sent < COMMANDS) {
                        send(batch(), use == Use.NON_BLOCKING);
                        readSome();
                    }
                    while (outstanding() > 0) {
                        read();
                    }
                } else {
                    List<Future<Void>> parts = new ArrayList<>();
                    parts.add(threads.submit(this::readAll));
                    for (int i = 0; i < (use == Use.TWO_WRITERS ? 2 : 1); i++) {
                        parts.add(threads.submit((Callable<Void>) () -> {
                            writeAll();
                            return null;
                        }));
                    }
                    for (Future<Void> part : parts) {
                        part.get();
                    }
                }
            }
        }

        /** Before anything else: one command and its whole reply, which is known to be shorter than a packet. */
        private String ask(String... command) throws IOException, InterruptedException {
            channel.write(ByteBuffer.wrap(RespClient.encode(command).getBytes(ISO_8859_1)));
            TimeUnit.MILLISECONDS.sleep(50);
            in.clear();
            channel.read(in);
            return new String(in.array(), 0, in.position(), ISO_8859_1);
        }

        private void writeAll() throws Exception {
            while (true) {
                synchronized (this) {
                    if (sent >= COMMANDS) {
                        return;
                    }
                    send(batch(), false);
                }
                long enough = random.nextInt(2) == 0 ? 0 : UNREAD_BYTES_MAX / 4;
                while (outstanding() > enough) {
                    TimeUnit.MICROSECONDS.sleep(20);
                }
            }
        }

        private Void readAll() throws Exception {
            while (sent < COMMANDS || outstanding() > 0) {
                if (outstanding() > 0) {
                    read();
                } else {
                    Thread.onSpinWait();
                }
            }
            return null;
        }

        private long outstanding() {
            return bytesExpected.get() - bytesRead.get();
        }

        private void readSome() throws IOException {
            switch (random.nextInt(4)) {
                case 0, 1 -> {
                    while (outstanding() > 0) {
                        read();
                    }
                }
                case 2 -> read();
                default -> { }
            }
            while (outstanding() > UNREAD_BYTES_MAX) {
                read();
            }
        }

        // ---- sending ----

        private String batch() {
            // while nothing is outstanding, mostly what the on-host door serves; else whatever comes
            calm = outstanding() == 0 && random.nextInt(4) > 0;
            int count = 1 + random.nextInt(random.nextInt(8) == 0 ? 60 : 4);
            StringBuilder bytes = new StringBuilder();
            for (int i = 0; i < count && sent < COMMANDS; i++) {
                bytes.append(command());
                sent++;
            }
            return bytes.toString();
        }

        private void send(String text, boolean nonBlocking) throws IOException {
            ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(ISO_8859_1));
            int style = calm ? 0 : random.nextInt(3);
            while (bytes.hasRemaining()) {
                int piece = switch (style) {
                    case 0 -> bytes.remaining();
                    case 1 -> 1 + random.nextInt(40);
                    default -> 1 + random.nextInt(2_000);
                };
                int end = bytes.limit();
                bytes.limit(Math.min(end, bytes.position() + piece));
                while (bytes.hasRemaining()) {
                    if (channel.write(bytes) == 0 && nonBlocking) {
                        read();
                    }
                }
                bytes.limit(end);
            }
        }

        private String command() {
            if (!calm && random.nextInt(100) < coldPercent) {
                return cold();
            }
            String key = "c" + id + ":" + random.nextInt(3);
            String value = values.get(key);
            return switch (random.nextInt(8)) {
                case 0, 1 -> expect(bulk(value), "GET", key);
                case 2 -> {
                    String next = value(random.nextInt(20) == 0 ? 20_000 : 60);
                    values.put(key, next);
                    yield expect("+OK\r\n", "SET", key, next);
                }
                case 3 -> {
                    String next = value(40);
                    values.put(key, next);
                    yield expect(bulk(value), "GETSET", key, next);
                }
                case 4 -> {
                    values.remove(key);
                    yield expect(":" + (value == null ? 0 : 1) + "\r\n", "DEL", key);
                }
                case 5 -> expect(":" + ++counter + "\r\n", "INCR", "n" + id);
                case 6 -> expect("-ERR value is not an integer or out of range\r\n", "INCRBY", "n" + id, "x");
                default -> {
                    String word = value(30);
                    yield expect(bulk(word), "ECHO", word);
                }
            };
        }

        private String cold() {
            return switch (random.nextInt(6)) {
                case 0 -> {
                    name = "n" + random.nextInt(1_000_000);
                    yield expect("+OK\r\n", "CLIENT", "SETNAME", name);
                }
                case 1 -> expect(bulk(name.isEmpty() ? null : name), "CLIENT", "GETNAME");
                case 2 -> {
                    protocol = 2 + random.nextInt(2);
                    yield expect(hello.get(protocol), "HELLO", Integer.toString(protocol));
                }
                case 3 -> expect("*2\r\n" + bulk(values.get("c" + id + ":0")) + bulk(null), "MGET", "c" + id + ":0", "absent");
                case 4 -> {
                    expected("+PONG\r\n");
                    yield "PING\r\n";
                }
                default -> expect("-ERR AUTH <password> called without any password configured for the default user. Are you sure your"
                        + " configuration is correct?\r\n", "AUTH", "x");
            };
        }

        private String value(int most) {
            return Integer.toString(random.nextInt(1_000_000_000)).repeat(1 + random.nextInt(1 + most / 9));
        }

        private String bulk(String value) {
            if (value == null) {
                return protocol == 3 ? "_\r\n" : "$-1\r\n";
            }
            return "$" + value.length() + "\r\n" + value + "\r\n";
        }

        private String expect(String reply, String... command) {
            expected(reply);
            return RespClient.encode(command);
        }

        private void expected(String reply) {
            expected.add(reply.getBytes(ISO_8859_1));
            bytesExpected.addAndGet(reply.length());
        }

        // ---- reading ----

        private void read() throws IOException {
            in.clear().limit(1 + (id % 2 == 0 ? in.capacity() - 1 : (int) (bytesRead.get() % 200)));
            int count = channel.read(in);
            if (count < 0) {
                throw new EOFException("connection " + id + " ended with " + outstanding() + " bytes outstanding");
            }
            in.flip();
            while (in.hasRemaining()) {
                if (currentAt == current.length) {
                    byte[] next = expected.poll();
                    assertTrue(next != null, "connection " + id + ": more than was asked for: " + ISO_8859_1.decode(in.duplicate()));
                    current = next;
                    currentAt = 0;
                }
                byte got = in.get();
                if (got != current[currentAt]) {
                    in.position(in.position() - 1);
                    throw new AssertionError("connection " + id + ": expected '" + new String(current, ISO_8859_1) + "' at " + currentAt
                            + ", got '" + ISO_8859_1.decode(in) + "'");
                }
                currentAt++;
            }
            bytesRead.addAndGet(count);
        }
    }
}

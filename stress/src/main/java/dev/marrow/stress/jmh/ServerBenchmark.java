package dev.marrow.stress.jmh;

import dev.marrow.engine.config.ConfigException;
import dev.marrow.engine.config.ServerConfig;
import dev.marrow.engine.server.Server;
import dev.marrow.stress.bench.Teardown;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * A whole server in the benchmark's JVM, and one client that does not allocate: the bytes allocated are the server's, all its threads together. An
 * operation is one command. Its on-host door is shut, which would leave no work to Java.
 */
@State(Scope.Benchmark)
public class ServerBenchmark {
    private static final int PIPELINE = 16;
    private static final String VALUE = "x".repeat(32);
    private static final String SET = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$32\r\n" + VALUE + "\r\n";
    private static final String GET = "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n";
    private static final String SET_REPLY = "+OK\r\n";
    private static final String GET_REPLY = "$32\r\n" + VALUE + "\r\n";

    @Param({"everysec", "always"})
    public String durability;

    private final Teardown teardown = new Teardown();
    private final Exchange set = new Exchange(SET, SET_REPLY, 1);
    private final Exchange get = new Exchange(GET, GET_REPLY, 1);
    private final Exchange sets = new Exchange(SET, SET_REPLY, PIPELINE);
    private final Exchange gets = new Exchange(GET, GET_REPLY, PIPELINE);
    private SocketChannel client;

    @Setup
    public void start() throws IOException, ConfigException {
        Path directory = Files.createTempDirectory(BenchScratch.directory(), "server-");
        ServerConfig config = new ServerConfig.Builder().set("benchmark", "port", "0").set("benchmark", "dir", directory.toString())
                .set("benchmark", "durability", durability).set("benchmark", "on-host", "off")
                .set("benchmark", "memory", "64mb").set("benchmark", "capacity", "20000").build();
        Server server = new Server(config, new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8));
        teardown.add(() -> stop(server));
        client = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
        client.setOption(StandardSocketOptions.TCP_NODELAY, true);
        set.over(client);
        get.over(client);
    }

    private static void stop(Server server) {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @TearDown
    public void close() throws IOException {
        client.close();
        teardown.close();
    }

    @Benchmark
    public int getAlone() throws IOException {
        return get.over(client);
    }

    @Benchmark
    public int setAlone() throws IOException {
        return set.over(client);
    }

    @Benchmark
    @OperationsPerInvocation(PIPELINE)
    public int getInPipeline() throws IOException {
        return gets.over(client);
    }

    @Benchmark
    @OperationsPerInvocation(PIPELINE)
    public int setInPipeline() throws IOException {
        return sets.over(client);
    }

    /** The same command some times in one piece, and all its replies. */
    private static final class Exchange {
        private final ByteBuffer request;
        private final ByteBuffer expected;
        private final ByteBuffer replies;

        Exchange(String command, String reply, int count) {
            request = direct(command.repeat(count));
            expected = direct(reply.repeat(count));
            replies = ByteBuffer.allocateDirect(expected.capacity());
        }

        private static ByteBuffer direct(String text) {
            byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
            return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
        }

        int over(SocketChannel channel) throws IOException {
            request.rewind();
            while (request.hasRemaining()) {
                channel.write(request);
            }
            replies.clear();
            while (replies.hasRemaining()) {
                if (channel.read(replies) < 0) {
                    throw new IOException("the server closed the connection");
                }
            }
            if (!replies.flip().equals(expected)) {
                throw new IOException("replies=" + StandardCharsets.ISO_8859_1.decode(replies));
            }
            return replies.limit();
        }
    }
}

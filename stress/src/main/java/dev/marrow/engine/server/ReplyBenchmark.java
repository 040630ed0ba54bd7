package dev.marrow.engine.server;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.IoSlot;
import dev.marrow.bpf.StoreGeometry;
import dev.marrow.engine.resp.ParseResult;
import dev.marrow.engine.resp.ReplyWriter;
import dev.marrow.engine.resp.RequestParser;
import dev.marrow.stress.bench.BenchStore;
import dev.marrow.stress.bench.Teardown;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * An event loop's way from a command to its reply, without selector and sockets (ServerBenchmark has those): the calls of {@link EventLoop#run} and
 * {@link ColdPath} in their order, on /dev/null, which takes everything at once. An operation is one command. In this package because what it
 * measures is nobody else's.
 */
@State(Scope.Benchmark)
public class ReplyBenchmark {
    /** Connections in one turn of the loop, each with one command. */
    private static final int CONNECTIONS = 16;
    private static final long BUFFER_LIMIT = 64L << 20;
    private static final String VALUE = "x".repeat(32);
    private static final byte[] SET = bytes("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$32\r\n" + VALUE + "\r\n");
    private static final byte[] GET = bytes("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n");
    private static final byte[] ECHO = bytes("*2\r\n$4\r\nECHO\r\n$32\r\n" + VALUE + "\r\n");
    private static final int VALUE_REPLY_BYTES = "$32\r\n".length() + VALUE.length() + "\r\n".length();

    private final Teardown teardown = new Teardown();
    private final OutputQueue[] outputs = new OutputQueue[CONNECTIONS];
    private final ByteBuffer echo = ByteBuffer.wrap(ECHO);
    private final RequestParser parser = new RequestParser(BUFFER_LIMIT);
    private final ReplyWriter reply = new ReplyWriter(2, BUFFER_LIMIT);
    private BenchStore store;
    private IoSlot slot;
    private FileChannel sink;

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    @Setup
    public void open() throws IOException {
        sink = FileChannel.open(Path.of("/dev/null"), StandardOpenOption.WRITE);
        store = new BenchStore(new StoreGeometry(StoreGeometry.CAPACITY_MIN, StoreGeometry.SLAB_BYTES, StoreGeometry.RING_BYTES_MIN), teardown);
        slot = store.slot();
        for (int i = 0; i < CONNECTIONS; i++) {
            outputs[i] = new OutputQueue();
        }
        slot.inBuffer().clear().put(SET);
        slot.request(0, 0, SET.length, 0);
        slot.serve(1);
        slot.inBuffer().clear();
        for (int i = 0; i < CONNECTIONS; i++) {
            slot.inBuffer().put(GET);
        }
        expect(CONNECTIONS * VALUE_REPLY_BYTES, repliesAtOnce());
        expect(CONNECTIONS * VALUE_REPLY_BYTES, repliesHeld());
        expect(VALUE_REPLY_BYTES, coldCommand());
    }

    private static void expect(long replyBytes, long written) {
        if (written != replyBytes) {
            throw new IllegalStateException("reply_bytes=" + written + ", expected " + replyBytes);
        }
    }

    @TearDown
    public void close() throws IOException {
        store.close();
        sink.close();
        teardown.close();
    }

    private void execute() {
        for (int i = 0; i < CONNECTIONS; i++) {
            slot.request(i, i * GET.length, (i + 1) * GET.length, 0);
        }
        slot.serve(CONNECTIONS);
    }

    private ByteBuffer replies(int i) {
        if (slot.status(i) != Abi.STATUS_DONE) {
            throw new IllegalStateException("status=" + slot.status(i));
        }
        return slot.outBuffer().limit(slot.outEnd(i)).position(slot.outOffset(i));
    }

    /** Hot commands whose replies nothing holds back: executed by one run of the program, and written from the io slot. */
    @Benchmark
    @OperationsPerInvocation(CONNECTIONS)
    public long repliesAtOnce() throws IOException {
        execute();
        long written = 0;
        for (int i = 0; i < CONNECTIONS; i++) {
            ByteBuffer replies = replies(i);
            written += sink.write(replies);
            outputs[i].append(replies, 0);
            written += outputs[i].flush(sink, 0);
        }
        return written;
    }

    /** The same when they depend on the log: kept, and written when it is durable. */
    @Benchmark
    @OperationsPerInvocation(CONNECTIONS)
    public long repliesHeld() throws IOException {
        execute();
        long written = 0;
        for (int i = 0; i < CONNECTIONS; i++) {
            outputs[i].append(replies(i), 1);
            written += outputs[i].flush(sink, 0);
        }
        for (int i = 0; i < CONNECTIONS; i++) {
            written += outputs[i].flush(sink, 1);
        }
        return written;
    }

    /** A command that is Java's: cut out of the input, answered, written. Its arguments become arrays. */
    @Benchmark
    public long coldCommand() throws IOException {
        reply.clear();
        List<byte[]> arguments = switch (parser.parse(echo.rewind(), true)) {
            case ParseResult.Complete command -> command.arguments();
            case ParseResult other -> throw new IllegalStateException(other.toString());
        };
        reply.bulk(arguments.get(1));
        outputs[0].append(reply.buffer(), 0);
        return outputs[0].flush(sink, 0);
    }
}

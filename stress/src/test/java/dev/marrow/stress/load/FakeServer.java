package dev.marrow.stress.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.function.Function;

/** A server at the other end of a channel, in the same thread and on a clock of its own: it answers each request when it is read from. */
final class FakeServer implements ByteChannel, LoadClock {
    private final Function<List<String>, String> replies;
    private final long serviceNanos;
    private final Deque<byte[]> unread = new ArrayDeque<>();
    final List<List<String>> requests = new ArrayList<>();
    private String pending = "";
    private long now = 1_000_000_000L;
    private long stallAt = Long.MAX_VALUE;
    private long stallNanos;
    private boolean open = true;

    /** @param replies what each request is answered; empty: the connection is closed @param serviceNanos for each request */
    FakeServer(long serviceNanos, Function<List<String>, String> replies) {
        this.serviceNanos = serviceNanos;
        this.replies = replies;
    }

    /** Once, at the first request from then on. */
    void stall(long atNanos, long forNanos) {
        stallAt = atNanos;
        stallNanos = forNanos;
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        requireOpen();
        byte[] bytes = new byte[source.remaining()];
        source.get(bytes);
        pending += new String(bytes, StandardCharsets.ISO_8859_1);
        while (!pending.isEmpty()) {
            List<String> words = new ArrayList<>();
            String[] lines = pending.split("\r\n", -1);
            int count = Integer.parseInt(lines[0].substring(1));
            for (int i = 0; i < count; i++) {
                words.add(lines[2 + 2 * i]);
            }
            pending = String.join("\r\n", Arrays.asList(lines).subList(1 + 2 * count, lines.length));
            requests.add(words);
            unread.add(replies.apply(words).getBytes(StandardCharsets.ISO_8859_1));
        }
        return bytes.length;
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        requireOpen();
        byte[] reply = unread.remove();
        if (reply.length == 0) {
            return -1;
        }
        now += serviceNanos;
        if (now >= stallAt) {
            now += stallNanos;
            stallAt = Long.MAX_VALUE;
        }
        target.put(reply);
        return reply.length;
    }

    private void requireOpen() throws IOException {
        if (!open) {
            throw new ClosedChannelException();
        }
    }

    /** Another connection to the same server. */
    ByteChannel connect() {
        open = true;
        unread.clear();
        return this;
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public void close() {
        open = false;
    }

    @Override
    public long nanos() {
        return now;
    }

    @Override
    public void sleepUntil(long nanos) {
        now = Math.max(now, nanos);
    }
}

package dev.marrow.engine.resp;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Encodes replies in RESP2 or RESP3 into one growing array.
 *
 * <p>Growth is bounded (I10): a reply past the limit raises {@link ReplyTooLargeException}, and the connection is closed,
 * as Redis does past client-output-buffer-limit. Texts of errors and simple strings are Latin-1, so that bytes a client
 * sent are quoted back unchanged; CR and LF in them become spaces. Not thread-safe.
 */
public final class ReplyWriter {
    /** The reply outgrew the limit; what was written of it is void. */
    public static final class ReplyTooLargeException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        ReplyTooLargeException(long bytes, long limit) {
            super("reply_bytes=" + bytes + " limit=" + limit);
        }
    }

    private static final int BYTES_FIRST = 256;
    private static final int ARRAY_BYTES_MAX = Integer.MAX_VALUE - 8;

    private final int limit;
    private byte[] bytes = new byte[BYTES_FIRST];
    private int size;
    private int protocol;
    /** Values that are not in {@link #bytes}, in their order. */
    private List<LargeReply.Place> large = new ArrayList<>();

    /**
     * @param protocol 2 or 3
     * @param limitBytes most bytes held at once
     */
    public ReplyWriter(int protocol, long limitBytes) {
        protocol(protocol);
        this.limit = (int) Math.min(limitBytes, ARRAY_BYTES_MAX);
    }

    public int protocol() {
        return protocol;
    }

    /** Of all that is written from here on. */
    public void protocol(int version) {
        if (version != 2 && version != 3) {
            throw new IllegalArgumentException("protocol=" + version);
        }
        protocol = version;
    }

    public int size() {
        return size;
    }

    /** Takes back everything behind {@code size}, which {@link #size()} returned earlier. */
    public void truncate(int size) {
        if (size < 0 || size > this.size) {
            throw new IllegalArgumentException("size=" + size + " written=" + this.size);
        }
        this.size = size;
        while (!large.isEmpty() && large.getLast().at() >= size) {
            large.removeLast().value().close();
        }
    }

    /** Forgets what was written; a large array is given back. */
    public void clear() {
        truncate(0);
        if (bytes.length > 1 << 16) {
            bytes = new byte[BYTES_FIRST];
        }
    }

    /** What was written, as a view: valid until the next write. */
    public ByteBuffer buffer() {
        return ByteBuffer.wrap(bytes, 0, size).slice();
    }

    /** The values that belong into {@link #buffer}, which are the caller's to close from now on. */
    public List<LargeReply.Place> takeLarge() {
        List<LargeReply.Place> taken = large;
        large = new ArrayList<>();
        return taken;
    }

    /** A stretch of replies, to be put somewhere else. */
    public record Fragment(byte[] bytes, List<LargeReply.Place> large) {
        /** It is not put anywhere. */
        public void close() {
            large.forEach(place -> place.value().close());
        }
    }

    /** Takes out what was written from {@code start} on, cut at these ends. */
    public List<Fragment> cut(int start, int... ends) {
        List<Fragment> fragments = new ArrayList<>();
        int from = start;
        for (int end : ends) {
            int begin = from;
            fragments.add(new Fragment(Arrays.copyOfRange(bytes, from, end), large.stream().filter(place -> place.at() > begin && place.at() < end)
                    .map(place -> new LargeReply.Place(place.at() - begin, place.value())).toList()));
            from = end;
        }
        large.removeIf(place -> place.at() > start);
        truncate(start);
        return fragments;
    }

    public ReplyWriter add(Fragment fragment) {
        fragment.large().forEach(place -> large.add(new LargeReply.Place(size + place.at(), place.value())));
        return raw(fragment.bytes());
    }

    public byte[] toByteArray() {
        return Arrays.copyOf(bytes, size);
    }

    /** What was written from {@code start} on. */
    public byte[] toByteArray(int start) {
        return Arrays.copyOfRange(bytes, start, size);
    }

    /** A byte of what was written. */
    public byte byteAt(int index) {
        return bytes[java.util.Objects.checkIndex(index, size)];
    }

    /** Replies that are encoded already. */
    public ReplyWriter raw(byte[] encoded) {
        reserve(encoded.length);
        System.arraycopy(encoded, 0, bytes, size, encoded.length);
        size += encoded.length;
        return this;
    }

    public ReplyWriter simple(String text) {
        return line('+', text);
    }

    public ReplyWriter ok() {
        return simple("OK");
    }

    /** @param text begins with its code: "ERR …", "NOAUTH …" */
    public ReplyWriter error(String text) {
        return line('-', text);
    }

    public ReplyWriter integer(long value) {
        return line(':', Long.toString(value));
    }

    public ReplyWriter bulk(byte[] value) {
        line('$', Integer.toString(value.length));
        return raw(value).end();
    }

    /** A value that is fetched when it is sent. */
    public ReplyWriter bulk(LargeReply value) {
        large.add(new LargeReply.Place(size, value));      // the writer's to close, whatever happens from here on
        line('$', Long.toString(value.length()));
        large.set(large.size() - 1, new LargeReply.Place(size, value));
        return end();
    }

    /** In UTF-8. */
    public ReplyWriter bulk(String value) {
        return bulk(value.getBytes(StandardCharsets.UTF_8));
    }

    public ReplyWriter nil() {
        return protocol == 3 ? line('_', "") : line('$', "-1");
    }

    public ReplyWriter nilArray() {
        return protocol == 3 ? line('_', "") : line('*', "-1");
    }

    /** Its {@code count} elements follow. */
    public ReplyWriter array(int count) {
        return line('*', Integer.toString(count));
    }

    /** Makes what was written since {@code start}, {@code count} replies, an array. */
    public ReplyWriter arrayOf(int start, int count) {
        int end = size;
        array(count);
        int header = size - end;
        byte[] moved = Arrays.copyOfRange(bytes, end, size);
        System.arraycopy(bytes, start, bytes, start + header, end - start);
        System.arraycopy(moved, 0, bytes, start, header);
        large.replaceAll(place -> place.at() > start ? new LargeReply.Place(place.at() + header, place.value()) : place);
        return this;
    }

    /** {@code pairs} keys, each followed by its value, come next; RESP2 sees a flat array. */
    public ReplyWriter map(int pairs) {
        return protocol == 3 ? line('%', Integer.toString(pairs)) : array(Math.multiplyExact(pairs, 2));
    }

    public ReplyWriter set(int count) {
        return protocol == 3 ? line('~', Integer.toString(count)) : array(count);
    }

    public ReplyWriter bool(boolean value) {
        return protocol == 3 ? line('#', value ? "t" : "f") : integer(value ? 1 : 0);
    }

    public ReplyWriter number(double value) {
        String text = doubleText(value);
        return protocol == 3 ? line(',', text) : bulk(text);
    }

    /** Plain text ("txt"), which RESP2 sees as a bulk string. */
    public ReplyWriter verbatim(String text) {
        if (protocol == 2) {
            return bulk(text);
        }
        byte[] value = text.getBytes(StandardCharsets.UTF_8);
        line('=', Integer.toString(value.length + 4));
        return raw(new byte[] {'t', 'x', 't', ':'}).raw(value).end();
    }

    /** An array of simple strings, as HELP replies. */
    public ReplyWriter lines(List<String> texts) {
        array(texts.size());
        texts.forEach(this::simple);
        return this;
    }

    private static String doubleText(double value) {
        if (Double.isNaN(value)) {
            return "nan";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        return value == Math.rint(value) && Math.abs(value) < 1e15 ? Long.toString((long) value) : Double.toString(value);
    }

    private ReplyWriter line(char type, String text) {
        reserve(text.length() + 3);
        bytes[size++] = (byte) type;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            bytes[size++] = (byte) (c == '\r' || c == '\n' ? ' ' : c > 0xff ? '?' : c);
        }
        return end();
    }

    private ReplyWriter end() {
        reserve(2);
        bytes[size++] = '\r';
        bytes[size++] = '\n';
        return this;
    }

    private void reserve(int more) {
        long needed = (long) size + more;
        if (needed > limit) {
            throw new ReplyTooLargeException(needed, limit);
        }
        if (needed > bytes.length) {
            bytes = Arrays.copyOf(bytes, (int) Math.min(limit, Math.max(needed, bytes.length * 2L)));
        }
    }
}

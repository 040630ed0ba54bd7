package dev.marrow.engine.server;

import dev.marrow.engine.resp.LargeReply;
import dev.marrow.recovery.tiertwo.LargeValue;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** Large values as commands see them. */
final class Values {
    private Values() {}

    /** Bytes [from, from + length), on the heap. */
    static byte[] read(LargeValue value, long from, int length) {
        byte[] bytes = new byte[length];
        value.read(from, MemorySegment.ofArray(bytes), 0, length);
        return bytes;
    }

    /** Bytes [from, from + length) as a reply, which closes the value. */
    static LargeReply reply(LargeValue value, long from, long length) {
        return new LargeReply() {
            @Override
            public long length() {
                return length;
            }

            @Override
            public ByteBuffer view(long at) {
                MemorySegment bytes = value.view(from + at);
                return bytes.asSlice(0, Math.min(bytes.byteSize(), length - at)).asByteBuffer();
            }

            @Override
            public void close() {
                value.close();
            }
        };
    }
}

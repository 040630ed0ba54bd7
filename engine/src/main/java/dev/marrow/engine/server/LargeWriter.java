package dev.marrow.engine.server;

import dev.marrow.bpf.Abi;
import dev.marrow.recovery.tiertwo.LargeValue;
import dev.marrow.recovery.tiertwo.Upload;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.LockSupport;

/**
 * Puts a large value together from pieces of others. Unlike a value that a client sends, it is made in one go: while the log has no room its event loop
 * waits, for so long as a write would.
 */
final class LargeWriter {
    private static final long PAUSE_NANOS = 50_000;
    /** Of a thread: a piece on its way from one value to another, and zeros. */
    private static final ThreadLocal<MemorySegment> PIECE = ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(Abi.VALUE_BYTES_MAX, Long.BYTES));

    private final Server server;
    private final Upload upload;
    private final Upload.Log log;
    private final long untilNanos;

    LargeWriter(Server server, Upload upload, Upload.Log log) {
        this.server = server;
        this.upload = upload;
        this.log = log;
        this.untilNanos = System.nanoTime() + server.stallTimeoutNanos();
    }

    LargeWriter bytes(MemorySegment bytes) {
        for (long at = 0; at < bytes.byteSize();) {
            int taken = upload.take(bytes, at, (int) Math.min(Integer.MAX_VALUE, bytes.byteSize() - at), log);
            at += taken;
            if (at < bytes.byteSize()) {
                pause();
            }
        }
        return this;
    }

    LargeWriter bytes(byte[] bytes) {
        return bytes(MemorySegment.ofArray(bytes));
    }

    /** Bytes [from, to) of a value. */
    LargeWriter bytes(LargeValue value, long from, long to) {
        for (long at = from; at < to;) {
            int length = (int) Math.min(Abi.VALUE_BYTES_MAX, to - at);
            value.read(at, PIECE.get(), 0, length);
            bytes(PIECE.get().asSlice(0, length));
            at += length;
        }
        return this;
    }

    LargeWriter zeros(long count) {
        for (long left = count; left > 0;) {
            int length = (int) Math.min(Abi.VALUE_BYTES_MAX, left);
            bytes(PIECE.get().asSlice(0, length).fill((byte) 0));
            left -= length;
        }
        return this;
    }

    void end() {
        while (!upload.end(log)) {
            pause();
        }
    }

    private void pause() {
        if (System.nanoTime() > untilNanos || server.isStopping() || server.log().failed()) {
            throw new StalledException();
        }
        LockSupport.parkNanos(PAUSE_NANOS);
    }
}

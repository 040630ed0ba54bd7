package dev.marrow.stress.qemu;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.ProtocolException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * Gives a disk to one machine: the server's side of the NBD protocol (fixed newstyle, simple replies), one connection, one request after the
 * other, so a flush covers every write that was answered before it came. Numbers and names are those of doc/proto.md of the project NBD.
 */
final class DiskServer implements AutoCloseable {
    private static final long MAGIC = 0x4e42444d41474943L;
    private static final long OPTION_MAGIC = 0x49484156454f5054L;
    private static final long OPTION_REPLY_MAGIC = 0x0003e889045565a9L;
    private static final int REQUEST_MAGIC = 0x25609513;
    private static final int REPLY_MAGIC = 0x67446698;
    /** NBD_FLAG_FIXED_NEWSTYLE, NBD_FLAG_NO_ZEROES. */
    private static final int HANDSHAKE_FLAGS = 3;
    /** NBD_FLAG_HAS_FLAGS, NBD_FLAG_SEND_FLUSH: a cache that must be flushed. */
    private static final int EXPORT_FLAGS = 5;
    private static final int OPTION_ABORT = 2;
    private static final int OPTION_GO = 7;
    private static final int REPLY_ACK = 1;
    private static final int REPLY_INFO = 3;
    private static final int REPLY_UNSUPPORTED = 0x80000001;
    private static final int OPTIONS_MAX = 32;
    private static final int OPTION_BYTES_MAX = 4096;
    private static final int READ = 0;
    private static final int WRITE = 1;
    private static final int DISCONNECT = 2;
    private static final int FLUSH = 3;
    private static final int ERROR_INVALID = 22;
    private static final int REQUEST_BYTES_MAX = 32 << 20;
    private static final long END_MILLIS_MAX = 30_000;
    private static final Set<String> GONE = Set.of("Broken pipe", "Connection reset", "Connection reset by peer");

    private final VolatileDisk disk;
    private final Path socket;
    private final ServerSocketChannel listener;
    private final Thread thread;
    private volatile Optional<IOException> failure = Optional.empty();

    /** @param socket where to listen; made here, removed by {@link #close} */
    DiskServer(VolatileDisk disk, Path socket) throws IOException {
        this.disk = disk;
        this.socket = socket;
        this.listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(socket));
        this.thread = Thread.ofPlatform().daemon().name("disk").start(this::run);
    }

    private void run() {
        try (SocketChannel machine = listener.accept();
                DataInputStream in = new DataInputStream(new BufferedInputStream(Channels.newInputStream(machine), 1 << 16));
                DataOutputStream out = new DataOutputStream(new BufferedOutputStream(Channels.newOutputStream(machine), 1 << 16))) {
            if (negotiate(in, out)) {
                serve(in, out);
            }
        } catch (EOFException | ClosedChannelException gone) {
            // the usual end: of the machine, or of the disk's power
        } catch (IOException broken) {
            // Half a reply cannot be written to a machine that has just died.
            failure = Optional.of(broken).filter(e -> !GONE.contains(String.valueOf(e.getMessage())));
        }
    }

    private boolean negotiate(DataInputStream in, DataOutputStream out) throws IOException {
        out.writeLong(MAGIC);
        out.writeLong(OPTION_MAGIC);
        out.writeShort(HANDSHAKE_FLAGS);
        out.flush();
        in.readInt();
        for (int i = 0; i < OPTIONS_MAX; i++) {
            expect("option", OPTION_MAGIC, in.readLong());
            int option = in.readInt();
            in.skipNBytes(bounded(in.readInt(), OPTION_BYTES_MAX));
            switch (option) {
                case OPTION_GO -> {
                    answer(out, option, REPLY_INFO, 12);
                    out.writeShort(0);
                    out.writeLong(disk.size());
                    out.writeShort(EXPORT_FLAGS);
                    answer(out, option, REPLY_ACK, 0);
                    out.flush();
                    return true;
                }
                case OPTION_ABORT -> {
                    return false;
                }
                default -> answer(out, option, REPLY_UNSUPPORTED, 0);
            }
            out.flush();
        }
        throw new ProtocolException("more than " + OPTIONS_MAX + " options");
    }

    private static void answer(DataOutputStream out, int option, int type, int length) throws IOException {
        out.writeLong(OPTION_REPLY_MAGIC);
        out.writeInt(option);
        out.writeInt(type);
        out.writeInt(length);
    }

    private void serve(DataInputStream in, DataOutputStream out) throws IOException {
        while (true) {
            expect("request", REQUEST_MAGIC, in.readInt());
            in.readShort();
            int type = in.readShort();
            long handle = in.readLong();
            long position = in.readLong();
            int length = bounded(in.readInt(), REQUEST_BYTES_MAX);
            byte[] data = type == READ || type == WRITE ? new byte[length] : new byte[0];
            switch (type) {
                case READ -> disk.read(position, data);
                case WRITE -> {
                    in.readFully(data);
                    disk.write(position, data);
                }
                case FLUSH -> disk.flush();
                case DISCONNECT -> {
                    return;
                }
                default -> { }
            }
            out.writeInt(REPLY_MAGIC);
            out.writeInt(type == READ || type == WRITE || type == FLUSH ? 0 : ERROR_INVALID);
            out.writeLong(handle);
            if (type == READ) {
                out.write(data);
            }
            out.flush();
        }
    }

    private static void expect(String what, long expected, long actual) throws ProtocolException {
        if (expected != actual) {
            throw new ProtocolException("a " + what + " begins with " + Long.toHexString(actual));
        }
    }

    private static int bounded(int length, int max) throws ProtocolException {
        if (length < 0 || length > max) {
            throw new ProtocolException("length " + length + ", at most " + max);
        }
        return length;
    }

    /**
     * Waits for the end of the connection; the machine must be gone.
     *
     * @throws IOException the disk failed, or the machine sent what is no request
     */
    @Override
    public void close() throws IOException {
        listener.close();
        try {
            if (!thread.join(Duration.ofMillis(END_MILLIS_MAX))) {
                throw new IOException("a disk is in use, and its machine should be gone");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            Files.deleteIfExists(socket);
        }
        if (failure.isPresent()) {
            throw failure.get();
        }
    }
}

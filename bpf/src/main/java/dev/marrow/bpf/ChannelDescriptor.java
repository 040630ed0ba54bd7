package dev.marrow.bpf;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.channels.SocketChannel;

/**
 * The file descriptor behind a channel, by which the kernel's per-socket storage is read. Java does not show it; its own channels
 * have it in an internal interface, which the JVM flag {@link #FLAG} opens.
 */
public final class ChannelDescriptor {
    public static final String FLAG = "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED";

    private final MethodHandle descriptor;

    private ChannelDescriptor(MethodHandle descriptor) {
        this.descriptor = descriptor;
    }

    /** @throws IllegalStateException the JVM runs without {@link #FLAG} */
    public static ChannelDescriptor access() {
        try {
            Class<?> internal = Class.forName("sun.nio.ch.SelChImpl");
            return new ChannelDescriptor(MethodHandles.lookup().findVirtual(internal, "getFDVal", MethodType.methodType(int.class)));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("the JVM needs the flag " + FLAG, e);
        }
    }

    /** Valid while the channel is open. */
    public int of(SocketChannel channel) {
        try {
            return (int) descriptor.invoke(channel);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable t) {
            throw new IllegalStateException(t);
        }
    }
}

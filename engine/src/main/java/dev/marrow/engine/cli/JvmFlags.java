package dev.marrow.engine.cli;

import dev.marrow.bpf.ChannelDescriptor;
import dev.marrow.recovery.tiertwo.TierTwoRuntime;
import java.util.List;
import java.util.stream.Stream;

/** Flags that a JVM needs to run the server; the launcher and the build give them too. */
public final class JvmFlags {
    public static final List<String> REQUIRED =
            Stream.concat(Stream.of("--enable-native-access=ALL-UNNAMED", ChannelDescriptor.FLAG), TierTwoRuntime.JVM_FLAGS.stream()).toList();

    private JvmFlags() {}
}

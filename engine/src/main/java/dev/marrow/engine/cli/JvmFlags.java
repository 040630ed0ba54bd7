package dev.marrow.engine.cli;

import dev.marrow.bpf.ChannelDescriptor;
import java.util.List;

/** Flags that a JVM needs to run the server; the launcher and the build give them too. */
public final class JvmFlags {
    public static final List<String> REQUIRED = List.of("--enable-native-access=ALL-UNNAMED", ChannelDescriptor.FLAG);

    private JvmFlags() {}
}

package dev.marrow.recovery.tiertwo;

import dev.marrow.bpf.ChannelDescriptor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A JVM of its own, with the flags of the launcher or others: to be killed, or to look at what it prints. */
final class ChildJvm {
    static List<String> flags() {
        List<String> flags = new ArrayList<>(List.of("--enable-native-access=ALL-UNNAMED", ChannelDescriptor.FLAG));
        flags.addAll(TierTwoRuntime.JVM_FLAGS);
        return flags;
    }

    /** Its error output goes where its output goes. */
    static Process start(List<String> flags, Path directory, Class<?> main, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx64m"));
        command.addAll(flags);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true).start();
    }

    /** All it printed, after it ended by itself. */
    static String output(Process child) throws IOException, InterruptedException {
        String output = new String(child.getInputStream().readAllBytes());
        child.waitFor();
        return output;
    }

    private ChildJvm() {}
}

package dev.marrow.stress.qemu;

import dev.marrow.engine.cli.JvmFlags;
import dev.marrow.stress.Trees;
import dev.marrow.stress.crash.ServerProcess;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/**
 * What a guest boots: kernel and first file system. That holds everything but the data, in memory: busybox, {@code init}, the modules for disk
 * and network, the JVM, Marrow.
 *
 * @param kernel the kernel's image
 * @param memory the archive of the first file system
 */
record GuestImage(GuestKernel kernel, Path memory) {
    /** Where in the guest the data disk is mounted. */
    private static final String DIR = "/data/marrow";

    /**
     * Builds one.
     *
     * @param work where its files go
     * @param cache directory that keeps what takes time to get
     */
    static GuestImage build(GuestKernel kernel, Path work, Path cache) throws IOException, InterruptedException {
        Path root = Files.createDirectory(work.resolve("root"));
        for (String directory : List.of("bin", "dev", "proc", "sys", "tmp", "data", "marrow")) {
            Files.createDirectory(root.resolve(directory));
        }
        Trees.copy(Path.of(Tool.run(work, List.of("sh", "-c", "command -v busybox"))).toRealPath(), root.resolve("bin/busybox"));
        GuestModules.copy(kernel, root.resolve("modules"));
        GuestRuntime runtime = new GuestRuntime(cache);
        List<String> classPath = runtime.copyClassPath(root);
        runtime.copyNative(root);
        executable(root.resolve("marrow/serve"), serve(classPath));
        executable(root.resolve("init"), init());
        Path memory = work.resolve("initramfs");
        Tool.run(root, List.of("sh", "-c", "find . | busybox cpio -o -H newc > ../" + memory.getFileName()));
        Trees.delete(root);
        return new GuestImage(kernel, memory);
    }

    private static String serve(List<String> classPath) {
        List<String> words = new ArrayList<>(List.of("exec", "/marrow/jvm/bin/java"));
        words.addAll(JvmFlags.REQUIRED);
        words.addAll(ServerProcess.JVM_FLAGS);
        words.addAll(List.of("-cp", String.join(":", classPath), "dev.marrow.engine.cli.Main", "serve", "--dir", DIR));
        words.addAll(ServerProcess.SIZES);
        return "#!/bin/busybox sh\n" + String.join(" ", words) + " \"$@\"\n";
    }

    private static String init() throws IOException {
        try (InputStream script = GuestImage.class.getResourceAsStream("init")) {
            return new String(script.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static void executable(Path file, String text) throws IOException {
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}

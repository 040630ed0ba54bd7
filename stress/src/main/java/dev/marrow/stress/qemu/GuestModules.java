package dev.marrow.stress.qemu;

import dev.marrow.stress.Trees;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The modules that a guest must load before it has its disk and its network, each after those that it depends on. */
final class GuestModules {
    private static final List<String> WANTED = List.of("virtio_pci", "virtio_blk", "virtio_net", "ext4", "rtc_cmos");
    private static final String DEPENDS = "\0depends=";

    private final GuestKernel kernel;
    private final Path target;
    private final Set<String> builtIn;
    private final Set<String> loaded = new LinkedHashSet<>();

    private GuestModules(GuestKernel kernel, Path target) throws IOException {
        this.kernel = kernel;
        this.target = target;
        try (Stream<String> lines = Files.lines(kernel.modules().resolve("modules.builtin"))) {
            this.builtIn = lines.map(line -> name(Path.of(line))).collect(Collectors.toSet());
        }
    }

    /** Copies them, uncompressed, and writes a file {@code order} that names them. */
    static void copy(GuestKernel kernel, Path target) throws IOException, InterruptedException {
        GuestModules modules = new GuestModules(kernel, Files.createDirectories(target));
        for (String name : WANTED) {
            modules.add(name);
        }
        Files.write(target.resolve("order"), modules.loaded);
    }

    private void add(String name) throws IOException, InterruptedException {
        if (builtIn.contains(name) || loaded.contains(name)) {
            return;
        }
        Path module = target.resolve(name);
        Path packed = find(name).orElseThrow(() -> new IOException("kernel " + kernel.release() + " has no module " + name));
        Trees.copy(packed, packed.toString().endsWith(".xz") ? target.resolve(name + ".xz") : module);
        if (!Files.exists(module)) {
            Tool.run(target, List.of("xz", "-d", name + ".xz"));
        }
        for (String needed : depends(module)) {
            add(needed);
        }
        loaded.add(name);
    }

    private Optional<Path> find(String name) throws IOException {
        try (Stream<Path> files = Files.walk(kernel.modules().resolve("kernel"))) {
            return files.filter(file -> file.toString().matches(".*\\.ko(\\.xz)?") && name(file).equals(name)).findFirst();
        }
    }

    private static String name(Path file) {
        return file.getFileName().toString().replaceFirst("\\.ko(\\..*)?$", "").replace('-', '_');
    }

    /** From the module's own information: the package has no modules.dep, which depmod would write. */
    private static List<String> depends(Path module) throws IOException {
        String text = Files.readString(module, StandardCharsets.ISO_8859_1);
        int start = text.indexOf(DEPENDS) + DEPENDS.length();
        if (start < DEPENDS.length()) {
            return List.of();
        }
        List<String> names = new ArrayList<>(List.of(text.substring(start, text.indexOf('\0', start)).replace('-', '_').split(",")));
        names.removeIf(String::isEmpty);
        return names;
    }
}

package dev.marrow.engine.doctor;

import dev.marrow.engine.doctor.Check.Verdict;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Whether the dynamic linker will find a libbpf.so.1 for this architecture, by the places where it looks. */
final class LibbpfCheck {

    static final String LIBRARY = "libbpf.so.1";

    /** After the linker's own cache; for systems that do not keep one. */
    private static final List<String> DIRECTORIES = List.of(
            "/lib/x86_64-linux-gnu",
            "/usr/lib/x86_64-linux-gnu",
            "/lib64",
            "/usr/lib64",
            "/lib",
            "/usr/lib",
            "/usr/local/lib",
            "/usr/local/lib64");

    /** Strings in ld.so.cache end with a zero byte. */
    private static final Pattern IN_CACHE = Pattern.compile("\0(/[^\0]{1,4096}/" + Pattern.quote(LIBRARY) + ")(?=\0)");

    private static final int ELF_HEADER_BYTES = 20;

    private static final int ELF_MAGIC = 0x464c457f;

    private static final int ELF_CLASS_64 = 2;

    private static final int ELF_MACHINE_X86_64 = 62;

    private final Machine machine;

    LibbpfCheck(Machine machine) {
        this.machine = machine;
    }

    Check check() {
        List<String> present = candidates().filter(path -> Files.exists(machine.at(path))).toList();
        Optional<String> loadable = present.stream().filter(path -> isForThisArchitecture(machine.at(path))).findFirst();
        String found;
        if (loadable.isPresent()) {
            found = loadable.get();
        } else {
            found = present.isEmpty() ? "none" : present.getFirst() + " (not readable as a 64-bit x86 library)";
        }
        return Check.of(
                "libbpf", loadable.isPresent(), Verdict.MISSING, found, LIBRARY, "Install it, on Debian: apt-get install libbpf1");
    }

    private Stream<String> candidates() {
        Stream<String> first = machine.libraryPath().stream().map(directory -> directory.resolve(LIBRARY).toString());
        Stream<String> cached = IN_CACHE.matcher(machine.text("/etc/ld.so.cache").orElse("")).results().map(hit -> hit.group(1));
        Stream<String> usual = DIRECTORIES.stream().map(directory -> directory + "/" + LIBRARY);
        return Stream.of(first, cached, usual).flatMap(paths -> paths);
    }

    private static boolean isForThisArchitecture(Path library) {
        try (InputStream in = Files.newInputStream(library)) {
            byte[] bytes = in.readNBytes(ELF_HEADER_BYTES);
            if (bytes.length < ELF_HEADER_BYTES) {
                return false;
            }
            ByteBuffer header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
            return header.getInt(0) == ELF_MAGIC
                    && header.get(4) == ELF_CLASS_64
                    && header.getShort(18) == ELF_MACHINE_X86_64;
        } catch (IOException unreadable) {
            return false;
        }
    }
}

package dev.marrow.bpf;

import dev.marrow.bpf.libbpf.ProgramInfo;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** The eBPF programs that this process holds, however they were loaded: its descriptors tell. */
final class LoadedPrograms {
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
    private static final String PROGRAM = "anon_inode:bpf-prog";

    private final Set<Integer> before;

    private LoadedPrograms(Set<Integer> before) {
        this.before = before;
    }

    /** Whatever is there already does not count. */
    static LoadedPrograms fromNowOn() throws IOException {
        return new LoadedPrograms(descriptors());
    }

    /** Those that were loaded since, in the order of their names. */
    List<ProgramInfo> list() throws IOException {
        List<ProgramInfo> programs = new ArrayList<>();
        for (int descriptor : descriptors()) {
            if (!before.contains(descriptor)) {
                programs.add(ProgramInfo.of(descriptor));
            }
        }
        programs.sort(Comparator.comparing(ProgramInfo::name));
        return programs;
    }

    private static Set<Integer> descriptors() throws IOException {
        Set<Integer> programs = new TreeSet<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(DESCRIPTORS)) {
            for (Path descriptor : all) {
                if (isProgram(descriptor)) {
                    programs.add(Integer.parseInt(descriptor.getFileName().toString()));
                }
            }
        }
        return programs;
    }

    private static boolean isProgram(Path descriptor) throws IOException {
        try {
            return Files.readSymbolicLink(descriptor).toString().equals(PROGRAM);
        } catch (NoSuchFileException closedMeanwhile) {
            return false;
        }
    }
}

package dev.marrow.bpf;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The machine's cgroup tree, version 2: what programs that see connections are attached to. */
public final class Cgroups {
    private Cgroups() {}

    /** Where version 2 is mounted: its usual place differs where version 1 is mounted beside it. */
    public static Optional<Path> root() throws IOException {
        return root(Files.readString(Path.of("/proc/self/mounts")));
    }

    /** The same by a mount table: device, mount point, type, options, 0, 0; a blank in a field is written as \040. */
    public static Optional<Path> root(String mounts) {
        return mounts.lines()
                .map(line -> line.split(" "))
                .filter(fields -> fields.length > 2 && fields[2].equals("cgroup2"))
                .map(fields -> Path.of(fields[1].replace("\\040", " ")))
                .findFirst();
    }
}

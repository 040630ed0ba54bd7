package dev.marrow.recovery;

import dev.marrow.wal.LogDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Device and inode of a directory's identity file: what a copy of the directory does not share with it. */
record FileIdentity(long device, long inode) {
    static FileIdentity of(LogDirectory directory) throws IOException {
        Path file = directory.path().resolve("marrow.id");
        return new FileIdentity(((Number) Files.getAttribute(file, "unix:dev")).longValue(),
                ((Number) Files.getAttribute(file, "unix:ino")).longValue());
    }
}

package dev.marrow.engine.cli;

import dev.marrow.engine.config.ConfigException;
import dev.marrow.engine.doctor.EnvironmentException;
import dev.marrow.engine.transfer.ServerUnavailableException;
import dev.marrow.recovery.StartRefusedException;
import dev.marrow.wal.DirectoryInUseException;
import dev.marrow.wal.LogDamagedException;
import java.io.IOException;

/** What the process ends with; the numbers are those of sysexits.h. */
final class ExitCode {
    static final int OK = 0;
    /** EX_USAGE: the command line or the configuration. */
    static final int USAGE = 64;
    /** EX_DATAERR: the log is damaged (I6), or not everything of an import is in the server. */
    static final int DATA = 65;
    /** EX_UNAVAILABLE: kernel, privilege or package missing, or no server to import into. */
    static final int UNAVAILABLE = 69;
    /** EX_SOFTWARE: a fault of ours. */
    static final int SOFTWARE = 70;
    /** EX_CANTCREAT: the start was refused, as by another instance. */
    static final int REFUSED = 73;
    /** EX_IOERR: a write or sync failed; nothing is acknowledged any more (I7). */
    static final int IO = 74;

    private ExitCode() {}

    static int of(Throwable failure) {
        return switch (failure) {
            case ConfigException e -> USAGE;
            case LogDamagedException e -> DATA;
            case EnvironmentException e -> UNAVAILABLE;
            case ServerUnavailableException e -> UNAVAILABLE;
            case DirectoryInUseException e -> REFUSED;
            case StartRefusedException e -> REFUSED;
            case IOException e -> IO;
            default -> SOFTWARE;
        };
    }
}

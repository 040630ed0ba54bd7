package dev.marrow.recovery;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.PinnedStore;
import dev.marrow.bpf.StoreGeometry;
import dev.marrow.wal.LogDirectory;
import dev.marrow.wal.LogScan;
import java.io.IOException;
import java.util.Arrays;

/** Whether tables that lie in the kernel are this directory's, of this release, and as asked for: refused with the way out, never guessed. */
final class PinCheck {
    private static final String DROP = "drop the tables with `marrow unpin` and start from the directory";

    private PinCheck() {}

    static void check(LogDirectory directory, StoreGeometry geometry, PinnedStore pinned) throws IOException {
        refuseIf(pinned.abiVersion() != Abi.ABI_VERSION, "the pinned tables have layout version " + pinned.abiVersion() + ", this release has "
                + Abi.ABI_VERSION + ": stop them with the release that made them, or " + DROP);
        refuseIf(!Arrays.equals(pinned.instance(), directory.instance()),
                "the pinned tables belong to another data directory; `marrow unpin` drops them");
        FileIdentity identity = FileIdentity.of(directory);
        refuseIf(pinned.directoryDevice() != identity.device() || pinned.directoryInode() != identity.inode(), directory.path()
                + " is a copy of the directory whose tables are in the kernel: serve the original, or stop it and drop the tables with `marrow unpin`");
        refuseIf(pinned.tablesId() != directory.manifest().tablesId(), "other tables than those in the kernel were filled from "
                + directory.path() + " last: it was served elsewhere meanwhile, or an older copy was put in its place. To go on with the directory as it is, "
                + DROP + "; what only the tables hold is lost then");
        StoreGeometry has = pinned.geometry();
        refuseIf(!has.equals(geometry), "the pinned tables were made with --capacity " + has.capacity() + " --memory " + has.memoryBytes() + " --ring "
                + has.ringBytes() + ", asked for is --capacity " + geometry.capacity() + " --memory " + geometry.memoryBytes() + " --ring "
                + geometry.ringBytes() + ": start once as before and stop cleanly, or " + DROP);
    }

    /** Whatever left the ring was in the log before. */
    static void checkLog(LogDirectory directory, LogScan scan, PinnedStore pinned) {
        refuseIf(scan.lsnNext() <= pinned.logLsn(), "the log in " + directory.path() + " ends with batch " + (scan.lsnNext() - 1)
                + ", the tables in the kernel know of batch " + pinned.logLsn() + ": an older copy was put in the directory's place, or files are"
                + " missing. Put the newer files back; or, to go on with the directory as it is, " + DROP + "; what only the tables hold is lost then");
    }

    private static void refuseIf(boolean refused, String why) {
        if (refused) {
            throw new StartRefusedException(why);
        }
    }
}

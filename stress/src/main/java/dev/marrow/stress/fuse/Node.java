package dev.marrow.stress.fuse;

/** A file or a directory of a {@link SectorDisk}, whatever its names are. */
sealed interface Node permits FileNode, DirectoryNode {
    /** Permission bits. */
    int mode();

    /** Memory that its content as processes see it takes, and that of all below it. */
    long bytesUsed();

    /** What a power cut leaves of it, as a node of its own with nothing unsynced. */
    Node survivor(Survival survival);
}

package dev.marrow.wal;

import java.util.HexFormat;

/** The two families of segment files. They have one format; the magic keeps one from being taken for the other. */
enum SegmentKind {
    /** What the ring gave, in its order. */
    LOG("wal", ".wal", 0x4c41574f5252414dL),
    /** What a checkpoint copied from the table. */
    BASE("base", ".base", 0x534257524f52414dL);

    private static final int NAME_DIGITS = 16;

    /** Name of the directory, below the data directory. */
    final String directory;
    /** First eight bytes of a file: "MARROWAL", "MARROWBS". */
    final long magic;
    private final String suffix;

    SegmentKind(String directory, String suffix, long magic) {
        this.directory = directory;
        this.suffix = suffix;
        this.magic = magic;
    }

    String fileName(long sequence) {
        return HexFormat.of().toHexDigits(sequence) + suffix;
    }

    /** The sequence number that a name stands for, or 0 when it is no segment's name. */
    long sequenceOf(String fileName) {
        boolean isSegment = fileName.length() == NAME_DIGITS + suffix.length() && fileName.endsWith(suffix)
                && fileName.chars().limit(NAME_DIGITS).allMatch(HexFormat::isHexDigit);
        return isSegment ? HexFormat.fromHexDigitsToLong(fileName, 0, NAME_DIGITS) : 0;
    }
}

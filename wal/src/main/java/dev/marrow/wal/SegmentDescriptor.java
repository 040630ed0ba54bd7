package dev.marrow.wal;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;
import java.util.zip.CRC32C;

/**
 * The first 4096 bytes of a segment. Little-endian.
 *
 * <pre>
 *   0       8         12        16          32         40     48              56              4092
 *   | magic | version | 0       | instance  | sequence | seed | created_ms    | segment_bytes | 0 … | crc32c |
 * </pre>
 *
 * The checksum covers everything before it, so it is at the same place in every version, and a flipped bit in the version is damage
 * rather than another version. The header is synced before the file gets its final name: a segment without a valid one is damaged,
 * never half-made.
 *
 * @param kind         which the magic tells
 * @param instance     of the data directory, 16 bytes
 * @param sequence     number of this segment, from 1
 * @param seed         goes into every checksum of this file, so that another file's blocks never verify here
 * @param createdMillis Unix time
 * @param segmentBytes size of the file until it is sealed
 */
record SegmentDescriptor(SegmentKind kind, byte[] instance, long sequence, long seed, long createdMillis, long segmentBytes) {

    static final int HEADER_BYTES = 4096;
    static final int FORMAT_VERSION = 1;
    static final int INSTANCE_BYTES = 16;

    private static final int CRC_OFFSET = HEADER_BYTES - 4;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    ByteBuffer encode() {
        ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        header.putLong(kind.magic).putInt(FORMAT_VERSION).putInt(0).put(instance);
        header.putLong(sequence).putLong(seed).putLong(createdMillis).putLong(segmentBytes);
        CRC32C crc = new CRC32C();
        crc.update(header.array(), 0, CRC_OFFSET);
        return header.putInt(CRC_OFFSET, (int) crc.getValue()).position(0);
    }

    /**
     * Reads and checks the header of the segment {@code sequence} of this kind, of the directory {@code instance}.
     *
     * @throws LogDamagedException  when it is not what was written, or belongs to another directory or number
     * @throws LogTooNewException   when a later release wrote it
     * @throws LogTooOldException   when this release no longer reads it
     */
    static SegmentDescriptor decode(MemorySegment file, Path path, byte[] instance, SegmentKind kind, long sequence)
            throws IOException {
        check(file.byteSize() >= HEADER_BYTES, path, 0, "a header of " + HEADER_BYTES + " bytes", "file of " + file.byteSize() + " bytes");
        long magic = file.get(LONG, 0);
        check(magic == kind.magic, path, 0, hex(kind.magic), hex(magic));
        CRC32C crc = new CRC32C();
        crc.update(file.asSlice(0, CRC_OFFSET).asByteBuffer());
        int stored = file.get(INT, CRC_OFFSET);
        check(stored == (int) crc.getValue(), path, CRC_OFFSET, "header crc32c " + hex((int) crc.getValue()), hex(stored));
        int version = file.get(INT, 8);
        if (version > FORMAT_VERSION) {
            throw new LogTooNewException(path, version, FORMAT_VERSION);
        }
        if (version < FORMAT_VERSION) {
            throw new LogTooOldException(path, version, FORMAT_VERSION);
        }
        byte[] owner = file.asSlice(16, INSTANCE_BYTES).toArray(ValueLayout.JAVA_BYTE);
        check(Arrays.equals(owner, instance), path, 16, "instance " + HexFormat.of().formatHex(instance), HexFormat.of().formatHex(owner));
        long number = file.get(LONG, 32);
        check(number == sequence, path, 32, "sequence " + sequence, Long.toString(number));
        return new SegmentDescriptor(kind, owner, number, file.get(LONG, 40), file.get(LONG, 48), file.get(LONG, 56));
    }

    private static void check(boolean holds, Path path, long offset, String expected, String actual) throws LogDamagedException {
        if (!holds) {
            throw new LogDamagedException(path, offset, expected, actual);
        }
    }

    private static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }

    private static String hex(int value) {
        return "0x" + Integer.toHexString(value);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SegmentDescriptor that && kind == that.kind && Arrays.equals(instance, that.instance) && sequence == that.sequence
                && seed == that.seed && createdMillis == that.createdMillis && segmentBytes == that.segmentBytes;
    }

    @Override
    public int hashCode() {
        return Objects.hash(sequence, seed);
    }
}

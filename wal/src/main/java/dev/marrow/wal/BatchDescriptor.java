package dev.marrow.wal;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * A batch: what one write put into a segment. Little-endian, starts at a multiple of eight.
 *
 * <pre>
 *   0       4        8                12        16    24               28           32              40        48         56            64
 *   | magic | crc32c | payload_length | records | lsn | synced_segment | header_crc | synced_offset | time_ms | ring_end | version_max | payload …
 * </pre>
 *
 * The payload is the ring's bytes as they were: ring record headers included, discarded records too. crc32c covers the file's seed,
 * the magic, everything from payload_length on, and the payload. It is one per batch, not one per record, because a batch is the unit
 * of sync and so of trust.
 *
 * <p>header_crc covers the seed and the rest of the header but both checksums. With it a header whose payload is torn still vouches for
 * its claim, and looking for headers in a torn stretch costs 64 bytes a candidate: a client can store values full of things that look
 * like headers of long batches, but it does not know the seed.
 */
final class BatchDescriptor {

    static final int HEADER_BYTES = 64;
    static final int ALIGNMENT = 8;

    /** Longest payload. */
    static final int PAYLOAD_BYTES_MAX = 4 << 20;

    /** "MRWB": a batch of records. */
    static final int MAGIC_DATA = 0x4257524d;
    /** "MRWR": the seal of a full segment; the next one exists. */
    static final int MAGIC_SEAL_ROLLED = 0x5257524d;
    /** "MRWC": the seal of a clean stop. */
    static final int MAGIC_SEAL_CLEAN = 0x4357524d;
    /** "MRWX": the seal that recovery put where it cut; the next segment exists. */
    static final int MAGIC_SEAL_CUT = 0x5857524d;

    static final int CRC = 4;
    static final int PAYLOAD_LENGTH = 8;
    static final int RECORDS = 12;
    static final int LSN = 16;
    static final int SYNCED_SEGMENT = 24;
    static final int HEADER_CRC = 28;
    static final int SYNCED_OFFSET = 32;
    static final int TIME_MS = 40;
    static final int RING_END = 48;
    static final int VERSION_MAX = 56;

    private BatchDescriptor() {}

    static boolean isMagic(int magic) {
        return magic == MAGIC_DATA || isSeal(magic);
    }

    static boolean isSeal(int magic) {
        return magic == MAGIC_SEAL_ROLLED || magic == MAGIC_SEAL_CLEAN || magic == MAGIC_SEAL_CUT;
    }

    static String name(int magic) {
        return switch (magic) {
            case MAGIC_DATA -> "data";
            case MAGIC_SEAL_ROLLED -> "seal (segment full)";
            case MAGIC_SEAL_CLEAN -> "seal (clean stop)";
            case MAGIC_SEAL_CUT -> "seal (tail cut)";
            default -> "0x" + Integer.toHexString(magic);
        };
    }

    /** Checksum of a header alone (positions 0 to 64 of {@code header}), whose position does not move. */
    static int headerChecksum(CRC32C crc, long seed, ByteBuffer header) {
        begin(crc, seed, header);
        update(crc, header, PAYLOAD_LENGTH, HEADER_CRC);
        update(crc, header, SYNCED_OFFSET, HEADER_BYTES);
        return (int) crc.getValue();
    }

    /** Checksum of a header, its own checksum included, and its payload; neither buffer's position moves. */
    static int checksum(CRC32C crc, long seed, ByteBuffer header, ByteBuffer payload) {
        begin(crc, seed, header);
        update(crc, header, PAYLOAD_LENGTH, HEADER_BYTES);
        update(crc, payload, payload.position(), payload.limit());
        return (int) crc.getValue();
    }

    private static void begin(CRC32C crc, long seed, ByteBuffer header) {
        crc.reset();
        for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
            crc.update((int) (seed >>> shift));
        }
        update(crc, header, 0, CRC);
    }

    private static void update(CRC32C crc, ByteBuffer bytes, int from, int to) {
        int position = bytes.position();
        int limit = bytes.limit();
        crc.update(bytes.limit(to).position(from));
        bytes.limit(limit).position(position);
    }
}

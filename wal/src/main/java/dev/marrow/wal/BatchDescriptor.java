package dev.marrow.wal;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * A batch: what one write put into a segment. Little-endian, starts at a multiple of eight.
 *
 * <pre>
 *   0       4        8                12        16    24               32              40        48         56            64
 *   | magic | crc32c | payload_length | records | lsn | synced_segment | synced_offset | time_ms | ring_end | version_max | payload …
 * </pre>
 *
 * The payload is the ring's bytes as they were: ring record headers included, discarded records too. The checksum covers the file's
 * seed, the magic, everything from payload_length on, and the payload. It is one per batch, not one per record, because a batch is
 * the unit of sync and so of trust.
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

    /** Checksum of a header (positions 0 to 64 of {@code header}) and its payload; neither buffer's position moves. */
    static int checksum(CRC32C crc, long seed, ByteBuffer header, ByteBuffer payload) {
        crc.reset();
        for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
            crc.update((int) (seed >>> shift));
        }
        int position = header.position();
        crc.update(header.limit(CRC).position(0));
        crc.update(header.limit(HEADER_BYTES).position(PAYLOAD_LENGTH));
        header.position(position);
        int payloadPosition = payload.position();
        crc.update(payload);
        payload.position(payloadPosition);
        return (int) crc.getValue();
    }
}

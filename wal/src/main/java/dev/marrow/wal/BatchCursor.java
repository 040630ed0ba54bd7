package dev.marrow.wal;

import static dev.marrow.wal.BatchDescriptor.ALIGNMENT;
import static dev.marrow.wal.BatchDescriptor.HEADER_BYTES;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/** Reads the batches of one mapped segment. Holds the fields of the batch that {@link #read} found valid last. */
final class BatchCursor {

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final MemorySegment file;
    private final SegmentDescriptor segment;
    private final CRC32C crc = new CRC32C();

    int magic;
    int payloadLength;
    int records;
    long lsn;
    long syncedSegment;
    long syncedOffset;
    long timeMillis;
    long ringEnd;
    long versionMax;
    /** File offset behind the batch. */
    long end;
    /** After a refusal: what should have been there, and what was. */
    String expected = "";
    String actual = "";

    BatchCursor(MemorySegment file, SegmentDescriptor segment) {
        this.file = file;
        this.segment = segment;
    }

    /** Whether a whole batch of this file starts at {@code offset}; {@code verify} says whether its checksum is looked at as well. */
    boolean read(long offset, boolean verify) {
        if (offset + HEADER_BYTES > file.byteSize()) {
            return refuse("a batch header", "end of file at " + file.byteSize());
        }
        magic = file.get(INT, offset);
        if (!BatchDescriptor.isMagic(magic)) {
            return refuse("batch magic", magic == 0 ? "zeros" : "0x" + Integer.toHexString(magic));
        }
        long room = file.byteSize() - offset - HEADER_BYTES;
        payloadLength = file.get(INT, offset + BatchDescriptor.PAYLOAD_LENGTH);
        long bound = BatchDescriptor.isSeal(magic) ? 0 : Math.min(room, BatchDescriptor.PAYLOAD_BYTES_MAX);
        if (payloadLength < 0 || payloadLength > bound || payloadLength % ALIGNMENT != 0) {
            return refuse("payload length 0 to " + bound, Integer.toUnsignedString(payloadLength));
        }
        end = offset + HEADER_BYTES + payloadLength;
        records = file.get(INT, offset + BatchDescriptor.RECORDS);
        lsn = file.get(LONG, offset + BatchDescriptor.LSN);
        syncedSegment = Integer.toUnsignedLong(file.get(INT, offset + BatchDescriptor.SYNCED_SEGMENT));
        syncedOffset = file.get(LONG, offset + BatchDescriptor.SYNCED_OFFSET);
        timeMillis = file.get(LONG, offset + BatchDescriptor.TIME_MS);
        ringEnd = file.get(LONG, offset + BatchDescriptor.RING_END);
        versionMax = file.get(LONG, offset + BatchDescriptor.VERSION_MAX);
        return !verify || (headerHolds(offset) && payloadHolds(offset));
    }

    /** As {@link #read}, for a batch whose payload somebody else looks at. */
    boolean readHeader(long offset) {
        return read(offset, false) && headerHolds(offset);
    }

    private boolean headerHolds(long offset) {
        return same(BatchDescriptor.headerChecksum(crc, segment.seed(), header(offset)), file.get(INT, offset + BatchDescriptor.HEADER_CRC),
                "header crc32c");
    }

    private boolean payloadHolds(long offset) {
        ByteBuffer payload = file.asSlice(offset + HEADER_BYTES, payloadLength).asByteBuffer();
        return same(BatchDescriptor.checksum(crc, segment.seed(), header(offset), payload), file.get(INT, offset + BatchDescriptor.CRC),
                "crc32c");
    }

    private ByteBuffer header(long offset) {
        return file.asSlice(offset, HEADER_BYTES).asByteBuffer();
    }

    private boolean same(int computed, int stored, String what) {
        return stored == computed || refuse(what + " 0x" + Integer.toHexString(computed), "0x" + Integer.toHexString(stored));
    }

    boolean isSeal() {
        return BatchDescriptor.isSeal(magic);
    }

    /** Offset behind the file's last byte that is not zero, but at least {@code from}. */
    long dataEnd(long from) {
        long offset = file.byteSize();
        while (offset - Long.BYTES >= from && file.get(LONG, offset - Long.BYTES) == 0) {
            offset -= Long.BYTES;
        }
        while (offset > from && file.get(ValueLayout.JAVA_BYTE, offset - 1) == 0) {
            offset--;
        }
        return Math.max(offset, from);
    }

    /** First aligned offset of a valid batch at or behind {@code from}, -1 when there is none before {@code limit}. */
    long find(long from, long limit) {
        return find(from, limit, true);
    }

    /** As {@link #find}, for a batch whose header is valid whatever its payload: its claim is true all the same. */
    long findHeader(long from, long limit) {
        return find(from, limit, false);
    }

    private long find(long from, long limit, boolean whole) {
        for (long offset = from; offset + HEADER_BYTES <= limit; offset += ALIGNMENT) {
            if (BatchDescriptor.isMagic(file.get(INT, offset)) && readHeader(offset)
                    && (!whole || payloadHolds(offset))) {
                return offset;
            }
        }
        return -1;
    }

    private boolean refuse(String wanted, String found) {
        expected = wanted;
        actual = found;
        return false;
    }
}

package dev.marrow.bpf;

import java.lang.foreign.MemorySegment;

/**
 * The redo ring as its one consumer sees it. Positions are bytes since the ring was made; they never wrap.
 *
 * <p>A record in the ring is an eight-byte header (little-endian: {@code u32} payload length with bit 31 set while the
 * producer is busy and bit 30 set when the record was discarded; {@code u32} kernel-private) and the payload, padded to
 * eight bytes. The payload of a record that counts is a redo record (see {@link Abi}, {@code struct record} from
 * {@code version} on).
 *
 * <p>Not thread-safe: one consumer.
 */
public interface RedoRing {

    /** Bytes of a ring record's header. */
    int HEADER_BYTES = 8;

    int BUSY_BIT = 1 << 31;

    int DISCARD_BIT = 1 << 30;

    /** Size of the data area in bytes, a power of two. */
    long capacity();

    /** Position up to which the consumer gave space back; survives the consumer's death with the pinned ring. */
    long consumerPosition();

    /** Position up to which producers have reserved. */
    long producerPosition();

    /**
     * End of the unbroken run of finished (submitted or discarded) records that starts at {@code from}, at most
     * {@code bytesMax} long unless the first record alone is longer; {@code from} itself when the first record is not there or still busy.
     */
    long finishedEnd(long from, long bytesMax);

    /** The ring's bytes from {@code from} to {@code to}, record headers included, without a copy; valid until released. */
    MemorySegment bytes(long from, long to);

    /** Gives everything below {@code position} back to the producers. */
    void release(long position);
}

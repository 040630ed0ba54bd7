package dev.marrow.wal;

import dev.marrow.bpf.HashSeed;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;
import java.util.zip.CRC32C;

/**
 * {@code MANIFEST}: what a data directory consists of. Little-endian.
 *
 * <pre>
 *   0       8         12  16         32          48           56          64           72         76  80             88
 *   | magic | version | 0 | instance | hash_seed | checkpoint | tables_id | base_first | segments | 0 | base_records | base_bytes …
 *   96            104       112           120             128       136           140
 *   … log_segment | log_lsn | version_max | flush_version | time_ms | duration_ms | crc32c |
 * </pre>
 *
 * It is replaced as a whole: written beside, synced, renamed, the directory synced. Whatever it does not name is no part of the store.
 *
 * @param instance      of the data directory, 16 bytes
 * @param hashSeed      that the directory's tables are made with
 * @param checkpoint    number of the last checkpoint, 0 before the first
 * @param tablesId      of the kernel's tables that were filled from the directory last, 0 for none: older tables are stale
 * @param base          what the checkpoint wrote
 * @param logSegment    first segment of the log behind it
 * @param logLsn        number of the first batch in that segment
 * @param versionMax    no version given before that batch is higher (I4)
 * @param flushVersion  records of a lower version were flushed before that batch, 0 for none
 * @param timeMillis    Unix time of the checkpoint, 0 before the first
 * @param durationMillis how long it took
 */
public record Manifest(byte[] instance, HashSeed hashSeed, long checkpoint, long tablesId, BaseFiles base, long logSegment, long logLsn, long versionMax,
        long flushVersion, long timeMillis, int durationMillis) {

    static final String FILE_NAME = "MANIFEST";
    private static final String TEMPORARY_NAME = FILE_NAME + LogDirectory.TEMPORARY_SUFFIX;
    private static final int BYTES = 144;
    private static final int CRC_OFFSET = BYTES - 4;
    private static final int FORMAT_VERSION = 1;
    /** "MARROWMF" in the file. */
    private static final long MAGIC = 0x464d574f5252414dL;

    /** Of a directory without a checkpoint: the log begins with its first segment. */
    static Manifest fresh(byte[] instance) {
        return new Manifest(instance, HashSeed.random(), 0, 0, BaseFiles.NONE, 1, 1, 0, 0, 0, 0);
    }

    /** The same store in other tables. */
    Manifest withTables(long id) {
        return new Manifest(instance, hashSeed, checkpoint, id, base, logSegment, logLsn, versionMax, flushVersion, timeMillis, durationMillis);
    }

    /** Makes this the directory's manifest, durably: there is the one before or this one. */
    void write(Path directory, Storage storage) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(MAGIC).putInt(FORMAT_VERSION).putInt(0).put(instance).putLong(hashSeed.low()).putLong(hashSeed.high());
        bytes.putLong(checkpoint).putLong(tablesId);
        bytes.putLong(base.firstSegment()).putInt(base.segments()).putInt(0).putLong(base.records()).putLong(base.bytes());
        bytes.putLong(logSegment).putLong(logLsn).putLong(versionMax).putLong(flushVersion).putLong(timeMillis).putInt(durationMillis);
        bytes.putInt(checksum(bytes.array())).flip();
        Path temporary = directory.resolve(TEMPORARY_NAME);
        if (storage.exists(temporary)) {
            storage.delete(temporary);
        }
        try (StorageFile file = storage.create(temporary)) {
            file.write(new ByteBuffer[] {bytes}, 0);
            file.force();
        }
        storage.rename(temporary, directory.resolve(FILE_NAME));
        storage.syncDirectory(directory);
    }

    /**
     * @param instance whose it must be
     * @throws LogDamagedException when it is not what was written, is another directory's, or is missing
     */
    static Manifest read(Path directory, Storage storage, byte[] instance) throws IOException {
        Path path = directory.resolve(FILE_NAME);
        check(storage.exists(path), path, 0, "the manifest", "nothing");
        try (StorageFile file = storage.openReadOnly(path)) {
            check(file.size() == BYTES, path, 0, BYTES + " bytes", file.size() + " bytes");
            byte[] content = file.read(BYTES);
            ByteBuffer bytes = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
            check(bytes.getLong(0) == MAGIC, path, 0, "0x" + Long.toHexString(MAGIC), "0x" + Long.toHexString(bytes.getLong(0)));
            check(bytes.getInt(CRC_OFFSET) == checksum(content), path, CRC_OFFSET, "crc32c 0x" + Integer.toHexString(checksum(content)),
                    "0x" + Integer.toHexString(bytes.getInt(CRC_OFFSET)));
            int version = bytes.getInt(8);
            if (version > FORMAT_VERSION) {
                throw new LogTooNewException(path, version, FORMAT_VERSION);
            }
            if (version < FORMAT_VERSION) {
                throw new LogTooOldException(path, version, FORMAT_VERSION);
            }
            byte[] owner = Arrays.copyOfRange(content, 16, 32);
            check(Arrays.equals(owner, instance), path, 16, "instance " + HexFormat.of().formatHex(instance), HexFormat.of().formatHex(owner));
            HashSeed seed = new HashSeed(bytes.getLong(32), bytes.getLong(40));
            BaseFiles base = new BaseFiles(bytes.getLong(64), bytes.getInt(72), bytes.getLong(80), bytes.getLong(88));
            return new Manifest(owner, seed, bytes.getLong(48), bytes.getLong(56), base, bytes.getLong(96), bytes.getLong(104), bytes.getLong(112),
                    bytes.getLong(120), bytes.getLong(128), bytes.getInt(136));
        }
    }

    private static void check(boolean holds, Path path, long offset, String expected, String actual) throws LogDamagedException {
        if (!holds) {
            throw new LogDamagedException(path, offset, expected, actual);
        }
    }

    private static int checksum(byte[] content) {
        CRC32C crc = new CRC32C();
        crc.update(content, 0, CRC_OFFSET);
        return (int) crc.getValue();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Manifest that && Arrays.equals(instance, that.instance) && hashSeed.equals(that.hashSeed) && checkpoint == that.checkpoint
                && tablesId == that.tablesId && base.equals(that.base) && logSegment == that.logSegment && logLsn == that.logLsn
                && versionMax == that.versionMax && flushVersion == that.flushVersion && timeMillis == that.timeMillis
                && durationMillis == that.durationMillis;
    }

    @Override
    public int hashCode() {
        return Objects.hash(checkpoint, tablesId, logSegment);
    }
}

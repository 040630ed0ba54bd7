package dev.marrow.wal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * {@code marrow.id}: who a data directory is. Little-endian.
 *
 * <pre>
 *   0       8         12     16            32       36
 *   | magic | version | 0    | instance    | crc32c |
 * </pre>
 */
final class InstanceFile {

    static final String FILE_NAME = "marrow.id";
    private static final String TEMPORARY_NAME = FILE_NAME + ".tmp";
    private static final int BYTES = 36;
    private static final int CRC_OFFSET = 32;
    private static final int FORMAT_VERSION = 1;
    /** "MARROWID" in the file. */
    private static final long MAGIC = 0x4449574f5252414dL;

    private InstanceFile() {}

    static boolean exists(Path directory, Storage storage) throws IOException {
        return storage.exists(directory.resolve(FILE_NAME));
    }

    static byte[] random() {
        byte[] instance = new byte[SegmentDescriptor.INSTANCE_BYTES];
        new SecureRandom().nextBytes(instance);
        return instance;
    }

    /** Write, sync, rename, sync directory: there is a whole one or none. */
    static void create(Path directory, Storage storage, byte[] instance) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(MAGIC).putInt(FORMAT_VERSION).putInt(0).put(instance).putInt(checksum(bytes.array())).flip();
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

    static byte[] read(Path directory, Storage storage) throws IOException {
        Path path = directory.resolve(FILE_NAME);
        try (StorageFile file = storage.openReadOnly(path)) {
            if (file.size() != BYTES) {
                throw new LogDamagedException(path, 0, BYTES + " bytes", file.size() + " bytes");
            }
            byte[] content = file.read(BYTES);
            ByteBuffer bytes = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
            if (bytes.getLong(0) != MAGIC) {
                throw new LogDamagedException(path, 0, Long.toHexString(MAGIC), Long.toHexString(bytes.getLong(0)));
            }
            if (bytes.getInt(CRC_OFFSET) != checksum(content)) {
                throw new LogDamagedException(path, CRC_OFFSET, "crc32c " + Integer.toHexString(checksum(content)),
                        Integer.toHexString(bytes.getInt(CRC_OFFSET)));
            }
            int version = bytes.getInt(8);
            if (version > FORMAT_VERSION) {
                throw new LogTooNewException(path, version, FORMAT_VERSION);
            }
            if (version < FORMAT_VERSION) {
                throw new LogTooOldException(path, version, FORMAT_VERSION);
            }
            return Arrays.copyOfRange(content, 16, 16 + SegmentDescriptor.INSTANCE_BYTES);
        }
    }

    private static int checksum(byte[] content) {
        CRC32C crc = new CRC32C();
        crc.update(content, 0, CRC_OFFSET);
        return (int) crc.getValue();
    }
}

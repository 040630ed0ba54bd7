package dev.marrow.engine.transfer;

import dev.marrow.bpf.Abi;
import dev.marrow.bpf.RedoRing;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Ring records for an {@link ExportWriter}, as a table scan or a log has them. */
public final class Records {

    /** @param type one of Abi.REDO_… */
    public record Given(int type, long version, long expireMillis, byte[] key, byte[] value) {}

    private Records() {}

    /** PUT records with keys and values of random bytes and lengths, the smallest and largest among them. */
    public static List<Given> random(Random random, int count, long expireMillis) {
        List<Given> records = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] key = bytes(random, i == 0 ? 4 : i == 1 ? Abi.KEY_BYTES_MAX : 4 + random.nextInt(60));
            ByteBuffer.wrap(key).putInt(i); // no key twice
            byte[] value = bytes(random, i == 0 ? 0 : i == 1 ? Abi.VALUE_BYTES_MAX : random.nextInt(300));
            records.add(new Given(Abi.REDO_PUT, i + 1, random.nextBoolean() ? 0 : expireMillis + i, key, value));
        }
        return records;
    }

    /** Half of them text of every kind, half of them any bytes. */
    private static byte[] bytes(Random random, int length) {
        byte[] bytes = new byte[length];
        if (random.nextBoolean()) {
            random.nextBytes(bytes);
            return bytes;
        }
        StringBuilder text = new StringBuilder();
        while (text.length() < length) {
            text.appendCodePoint(random.nextBoolean() ? random.nextInt(128) : 0x1F300 + random.nextInt(256));
        }
        byte[] encoded = text.toString().getBytes(StandardCharsets.UTF_8);
        System.arraycopy(encoded, 0, bytes, 0, length);
        return bytes;
    }

    static byte[] ring(List<Given> records) {
        ByteArrayOutputStream ring = new ByteArrayOutputStream();
        for (Given record : records) {
            int length = Abi.REDO_HEADER_BYTES + record.key.length + record.value.length;
            ByteBuffer bytes = ByteBuffer.allocate(RedoRing.HEADER_BYTES + (length + 7 & ~7)).order(ByteOrder.LITTLE_ENDIAN);
            bytes.putInt(length).putInt(0).putLong(record.version).putLong(record.expireMillis).putInt(record.value.length);
            bytes.putShort((short) record.key.length).put((byte) record.type).put((byte) 0).put(record.key).put(record.value);
            ring.writeBytes(bytes.array());
        }
        return ring.toByteArray();
    }

    public static byte[] export(List<Given> records, boolean json, long nowMillis) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ExportWriter writer = json ? ExportWriter.json(out, "test", nowMillis) : ExportWriter.resp(out, nowMillis);
        byte[] ring = ring(records);
        writer.records(MemorySegment.ofArray(ring), 0, ring.length);
        writer.finish();
        return out.toByteArray();
    }
}

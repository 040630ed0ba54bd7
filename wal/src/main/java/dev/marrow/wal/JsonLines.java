package dev.marrow.wal;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;

/**
 * Writes JSON objects, one a line. Bytes that are valid UTF-8 become a string; others become base64 in a field of their own name
 * ({@value #BASE64_SUFFIX} appended), so that nothing is lost and no string has two meanings. Not thread-safe.
 */
public final class JsonLines {

    /** What the name of a field ends in when its bytes are not valid UTF-8. */
    public static final String BASE64_SUFFIX = "_base64";

    private static final JsonFactory FACTORY = new JsonFactoryBuilder().rootValueSeparator("").build();

    private final OutputStream out;
    private final JsonGenerator json;
    private final CharsetDecoder utf8 = StandardCharsets.UTF_8.newDecoder();

    /** Fills in the fields of one object. */
    @FunctionalInterface
    public interface Fields {
        void write(JsonGenerator json) throws IOException;
    }

    /** @param out is neither flushed nor closed, except by {@link #flush} */
    public JsonLines(OutputStream out) throws IOException {
        this.out = out;
        this.json = FACTORY.createGenerator(out, JsonEncoding.UTF8).disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
    }

    public void line(Fields fields) throws IOException {
        json.writeStartObject();
        fields.write(json);
        json.writeEndObject();
        json.writeRaw('\n');
    }

    /** Writes a field of bytes into the object that is being written. */
    public void bytes(String name, byte[] content) throws IOException {
        try {
            // Decoding is strict: malformed, overlong and surrogate sequences are refused.
            json.writeStringField(name, utf8.decode(ByteBuffer.wrap(content)).toString());
        } catch (CharacterCodingException binary) {
            json.writeBinaryField(name + BASE64_SUFFIX, content);
        }
    }

    public void flush() throws IOException {
        json.flush();
        out.flush();
    }
}

package dev.marrow.engine.transfer;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import dev.marrow.bpf.Abi;
import dev.marrow.wal.JsonLines;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;

/** Reads one line of the export format, strictly: what it does not know, or cannot store as it is, it refuses. */
final class ExportLineParser {

    /** Depth and lengths are known, so whatever goes beyond them is refused before it costs anything. */
    private static final JsonFactory FACTORY = new JsonFactoryBuilder()
            .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(1).maxStringLength(ExportFields.LINE_BYTES_MAX).build())
            .build();

    private ExportLineParser() {}

    /** @throws MalformedInputException with what is wrong with this line */
    static ExportLine parse(byte[] line) throws MalformedInputException {
        Map<String, Object> fields = fields(line);
        if (fields.containsKey(ExportFields.HEADER)) {
            return header(fields);
        }
        ExportLine parsed = fields.containsKey(ExportFields.END) ? end(fields)
                : fields.containsKey(ExportFields.MORE) ? more(fields) : entry(fields);
        if (!fields.isEmpty()) {
            throw MalformedInputException.here("unknown field " + fields.keySet().iterator().next());
        }
        return parsed;
    }

    /** Strings as String, numbers as Long, true and false as Boolean, fields of base64 as byte[] under their name without the suffix. */
    private static Map<String, Object> fields(byte[] line) throws MalformedInputException {
        // Decoded first, because the JSON parser takes some sequences that are not valid UTF-8 for what they are not.
        try (JsonParser json = FACTORY.createParser(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(line)).toString())) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw MalformedInputException.here("no JSON object");
            }
            Map<String, Object> fields = new HashMap<>();
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                boolean base64 = name.endsWith(JsonLines.BASE64_SUFFIX);
                Object value = value(json, name, base64);
                String plain = base64 ? name.substring(0, name.length() - JsonLines.BASE64_SUFFIX.length()) : name;
                if (fields.put(plain, value) != null) {
                    throw MalformedInputException.here("field " + plain + " twice");
                }
            }
            if (json.nextToken() != null) {
                throw MalformedInputException.here("something behind the JSON object");
            }
            return fields;
        } catch (CharacterCodingException malformed) {
            throw MalformedInputException.here("not valid UTF-8");
        } catch (JsonProcessingException malformed) {
            throw MalformedInputException.here("not valid JSON: " + malformed.getOriginalMessage());
        } catch (IOException impossible) {
            throw new IllegalStateException("a string that cannot be read", impossible);
        }
    }

    private static Object value(JsonParser json, String name, boolean base64) throws IOException, MalformedInputException {
        JsonToken token = json.nextToken();
        if (base64 && token == JsonToken.VALUE_STRING) {
            return base64(json.getText(), name);
        }
        return switch (token) {
            case VALUE_STRING -> json.getText();
            case VALUE_NUMBER_INT -> json.getLongValue();
            case VALUE_TRUE, VALUE_FALSE -> json.getBooleanValue();
            default -> throw MalformedInputException.here("field " + name + " is no string, whole number, true or false");
        };
    }

    private static byte[] base64(String text, String name) throws MalformedInputException {
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException malformed) {
            throw MalformedInputException.here("field " + name + " is not base64");
        }
    }

    /** Further fields of a header are for people. */
    private static ExportLine header(Map<String, Object> fields) throws MalformedInputException {
        long version = number(fields, ExportFields.HEADER);
        if (version != ExportFields.FORMAT_VERSION) {
            throw MalformedInputException.fromHereOn(
                    "export format " + version + "; this release reads format " + ExportFields.FORMAT_VERSION);
        }
        return new ExportLine.Header();
    }

    private static ExportLine end(Map<String, Object> fields) throws MalformedInputException {
        if (!Boolean.TRUE.equals(fields.remove(ExportFields.END))) {
            throw MalformedInputException.here("field " + ExportFields.END + " is not true");
        }
        return new ExportLine.End(number(fields, ExportFields.RECORDS));
    }

    private static ExportLine entry(Map<String, Object> fields) throws MalformedInputException {
        byte[] key = bytes(fields, ExportFields.KEY);
        byte[] value = bytes(fields, ExportFields.VALUE);
        long length = fields.containsKey(ExportFields.LENGTH) ? number(fields, ExportFields.LENGTH) : value.length;
        long expireMillis = fields.containsKey(ExportFields.EXPIRE_MILLIS) ? number(fields, ExportFields.EXPIRE_MILLIS) : 0;
        if (fields.containsKey(ExportFields.VERSION)) {
            number(fields, ExportFields.VERSION);
        }
        if (key.length == 0 || key.length > Abi.KEY_BYTES_MAX) {
            throw MalformedInputException.here("key is " + key.length + " bytes; keys are 1 to " + Abi.KEY_BYTES_MAX + " bytes");
        }
        if (value.length > Abi.VALUE_BYTES_MAX) {
            throw MalformedInputException.here("value is " + value.length + " bytes; a line has at most " + Abi.VALUE_BYTES_MAX + " of them");
        }
        if (length < value.length || length > ExportFields.LENGTH_MAX) {
            throw MalformedInputException.here("field " + ExportFields.LENGTH + " is " + length + "; with this value it is " + value.length + " to "
                    + ExportFields.LENGTH_MAX);
        }
        return new ExportLine.Entry(key, value, length, expireMillis);
    }

    private static ExportLine more(Map<String, Object> fields) throws MalformedInputException {
        byte[] piece = bytes(fields, ExportFields.MORE);
        if (piece.length == 0 || piece.length > Abi.VALUE_BYTES_MAX) {
            throw MalformedInputException.here("piece is " + piece.length + " bytes; pieces are 1 to " + Abi.VALUE_BYTES_MAX + " bytes");
        }
        return new ExportLine.More(piece);
    }

    private static long number(Map<String, Object> fields, String name) throws MalformedInputException {
        if (fields.remove(name) instanceof Long number && number >= 0) {
            return number;
        }
        throw MalformedInputException.here("field " + name + " is no number from 0 on");
    }

    private static byte[] bytes(Map<String, Object> fields, String name) throws MalformedInputException {
        return switch (fields.remove(name)) {
            case byte[] binary -> binary;
            case String text -> encode(text, name);
            case null, default -> throw MalformedInputException.here("field " + name + " is missing or no string");
        };
    }

    /** Strictly: half a surrogate pair is no text, and would become a question mark. */
    private static byte[] encode(String text, String name) throws MalformedInputException {
        try {
            ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
            return Arrays.copyOf(bytes.array(), bytes.limit());
        } catch (CharacterCodingException malformed) {
            throw MalformedInputException.here("field " + name + " has half of a surrogate pair");
        }
    }
}

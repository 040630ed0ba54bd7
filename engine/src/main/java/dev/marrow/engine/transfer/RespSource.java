package dev.marrow.engine.transfer;

import dev.marrow.engine.resp.ParseResult;
import dev.marrow.engine.resp.RequestParser;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Reads what {@code redis-cli --pipe} takes: commands as arrays of bulk strings, or inline, a line each. */
final class RespSource implements ImportSource {

    private static final int BUFFER_BYTES = 1 << 16;
    private static final long COMMAND_BYTES_MAX = 64L << 20;
    /** Replies are told from each other by their number, so each command must have just one. */
    private static final Set<String> WITHOUT_ONE_REPLY = Set.of("SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE",
            "SUNSUBSCRIBE", "MONITOR", "SYNC", "PSYNC", "CLIENT REPLY");

    private final InputStream in;
    private final RequestParser parser = new RequestParser(COMMAND_BYTES_MAX);
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES).limit(0);
    private long position;
    private long next;

    RespSource(InputStream in) {
        this.in = in;
    }

    @Override
    public Optional<ImportRecord> next() throws IOException, MalformedInputException {
        position = next;
        while (buffer.hasRemaining() || fill()) {
            switch (parser.parse(buffer, true)) {
                case ParseResult.Incomplete more -> { }
                case ParseResult.Complete complete -> {
                    next += complete.bytes();
                    if (!complete.arguments().isEmpty()) {
                        return Optional.of(record(complete.arguments()));
                    }
                    position = next;
                }
                case ParseResult.Oversized oversized -> {
                    next += oversized.bytes();
                    throw MalformedInputException.here("argument " + oversized.index() + " is " + oversized.length()
                            + " bytes; the limit is " + RequestParser.BULK_BYTES_MAX);
                }
                case ParseResult.Blocked impossible -> throw new IllegalStateException("no argument goes elsewhere");
                case ParseResult.ProtocolError error -> throw MalformedInputException.fromHereOn(error.message());
                case ParseResult.QueryBufferFull full ->
                    throw MalformedInputException.fromHereOn("a command of more than " + full.limit() + " bytes");
            }
        }
        if (!parser.idle()) {
            throw MalformedInputException.fromHereOn("the input was cut off within a command; what is before it was imported");
        }
        return Optional.empty();
    }

    private boolean fill() throws IOException {
        int count = in.read(buffer.array());
        buffer.position(0).limit(Math.max(count, 0));
        return count > 0;
    }

    private ImportRecord record(List<byte[]> arguments) throws MalformedInputException {
        String name = word(arguments.getFirst());
        String two = arguments.size() > 1 ? name + " " + word(arguments.get(1)) : name;
        for (String command : List.of(name, two)) {
            if (WITHOUT_ONE_REPLY.contains(command)) {
                throw MalformedInputException.here(command + " is not answered by one reply, so it cannot be imported");
            }
        }
        return new ImportRecord(RequestParser.encode(arguments), position);
    }

    /** For comparison: no command's name is longer. */
    private static String word(byte[] argument) {
        return argument.length > 16 ? "" : new String(argument, StandardCharsets.ISO_8859_1).toUpperCase(Locale.ROOT);
    }

    @Override
    public long position() {
        return position;
    }

    @Override
    public String unit() {
        return "offset";
    }
}

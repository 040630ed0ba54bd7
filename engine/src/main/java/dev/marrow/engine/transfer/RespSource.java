package dev.marrow.engine.transfer;

import dev.marrow.engine.resp.LargeArgument;
import dev.marrow.engine.resp.LargeArguments;
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
import java.util.stream.Stream;

/**
 * Reads what {@code redis-cli --pipe} takes: commands as arrays of bulk strings, or inline, a line each. A command with arguments that are too long
 * for the heap is given in parts, as it is read.
 */
final class RespSource implements ImportSource {

    private static final int BUFFER_BYTES = 1 << 16;
    private static final long COMMAND_BYTES_MAX = 64L << 20;
    /** Replies are told from each other by their number, so each command must have just one. */
    private static final Set<String> WITHOUT_ONE_REPLY = Set.of("SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE",
            "SUNSUBSCRIBE", "MONITOR", "SYNC", "PSYNC", "CLIENT REPLY");

    private final InputStream in;
    private final Passing passing = new Passing();
    private final RequestParser parser = new RequestParser(COMMAND_BYTES_MAX, passing);
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
                case ParseResult.Incomplete more -> {
                    if (passing.hasPart()) {
                        return Optional.of(passing.part(position));
                    }
                }
                case ParseResult.Complete complete -> {
                    next += complete.bytes();
                    if (passing.hasBegun()) {
                        return Optional.of(passing.lastPart(complete.arguments(), position));
                    }
                    if (!complete.arguments().isEmpty()) {
                        return Optional.of(record(complete.arguments()));
                    }
                    position = next;
                }
                case ParseResult.Oversized oversized -> {
                    next += oversized.bytes();
                    throw MalformedInputException.here(oversized.refusal().orElseGet(() -> "argument " + oversized.index() + " is "
                            + oversized.length() + " bytes; a command's name has at most " + RequestParser.BULK_BYTES_MAX));
                }
                case ParseResult.Blocked impossible -> throw new IllegalStateException("an argument goes on at once");
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
        Optional<String> refusal = refusal(arguments);
        if (refusal.isPresent()) {
            throw MalformedInputException.here(refusal.get());
        }
        return ImportRecord.whole(RequestParser.encode(arguments), position);
    }

    private static Optional<String> refusal(List<byte[]> arguments) {
        String name = word(arguments.getFirst());
        String two = arguments.size() > 1 ? name + " " + word(arguments.get(1)) : name;
        return Stream.of(name, two).filter(WITHOUT_ONE_REPLY::contains).findFirst()
                .map(command -> command + " is not answered by one reply, so it cannot be imported");
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

    /** Makes parts of a command from the first large argument on: as much as has come when a buffer has been read. */
    private static final class Passing implements LargeArguments {
        private final CommandBytes bytes = new CommandBytes();
        private boolean begun;
        private boolean first;
        /** Arguments that are in the parts so far, the one that is coming in among them. */
        private int passed;

        @Override
        public Optional<LargeArgument> begin(List<byte[]> before, int index, long length, int count) {
            Optional<String> refusal = begun ? Optional.empty() : refusal(before);
            if (refusal.isPresent()) {
                throw new LargeArgument.NoRoomException(refusal.get());
            }
            if (begun) {
                bytes.endArgument();
            } else {
                begun = true;
                first = true;
                passed = 0;
                bytes.count(count);
            }
            before.subList(passed, index).forEach(bytes::argument);
            bytes.beginArgument(length);
            passed = index + 1;
            return Optional.of(new Passed(bytes, length));
        }

        /** Whatever a server may take: it is the one to refuse it. */
        @Override
        public long bytesMax() {
            return ExportFields.LENGTH_MAX;
        }

        boolean hasBegun() {
            return begun;
        }

        boolean hasPart() {
            return !bytes.isEmpty();
        }

        ImportRecord part(long position) {
            ImportRecord part = new ImportRecord(bytes.take(), position, first, false);
            first = false;
            return part;
        }

        ImportRecord lastPart(List<byte[]> arguments, long position) {
            bytes.endArgument();
            for (int i = passed; i < arguments.size(); i++) {
                bytes.argument(arguments.get(i));
            }
            begun = false;
            return new ImportRecord(bytes.take(), position, first, true);
        }
    }

    /** An argument that is on its way already when it has been read. */
    private record Passed(CommandBytes parts, long length) implements LargeArgument {
        @Override
        public int take(ByteBuffer in, int count) {
            parts.content(in, count);
            return count;
        }

        @Override
        public boolean end() {
            return true;
        }

        @Override
        public byte[] bytes() {
            throw new IllegalStateException("not kept");
        }

        @Override
        public byte[] prefix(int count) {
            throw new IllegalStateException("not kept");
        }

        @Override
        public long bytesHeld() {
            return 0;
        }

        @Override
        public void release() {
            // it is not here any more
        }
    }
}

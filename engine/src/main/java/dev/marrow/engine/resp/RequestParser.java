package dev.marrow.engine.resp;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads one command after another as Redis 7.0 does (networking.c), multi-bulk or inline, from pieces of any size.
 *
 * <p>What has been read is taken out of the buffer and kept here, so a command that arrives byte by byte costs linear
 * work, and the buffer can be given back after each call. Nothing is allocated on the word of a length: memory follows
 * the bytes that came (I10). After anything but {@link ParseResult.Incomplete} the parser stands at the start of the
 * next command; after {@link ParseResult.ProtocolError} and {@link ParseResult.QueryBufferFull} there is no next one.
 *
 * <p>Faithful to a fault: a NUL byte inside a length or an inline line hides the end of the line from Redis, which then
 * waits until the line is too long. So do we. Not thread-safe: one parser a connection.
 */
public final class RequestParser {
    /** Largest argument that is kept here: the table's largest value. */
    public static final int BULK_BYTES_MAX = 65536;
    /** Of an over-long argument this much is kept, enough for the text of any error. */
    public static final int OVERSIZED_PREFIX_BYTES = 128;
    /** Redis's proto-max-bulk-len: beyond it the length itself is a protocol error. */
    public static final long PROTO_BULK_BYTES_MAX = 512L << 20;
    /** Longest inline command, and longest line that announces a length. */
    public static final int LINE_BYTES_MAX = 65536;

    static final int UNAUTHENTICATED_ARGUMENTS_MAX = 10;
    static final int UNAUTHENTICATED_BULK_BYTES_MAX = 16384;
    /** What one argument costs on the heap beside its bytes: array header, padding, reference. */
    static final int ARGUMENT_OVERHEAD_BYTES = 32;

    /** A longer text cannot be a number, so no more of a length line is kept. */
    private static final int NUMBER_BYTES_MAX = 24;
    private static final int BULK_BYTES_FIRST = 512;

    private enum State { START, INLINE, ARGUMENT_COUNT, BULK_LENGTH, BULK, LARGE, LARGE_END, BULK_END }

    private static final ParseResult CONTINUE = new ParseResult.Incomplete(0);
    private static final ParseResult BLOCKED = new ParseResult.Blocked();
    private static final byte[] NOTHING = new byte[0];

    private final long queryBufferLimit;
    private final LargeArguments largeArguments;

    private State state = State.START;
    private long commandBytes;
    private long heldBytes;
    private List<byte[]> arguments = new ArrayList<>(4);
    private int argumentCount;
    private int argumentIndex;

    /** The line being read: its first bytes, its length so far, and what was seen in it. */
    private byte[] line = new byte[NUMBER_BYTES_MAX];
    private int lineLength;
    private boolean lineHidden;
    private boolean lineReturned;

    private byte[] bulk = NOTHING;
    private long bulkLength;
    private long bulkRead;
    private int bulkEndRead;

    private int oversizedIndex = -1;
    private long oversizedLength;
    private Optional<String> refusal = Optional.empty();

    /** Arguments that are kept elsewhere, by place; the one that is coming in is among them. */
    private final Map<Integer, LargeArgument> large = new HashMap<>();

    /**
     * @param queryBufferLimit most bytes that one unfinished command may hold here
     * @param largeArguments   where arguments go that are longer than {@link #BULK_BYTES_MAX}
     */
    public RequestParser(long queryBufferLimit, LargeArguments largeArguments) {
        this.queryBufferLimit = queryBufferLimit;
        this.largeArguments = largeArguments;
    }

    /** Longer arguments are passed over. */
    public RequestParser(long queryBufferLimit) {
        this(queryBufferLimit, LargeArguments.NONE);
    }

    /** True between commands: no byte of an unfinished one is held. */
    public boolean idle() {
        return state == State.START;
    }

    /** Bytes of the heap that the unfinished command holds. */
    public long bytesHeld() {
        return heldBytes + (large.isEmpty() ? 0 : large.values().stream().mapToLong(LargeArgument::bytesHeld).sum());
    }

    /** The connection ends: what an unfinished command has put elsewhere is forgotten. */
    public void abandon() {
        large.values().forEach(LargeArgument::release);
        large.clear();
    }

    /**
     * Reads at most one command, moving the buffer's position over what it took.
     *
     * @param authenticated false applies Redis's tighter limits for clients that have not authenticated
     */
    public ParseResult parse(ByteBuffer in, boolean authenticated) {
        while (in.hasRemaining()) {
            ParseResult result = switch (state) {
                case START -> start(in);
                case INLINE -> inline(in);
                case ARGUMENT_COUNT -> argumentCount(in, authenticated);
                case BULK_LENGTH -> bulkLength(in, authenticated);
                case BULK -> bulk(in);
                case LARGE -> large(in);
                case LARGE_END -> largeEnd();
                case BULK_END -> bulkEnd(in);
            };
            if (result != CONTINUE) {
                return result;
            }
            if (heldBytes > queryBufferLimit) {
                return new ParseResult.QueryBufferFull(heldBytes, queryBufferLimit);
            }
        }
        return new ParseResult.Incomplete(bytesNeeded());
    }

    private ParseResult start(ByteBuffer in) {
        state = in.get(in.position()) == '*' ? State.ARGUMENT_COUNT : State.INLINE;
        return CONTINUE;
    }

    private ParseResult inline(ByteBuffer in) {
        while (in.hasRemaining()) {
            byte b = take(in);
            if (b == '\n' && !lineHidden) {
                return inlineComplete();
            }
            lineHidden |= b == 0;
            if (lineLength == line.length) {
                line = Arrays.copyOf(line, Math.min(line.length * 2, LINE_BYTES_MAX + 1));
                heldBytes = line.length;
            }
            line[lineLength++] = b;
            if (lineLength > LINE_BYTES_MAX) {
                return error("too big inline request");
            }
        }
        return CONTINUE;
    }

    private ParseResult inlineComplete() {
        int end = lineLength > 0 && line[lineLength - 1] == '\r' ? lineLength - 1 : lineLength;
        return InlineArguments.split(line, end)
                .<ParseResult>map(this::complete)
                .orElseGet(() -> error("unbalanced quotes in request"));
    }

    private ParseResult argumentCount(ByteBuffer in, boolean authenticated) {
        if (!lineComplete(in)) {
            return lineLength > LINE_BYTES_MAX ? error("too big mbulk count string") : CONTINUE;
        }
        DecimalNumber number = DecimalNumber.parse(line, 1, lineLength);
        if (!number.valid() || number.value() > Integer.MAX_VALUE) {
            return error("invalid multibulk length");
        }
        if (number.value() > UNAUTHENTICATED_ARGUMENTS_MAX && !authenticated) {
            return error("unauthenticated multibulk length");
        }
        if (number.value() <= 0) {
            return complete(List.of());
        }
        argumentCount = (int) number.value();
        nextLine(State.BULK_LENGTH);
        return CONTINUE;
    }

    private ParseResult bulkLength(ByteBuffer in, boolean authenticated) {
        if (!lineComplete(in)) {
            return lineLength > LINE_BYTES_MAX ? error("too big bulk count string") : CONTINUE;
        }
        byte first = lineLength == 0 ? (byte) '\r' : line[0];
        if (first != '$') {
            char shown = first == '\r' || first == '\n' ? ' ' : (char) (first & 0xff);
            return error("expected '$', got '" + shown + "'");
        }
        DecimalNumber number = DecimalNumber.parse(line, 1, lineLength);
        if (!number.valid() || number.value() < 0 || number.value() > largeArguments.bytesMax()) {
            return error("invalid bulk length");
        }
        if (number.value() > UNAUTHENTICATED_BULK_BYTES_MAX && !authenticated) {
            return error("unauthenticated bulk length");
        }
        startBulk(number.value());
        return CONTINUE;
    }

    private void startBulk(long length) {
        bulkLength = length;
        bulkRead = 0;
        if (length > BULK_BYTES_MAX && oversizedIndex < 0 && !startLarge(length)) {
            oversizedIndex = argumentIndex;
            oversizedLength = length;
        }
        if (large.containsKey(argumentIndex)) {
            state = State.LARGE;
            return;
        }
        bulk = new byte[(int) Math.min(bulkKept(), BULK_BYTES_FIRST)];
        if (!skipping() || argumentIndex == oversizedIndex) {
            heldBytes += ARGUMENT_OVERHEAD_BYTES + bulk.length;
        }
        state = length == 0 ? State.BULK_END : State.BULK;
    }

    private boolean startLarge(long length) {
        try {
            Optional<LargeArgument> taken = argumentIndex == 0 ? Optional.empty()
                    : largeArguments.begin(arguments, argumentIndex, length, argumentCount);
            taken.ifPresent(argument -> large.put(argumentIndex, argument));
            return taken.isPresent();
        } catch (LargeArgument.NoRoomException refused) {
            refusal = Optional.of(refused.getMessage());
            return false;
        }
    }

    private ParseResult large(ByteBuffer in) {
        int count = (int) Math.min(in.remaining(), bulkLength - bulkRead);
        int taken;
        try {
            taken = large.get(argumentIndex).take(in, count);
        } catch (LargeArgument.NoRoomException refused) {
            refuseLarge(refused);
            return CONTINUE;
        }
        commandBytes += taken;
        bulkRead += taken;
        if (taken < count) {
            return BLOCKED;
        }
        if (bulkRead == bulkLength) {
            state = State.LARGE_END;
        }
        return CONTINUE;
    }

    private ParseResult largeEnd() {
        try {
            if (!large.get(argumentIndex).end()) {
                return BLOCKED;
            }
        } catch (LargeArgument.NoRoomException refused) {
            refuseLarge(refused);
            return CONTINUE;
        }
        bulk = NOTHING;
        state = State.BULK_END;
        return CONTINUE;
    }

    /** The rest is passed over like that of any argument which is too long. */
    private void refuseLarge(LargeArgument.NoRoomException refused) {
        abandon();
        refusal = Optional.of(refused.getMessage());
        oversizedIndex = argumentIndex;
        oversizedLength = bulkLength;
        bulk = NOTHING;
        state = bulkRead == bulkLength ? State.BULK_END : State.BULK;
    }

    /** Once one argument is over-long the command will not run: that argument's beginning is kept, later ones are not. */
    private long bulkKept() {
        if (!skipping()) {
            return bulkLength;
        }
        return argumentIndex == oversizedIndex && refusal.isEmpty() ? Math.min(OVERSIZED_PREFIX_BYTES, bulkLength) : 0;
    }

    private boolean skipping() {
        return oversizedIndex >= 0;
    }

    private ParseResult bulk(ByteBuffer in) {
        int count = (int) Math.min(in.remaining(), bulkLength - bulkRead);
        int kept = (int) Math.min(count, Math.max(0, bulkKept() - bulkRead));
        if (kept > 0) {
            int end = (int) bulkRead + kept;
            if (end > bulk.length) {
                int grown = (int) Math.min(bulkKept(), Math.max(end, bulk.length * 2L));
                heldBytes += grown - bulk.length;
                bulk = Arrays.copyOf(bulk, grown);
            }
            in.get(in.position(), bulk, (int) bulkRead, kept);
        }
        in.position(in.position() + count);
        commandBytes += count;
        bulkRead += count;
        if (bulkRead == bulkLength) {
            state = State.BULK_END;
        }
        return CONTINUE;
    }

    /** Redis skips the two bytes behind an argument without looking at them. */
    private ParseResult bulkEnd(ByteBuffer in) {
        take(in);
        if (++bulkEndRead < 2) {
            return CONTINUE;
        }
        bulkEndRead = 0;
        if (!skipping() || argumentIndex == oversizedIndex) {
            arguments.add(bulk);
        }
        bulk = NOTHING;
        if (++argumentIndex < argumentCount) {
            nextLine(State.BULK_LENGTH);
            return CONTINUE;
        }
        return complete(arguments);
    }

    /** Takes bytes up to the end of a length line: CR and whatever byte follows it. */
    private boolean lineComplete(ByteBuffer in) {
        while (in.hasRemaining()) {
            if (lineReturned) {
                take(in);
                return true;
            }
            byte b = take(in);
            if (b == '\r' && !lineHidden) {
                lineReturned = true;
                continue;
            }
            lineHidden |= b == 0;
            if (lineLength < line.length) {
                line[lineLength] = b;
            }
            if (++lineLength > LINE_BYTES_MAX) {
                return false;
            }
        }
        return false;
    }

    private byte take(ByteBuffer in) {
        commandBytes++;
        return in.get();
    }

    private void nextLine(State next) {
        state = next;
        lineLength = 0;
        lineHidden = false;
        lineReturned = false;
    }

    private ParseResult complete(List<byte[]> found) {
        if (skipping()) {
            abandon();
        }
        ParseResult result = skipping()
                ? new ParseResult.Oversized(found, oversizedIndex, oversizedLength, argumentCount, commandBytes, refusal)
                : new ParseResult.Complete(large.isEmpty() ? found : new Arguments(found, large), commandBytes);
        large.clear();
        reset();
        return result;
    }

    private void reset() {
        nextLine(State.START);
        commandBytes = 0;
        heldBytes = 0;
        arguments = new ArrayList<>(4);
        argumentCount = 0;
        argumentIndex = 0;
        oversizedIndex = -1;
        refusal = Optional.empty();
        if (line.length > NUMBER_BYTES_MAX) {
            line = new byte[NUMBER_BYTES_MAX];
        }
    }

    private int bytesNeeded() {
        return switch (state) {
            case START, INLINE -> 1;
            case ARGUMENT_COUNT, BULK_LENGTH -> lineReturned ? 1 : 2;
            case BULK, LARGE, LARGE_END -> (int) Math.min(Integer.MAX_VALUE, bulkLength - bulkRead + 2);
            case BULK_END -> 2 - bulkEndRead;
        };
    }

    private static ParseResult error(String message) {
        return new ParseResult.ProtocolError("ERR Protocol error: " + message);
    }

    /** The arguments in Redis's canonical form, which is what the kernel's parser takes. */
    public static byte[] encode(List<byte[]> arguments) {
        int size = 16;
        for (byte[] argument : arguments) {
            size += argument.length + 16;
        }
        ByteBuffer out = ByteBuffer.allocate(size);
        out.put(header('*', arguments.size()));
        for (byte[] argument : arguments) {
            out.put(header('$', argument.length)).put(argument).put((byte) '\r').put((byte) '\n');
        }
        return Arrays.copyOf(out.array(), out.position());
    }

    private static byte[] header(char type, int number) {
        return (type + Integer.toString(number) + "\r\n").getBytes(StandardCharsets.ISO_8859_1);
    }
}

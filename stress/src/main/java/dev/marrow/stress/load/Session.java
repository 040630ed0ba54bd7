package dev.marrow.stress.load;

import dev.marrow.stress.load.OperationSource.Drawn;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * What one connection asks and what it is answered, without the socket: a batch of requests is written as one, all its replies are judged and timed,
 * then the next batch is due. One thread; only {@link #silentSince} is for others too.
 */
final class Session {
    /** Read at once; replies may be longer, and come in any pieces. */
    static final int IN_BYTES = 1 << 16;
    private static final byte[] OK = "OK".getBytes(StandardCharsets.ISO_8859_1);
    private static final byte[] QUEUED = "QUEUED".getBytes(StandardCharsets.ISO_8859_1);
    /** Of {@link #silentSince}: nothing is under way. */
    static final long IDLE = Long.MAX_VALUE;

    /** What is to be done next. */
    enum Next {
        /** The batch is answered. */
        BEGIN,
        /** {@link #out} has to be written. */
        WRITE,
        /** Replies are missing. */
        READ
    }

    /**
     * What all sessions of a run have in common.
     *
     * @param pipeline requests of a batch, at most
     * @param outBytes room for a batch
     * @param bulkBytes of a string that has to be sent back
     * @param recordFromNanos operations that begin sooner warm up, and are not recorded
     * @param complete whether every record is there, so that nil is a wrong answer
     */
    record Terms(int pipeline, int outBytes, int bulkBytes, long recordFromNanos, Rmw rmw, boolean complete, long records) {}

    private final Terms terms;
    private final OperationSource source;
    private final Pace pace;
    private final Quota quota;
    private final Meter meter;
    private final Counts counts;
    private final Troubles troubles;

    private final ByteBuffer out;
    private final ByteBuffer in = ByteBuffer.allocateDirect(IN_BYTES);
    private final RequestEncoder encoder;
    private ReplyScanner scanner;
    private final Drawn drawn = new Drawn();

    private final OperationKind[] kinds;
    private final long[] begun;
    private final long[] records;
    private final int[] runs;
    private int batch;
    private int answered;
    /** Replies to the operation at {@code answered} so far. */
    private int step;
    private boolean wrong;
    private boolean over;
    private volatile long silentSince = IDLE;

    Session(Terms terms, OperationSource source, Pace pace, Quota quota, Meter meter, Counts counts, Troubles troubles) {
        this.terms = terms;
        this.source = source;
        this.pace = pace;
        this.quota = quota;
        this.meter = meter;
        this.counts = counts;
        this.troubles = troubles;
        out = ByteBuffer.allocateDirect(terms.outBytes);
        encoder = new RequestEncoder(out);
        scanner = new ReplyScanner(terms.bulkBytes);
        kinds = new OperationKind[terms.pipeline];
        begun = new long[terms.pipeline];
        records = new long[terms.pipeline];
        runs = new int[terms.pipeline];
    }

    /** When the next batch is due; {@link Pace#NEVER}: the session is over. */
    long nextNanos(long now) {
        return over || quota.usedUp() ? Pace.NEVER : pace.nextNanos(now);
    }

    /** Puts what is due into {@link #out}; false when that is nothing. */
    boolean begin(long now) {
        int due = pace.due(now, terms.pipeline);
        if (due == 0) {
            return false;
        }
        long ticket = quota.take(due);
        batch = Math.clamp(quota.limit() - ticket, 0, due);
        over = batch < due;
        answered = 0;
        step = 0;
        out.clear();
        for (int i = 0; i < batch; i++) {
            source.next(ticket + i, drawn);
            kinds[i] = drawn.kind;
            begun[i] = pace.begin(now);
            records[i] = drawn.record;
            runs[i] = drawn.records;
            encode();
        }
        out.flip();
        silentSince = batch == 0 ? IDLE : now;
        return batch > 0;
    }

    private void encode() {
        switch (drawn.kind) {
            case GET -> encoder.get(drawn.record);
            case SET, INSERT -> encoder.set(drawn);
            case SCAN -> encoder.getRun(drawn.record, drawn.records);
            case INCR -> encoder.increment(drawn.record);
            case DEL -> encoder.delete(drawn.record);
            case RMW -> {
                if (terms.rmw == Rmw.WATCH) {
                    encoder.watch(drawn.record);
                }
                encoder.get(drawn.record);
            }
        }
    }

    /** What is to be written, from its position on. */
    ByteBuffer out() {
        return out;
    }

    /** Where replies are to be read into. */
    ByteBuffer in() {
        return in;
    }

    /**
     * Judges what was read into {@link #in}.
     *
     * @param now when it was there
     * @throws IOException it is no reply, or one to nothing that was asked
     */
    Next received(long now) throws IOException {
        in.flip();
        Next next = answered < batch ? Next.READ : Next.BEGIN;
        while (in.hasRemaining()) {
            if (answered == batch) {
                throw new IOException("a reply that nobody asked for");
            }
            if (!scanner.next(in)) {
                break;
            }
            next = answer(now);
        }
        in.clear();
        silentSince = answered == batch ? IDLE : now;
        return next;
    }

    private Next answer(long now) {
        OperationKind kind = kinds[answered];
        if (kind == OperationKind.RMW) {
            return answerRmw(now);
        }
        if (!right(kind)) {
            tell(kind, kind.name());
        }
        return finish(kind, now);
    }

    private boolean right(OperationKind kind) {
        return switch (kind) {
            case GET -> value(records[answered]);
            case SET, INSERT -> scanner.status(OK);
            case SCAN -> scanner.type() == '*' && scanner.number() == runs[answered] && scanner.nestedOthers() == 0
                    && (scanner.nestedNils() == 0 || !terms.complete);
            case INCR -> scanner.type() == ':' && scanner.number() > 0;
            case DEL -> scanner.type() == ':' && (scanner.number() == 0 || scanner.number() == 1);
            case RMW -> throw new IllegalArgumentException("kind=" + kind);
        };
    }

    /** A string; nil where the record may be missing: an inserted one may be chosen before it is there. */
    private boolean value(long record) {
        if (scanner.type() != '$') {
            return false;
        }
        if (scanner.nil()) {
            counts.missed();
            return !terms.complete || record >= terms.records;
        }
        return true;
    }

    /** Its operation is the only one of its batch. */
    private Next answerRmw(long now) {
        int reads = terms.rmw == Rmw.WATCH ? 2 : 1;
        int replies = reads + (terms.rmw == Rmw.WATCH ? 3 : 1);
        step++;
        boolean right = step < reads ? scanner.status(OK) : step == reads ? value(records[answered]) : rightWrite(step - reads, replies - reads);
        if (!right) {
            tell(OperationKind.RMW, "read-modify-write of");
        }
        if (step == reads) {
            out.clear();
            if (terms.rmw == Rmw.WATCH) {
                encoder.setInTransaction(drawn);
            } else if (scanner.type() == '$' && !scanner.nil()) {
                encoder.setIfEqual(drawn, scanner.bulk(), scanner.bulkBytes());
            } else {
                encoder.setAbsent(drawn);
            }
            out.flip();
            return Next.WRITE;
        }
        return step < replies ? Next.READ : finish(OperationKind.RMW, now);
    }

    /** Somebody else was faster: nil, which is a right answer. */
    private boolean rightWrite(int reply, int replies) {
        if (reply == replies && scanner.nil()) {
            counts.conflicted();
            return true;
        }
        if (replies == 1) {
            return scanner.status(OK);
        }
        return switch (reply) {
            case 1 -> scanner.status(OK);
            case 2 -> scanner.status(QUEUED);
            default -> scanner.type() == '*' && scanner.number() == 1 && scanner.nestedOthers() == 1;
        };
    }

    private void tell(OperationKind kind, String words) {
        if (!wrong) {
            troubles.wrong(kind, String.format(Locale.ROOT, "%s record %d answered %s", words, records[answered], scanner.describe()));
        }
        wrong = true;
    }

    private Next finish(OperationKind kind, long now) {
        if (begun[answered] >= terms.recordFromNanos && !wrong) {
            meter.record(kind, now - begun[answered]);
        }
        wrong = false;
        step = 0;
        answered++;
        return answered < batch ? Next.READ : Next.BEGIN;
    }

    /** The connection is gone; what was under way on it stays unanswered, and the next batch goes over a new one. */
    void lost(IOException failure) {
        troubles.lost(batch - answered, "connection lost with " + (batch - answered) + " requests unanswered: " + failure.getMessage());
        dropped();
    }

    private void dropped() {
        answered = batch;
        step = 0;
        wrong = false;
        in.clear();
        out.clear().flip();
        scanner = new ReplyScanner(terms.bulkBytes);
        silentSince = IDLE;
    }

    /** Since when a reply is awaited, or {@link #IDLE}. */
    long silentSince() {
        return silentSince;
    }

    /** To be called once, when no batch will begin any more. */
    void end() {
        troubles.unsent(quota.limit() == Long.MAX_VALUE ? pace.unsent() : 0);
    }
}

package dev.marrow.engine.transfer;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/**
 * Reads the export format. A record that is refused counts as one, so that the number in the last line still fits. A value in several lines becomes
 * one command in as many parts; what is wrong with one of them is wrong with the record, and the rest of its lines is passed over.
 */
final class JsonSource implements ImportSource {

    private enum State { HEADER, RECORDS, ENDED, CUT }

    private final LineReader lines;
    private State state = State.HEADER;
    private long records;
    /** The record whose value goes on, where it begins, and how many of its bytes are to come. */
    private Optional<ExportLine.Entry> begun = Optional.empty();
    private long begunAt;
    private long missing;
    /** Pieces that come now belong to a record that was refused. */
    private boolean refused;
    /** What was read when it ended a record that lacked bytes. */
    private Optional<ExportLine> pending = Optional.empty();

    JsonSource(InputStream in) {
        lines = new LineReader(in, ExportFields.LINE_BYTES_MAX);
    }

    @Override
    public Optional<ImportRecord> next() throws IOException, MalformedInputException {
        if (state == State.HEADER) {
            header();
        }
        for (Optional<ExportLine> line = line(); line.isPresent(); line = line()) {
            if (line.get() instanceof ExportLine.More && refused) {
                continue;
            }
            refused = false;
            switch (line.get()) {
                case ExportLine.Entry entry -> {
                    records++;
                    return Optional.of(begin(entry));
                }
                case ExportLine.More more -> {
                    return Optional.of(goOn(more.piece()));
                }
                case ExportLine.End end -> complete(end);
                case ExportLine.Header again -> throw MalformedInputException.here("a second header");
            }
        }
        return end();
    }

    private ImportRecord begin(ExportLine.Entry entry) {
        if (entry.isWhole()) {
            return ImportRecord.whole(SetCommand.encode(entry.key(), entry.value(), entry.expireMillis()), lines.number());
        }
        begun = Optional.of(entry);
        begunAt = lines.number();
        missing = entry.length() - entry.value().length;
        byte[] beginning = SetCommand.begin(entry.key(), entry.length(), entry.expireMillis());
        return new ImportRecord(new CommandBytes().content(beginning).content(entry.value()).take(), begunAt, true, false);
    }

    private ImportRecord goOn(byte[] piece) throws MalformedInputException {
        ExportLine.Entry entry = begun.orElseThrow(() -> refuse("a piece of a value that no line before it begins"));
        if (piece.length > missing) {
            throw refuse("the value that begins in line " + begunAt + " has more than its " + entry.length() + " bytes");
        }
        missing -= piece.length;
        if (missing > 0) {
            return new ImportRecord(piece, begunAt, false, false);
        }
        begun = Optional.empty();
        return new ImportRecord(new CommandBytes().content(piece).content(SetCommand.end(entry.expireMillis())).take(), begunAt, false, true);
    }

    private MalformedInputException refuse(String reason) {
        begun = Optional.empty();
        refused = true;
        return MalformedInputException.here(reason);
    }

    /** The next line; empty at the end of the file. */
    private Optional<ExportLine> line() throws IOException, MalformedInputException {
        if (pending.isPresent()) {
            Optional<ExportLine> line = pending;
            pending = Optional.empty();
            return line;
        }
        boolean within = begun.isPresent();
        ExportLine parsed;
        try {
            Optional<byte[]> line = lines.next();
            if (line.isEmpty()) {
                return Optional.empty();
            }
            if (state == State.ENDED) {
                throw MalformedInputException.here("something behind the end line");
            }
            parsed = ExportLineParser.parse(line.get());
        } catch (MalformedInputException malformed) {
            records += within || state == State.ENDED ? 0 : 1;
            throw malformed.last() ? malformed : refuse(malformed.getMessage());
        }
        if (within && !(parsed instanceof ExportLine.More)) {
            pending = Optional.of(parsed);
            throw refuse("the value that begins in line " + begunAt + " lacks " + missing + " of its bytes");
        }
        return Optional.of(parsed);
    }

    /** Without it the file is something else, and no line of it means anything. */
    private void header() throws IOException, MalformedInputException {
        state = State.RECORDS;
        try {
            Optional<byte[]> first = lines.next();
            if (first.isEmpty()) {
                throw MalformedInputException.fromHereOn("the input is empty");
            }
            if (ExportLineParser.parse(first.get()) instanceof ExportLine.Header) {
                return;
            }
        } catch (MalformedInputException malformed) {
            throw malformed.last() ? malformed : MalformedInputException.fromHereOn("no Marrow export: " + malformed.getMessage());
        }
        throw MalformedInputException.fromHereOn("no Marrow export: the first line has no field " + ExportFields.HEADER);
    }

    private void complete(ExportLine.End end) throws MalformedInputException {
        state = State.ENDED;
        if (end.records() != records) {
            throw MalformedInputException.here("the end line counts " + end.records() + " records, the file has " + records);
        }
    }

    private Optional<ImportRecord> end() throws MalformedInputException {
        if (state == State.RECORDS) {
            state = State.CUT;
            String cut = begun.isPresent() ? ", and the value that begins in line " + begunAt + " lacks " + missing + " of its bytes" : "";
            throw MalformedInputException.fromHereOn("the input was cut off: it has no end line" + cut + "; what is there was imported");
        }
        return Optional.empty();
    }

    @Override
    public long position() {
        return Math.max(1, lines.number());
    }

    @Override
    public String unit() {
        return "line";
    }
}

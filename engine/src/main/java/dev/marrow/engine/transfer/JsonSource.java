package dev.marrow.engine.transfer;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/** Reads the export format. A record that is refused counts as one, so that the number in the last line still fits. */
final class JsonSource implements ImportSource {

    private enum State { HEADER, RECORDS, ENDED, CUT }

    private final LineReader lines;
    private State state = State.HEADER;
    private long records;

    JsonSource(InputStream in) {
        lines = new LineReader(in, ExportFields.LINE_BYTES_MAX);
    }

    @Override
    public Optional<ImportRecord> next() throws IOException, MalformedInputException {
        if (state == State.HEADER) {
            header();
        }
        Optional<byte[]> line = line();
        if (line.isEmpty()) {
            return end();
        }
        if (state == State.ENDED) {
            throw MalformedInputException.here("something behind the end line");
        }
        ExportLine parsed = parse(line.get());
        return switch (parsed) {
            case ExportLine.Entry entry -> {
                records++;
                byte[] command = SetCommand.encode(entry.key(), entry.value(), entry.expireMillis());
                yield Optional.of(new ImportRecord(command, lines.number()));
            }
            case ExportLine.End end -> {
                complete(end);
                yield next();
            }
            case ExportLine.Header again -> throw MalformedInputException.here("a second header");
        };
    }

    private Optional<byte[]> line() throws IOException, MalformedInputException {
        try {
            return lines.next();
        } catch (MalformedInputException tooLong) {
            records++;
            throw tooLong;
        }
    }

    private ExportLine parse(byte[] line) throws MalformedInputException {
        try {
            return ExportLineParser.parse(line);
        } catch (MalformedInputException malformed) {
            records++;
            throw malformed;
        }
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
            throw MalformedInputException.fromHereOn("the input was cut off: it has no end line; what is there was imported");
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

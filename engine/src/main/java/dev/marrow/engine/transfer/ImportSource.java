package dev.marrow.engine.transfer;

import java.io.IOException;
import java.util.Optional;

/** Reads an input piece by piece. */
interface ImportSource {

    /**
     * The next command, or part of one; empty at the end of a complete input.
     *
     * @throws MalformedInputException for a piece that cannot be imported, and at the end of an input that was cut off; a command that was
     *     given in part is not to be completed then
     * @throws IOException             when the input cannot be read
     */
    Optional<ImportRecord> next() throws IOException, MalformedInputException;

    /** Where the piece stands that {@link #next} gave or refused last. */
    long position();

    /** What {@link #position} counts: "line" or "offset". */
    String unit();
}

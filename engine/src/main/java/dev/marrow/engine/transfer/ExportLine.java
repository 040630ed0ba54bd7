package dev.marrow.engine.transfer;

/** A line of the export format. */
sealed interface ExportLine {

    /** The first line, of format {@link ExportFields#FORMAT_VERSION}. */
    record Header() implements ExportLine {}

    /**
     * A record. Its version is for people: the store that it goes to gives it another one.
     *
     * @param expireMillis Unix time in milliseconds, 0 for never
     */
    record Entry(byte[] key, byte[] value, long expireMillis) implements ExportLine {}

    /** The last line. */
    record End(long records) implements ExportLine {}
}

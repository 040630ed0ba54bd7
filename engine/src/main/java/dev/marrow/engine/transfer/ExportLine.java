package dev.marrow.engine.transfer;

/** A line of the export format. */
sealed interface ExportLine {

    /** The first line, of format {@link ExportFields#FORMAT_VERSION}. */
    record Header() implements ExportLine {}

    /**
     * A record. Its version is for people: the store that it goes to gives it another one.
     *
     * @param value        all of it, or its beginning
     * @param length       bytes of all of it
     * @param expireMillis Unix time in milliseconds, 0 for never
     */
    record Entry(byte[] key, byte[] value, long length, long expireMillis) implements ExportLine {

        boolean isWhole() {
            return value.length == length;
        }
    }

    /** The next piece of the value that the lines before it have begun. */
    record More(byte[] piece) implements ExportLine {}

    /** The last line. */
    record End(long records) implements ExportLine {}
}

package dev.marrow.engine.transfer;

import dev.marrow.bpf.Abi;

/** Names and limits of the export format, docs/formats/export.md. */
final class ExportFields {

    /** What the header's {@link #HEADER} says, and the only version that is read. */
    static final int FORMAT_VERSION = 1;

    static final String HEADER = "marrow_export";
    static final String TIME_MILLIS = "time_ms";
    static final String TIME = "time";
    static final String SOURCE = "source";

    static final String KEY = "key";
    static final String VALUE = "value";
    /** Of a value that begins in this line and goes on in lines with {@link #MORE}. */
    static final String LENGTH = "length";
    static final String MORE = "more";
    static final String EXPIRE_MILLIS = "expire_ms";
    static final String VERSION = "version";

    static final String END = "end";
    static final String RECORDS = "records";

    /** JSON's longest spelling of a byte is a control character's: {@code \}{@code u0001}. */
    private static final int SPELLING_BYTES_MAX = 6;
    private static final int OTHER_FIELDS_BYTES_MAX = 4096;

    /** Longest line, without its end: the largest key and value, each byte spelled in the longest way. */
    static final int LINE_BYTES_MAX = SPELLING_BYTES_MAX * (Abi.KEY_BYTES_MAX + Abi.VALUE_BYTES_MAX) + OTHER_FIELDS_BYTES_MAX;

    /** Of one value, in bytes; what a server takes is less. */
    static final long LENGTH_MAX = 1L << 40;

    private ExportFields() {}
}

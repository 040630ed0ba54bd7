package dev.marrow.engine.transfer;

/**
 * A command that is to be sent, or a part of one that is too long to be read whole: nothing else comes between its parts.
 *
 * @param bytes    as RESP
 * @param position where the command stands in the input, as its {@link ImportSource} counts
 * @param first    whether the command begins with them
 * @param last     whether it ends with them: then a reply comes
 */
record ImportRecord(byte[] bytes, long position, boolean first, boolean last) {

    static ImportRecord whole(byte[] command, long position) {
        return new ImportRecord(command, position, true, true);
    }
}

package dev.marrow.engine.transfer;

/**
 * A command that is to be sent.
 *
 * @param command  as RESP
 * @param position where it stands in the input, as its {@link ImportSource} counts
 */
record ImportRecord(byte[] command, long position) {}

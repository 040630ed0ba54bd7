package dev.marrow.engine.command;

/**
 * Checkpoints, for INFO and the commands that take them.
 *
 * @param finished how many this process has taken
 * @param runningMillis how long the one under way has taken so far, -1: none is
 * @param number of the last one in the directory's life, 0: none yet
 * @param timeMillis Unix time of the last one; of the server's start before the first
 * @param durationMillis how long the last one took, -1: none yet
 * @param records in the last one
 * @param bytes of their payloads
 * @param logBytes file bytes of the log behind it
 * @param changes records in the log behind it, since this process started at the earliest
 * @param failed whether one failed or was given up; the server stops then
 */
public record CheckpointInfo(long finished, long runningMillis, long number, long timeMillis, long durationMillis, long records, long bytes,
        long logBytes, long changes, boolean failed) {
    public boolean running() {
        return runningMillis >= 0;
    }
}

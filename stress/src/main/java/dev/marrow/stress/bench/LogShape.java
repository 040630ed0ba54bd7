package dev.marrow.stress.bench;

import java.util.List;

/** What becomes of the log of a Marrow under load. */
public enum LogShape {
    /** It only grows: no checkpoint but those that are asked for. */
    GROWING("--checkpoint-percentage", "0", "--checkpoint-interval", "0"),
    /** Compacted by checkpoints, so that the disk it takes is bounded, and in small segments, so that it needs room for a new one all the time. */
    COMPACTED("--log-segment-size", "512kb", "--checkpoint-percentage", "100", "--checkpoint-min-size", "64mb", "--checkpoint-interval", "0");

    private final List<String> options;

    LogShape(String... options) {
        this.options = List.of(options);
    }

    List<String> options() {
        return options;
    }
}

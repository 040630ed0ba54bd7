package dev.marrow.stress.crash;

import java.util.List;

/** A GET of one key: what its reply has to be is the history's to say. */
abstract class GetOperation implements Operation {
    private final String key;

    GetOperation(String key) {
        this.key = key;
    }

    @Override
    public final List<String> command() {
        return List.of("GET", key);
    }

    @Override
    public final boolean writes() {
        return false;
    }
}

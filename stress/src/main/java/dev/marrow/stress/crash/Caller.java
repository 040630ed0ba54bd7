package dev.marrow.stress.crash;

import java.io.IOException;

/** Whoever answers commands one by one: a server, or a test's idea of one. */
@FunctionalInterface
public interface Caller {
    /** @throws IOException there is no answer */
    Reply call(String... command) throws IOException;
}

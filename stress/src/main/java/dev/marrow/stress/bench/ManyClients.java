package dev.marrow.stress.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Many plain clients in one thread of a C program (manyclients.c): on each connection a GET or SET, its reply, the next. */
final class ManyClients {
    private final ClientProgram program;
    private final Path scratch;

    /** @param scratch for the program and what it says */
    ManyClients(Path scratch) throws IOException {
        this.scratch = scratch;
        program = new ClientProgram("manyclients", scratch);
    }

    /**
     * Runs it to its end, on new connections.
     *
     * @throws IOException it did not end in time, failed, as it does at the first error reply, or measured nothing
     */
    RoundTrip.Result run(Protocol protocol, int port, int connections, int keyspace, int valueBytes, double warmupSeconds, double seconds)
            throws IOException, InterruptedException {
        return RoundTrip.parse(program.run(List.of(protocol.word(), "127.0.0.1", Integer.toString(port), Integer.toString(connections),
                Integer.toString(keyspace), Integer.toString(valueBytes), Double.toString(warmupSeconds), Double.toString(seconds)), scratch));
    }
}

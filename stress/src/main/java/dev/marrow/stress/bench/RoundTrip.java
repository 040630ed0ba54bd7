package dev.marrow.stress.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** One blocking client, a C program (roundtrip.c): what it is given, and what its line says. */
final class RoundTrip {
    private static final int COLUMNS = 6;
    private static final double NANOS_PER_MICRO = 1_000;

    private final ClientProgram program;
    private final Path scratch;

    /** Where the server listens, and what it speaks. */
    sealed interface Address {
        Protocol protocol();

        /** On loopback. */
        record Tcp(Protocol protocol, int port) implements Address {
            /** RESP. */
            Tcp(int port) {
                this(Protocol.RESP, port);
            }
        }

        record Unix(Path socket) implements Address {
            @Override
            public Protocol protocol() {
                return Protocol.RESP;
            }
        }
    }

    /**
     * What the client does.
     *
     * @param command    {@code set} or {@code get}
     * @param keyspace   uniformly random keys out of so many
     * @param valueBytes size of a value
     */
    record Workload(String command, int keyspace, int valueBytes) {}

    /** @param perSecond round trips; latencies in microseconds */
    record Result(double perSecond, double p50Micros, double p99Micros, double p999Micros, double maxMicros) {}

    /** @param scratch for the program and what it says */
    RoundTrip(Path scratch) throws IOException {
        this.scratch = scratch;
        program = new ClientProgram("roundtrip", scratch);
    }

    /**
     * Runs it to its end, on a new connection.
     *
     * @throws IOException it did not end in time, failed, as it does at the first error reply, or measured nothing
     */
    Result run(Workload workload, Address address, double warmupSeconds, double seconds) throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(List.of(address.protocol().word()));
        Path directory = scratch;
        switch (address) {
            case Address.Tcp tcp -> arguments.addAll(List.of("tcp", "127.0.0.1", Integer.toString(tcp.port)));
            case Address.Unix unix -> {
                // From its directory: a whole path could be longer than the address of a socket may be.
                directory = unix.socket.getParent();
                arguments.addAll(List.of("unix", unix.socket.getFileName().toString()));
            }
        }
        arguments.addAll(List.of(workload.command, Integer.toString(workload.keyspace), Integer.toString(workload.valueBytes),
                Double.toString(warmupSeconds), Double.toString(seconds)));
        return parse(program.run(arguments, directory));
    }

    /** @throws IOException for anything but one line of numbers, and for a count of zero, which has no latencies */
    static Result parse(String output) throws IOException {
        String[] cells = output.strip().split(" ");
        List<Double> numbers = new ArrayList<>();
        try {
            for (String cell : cells) {
                numbers.add(Double.parseDouble(cell));
            }
            if (numbers.size() != COLUMNS) {
                throw new NumberFormatException("columns=" + numbers.size());
            }
        } catch (NumberFormatException e) {
            throw new IOException("the client said: " + output.strip(), e);
        }
        if (numbers.getFirst() < 1) {
            throw new IOException("the client had no time for a round trip: " + output.strip());
        }
        return new Result(numbers.get(0) / numbers.get(1), numbers.get(2) / NANOS_PER_MICRO, numbers.get(3) / NANOS_PER_MICRO,
                numbers.get(4) / NANOS_PER_MICRO, numbers.get(5) / NANOS_PER_MICRO);
    }
}

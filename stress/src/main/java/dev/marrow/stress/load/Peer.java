package dev.marrow.stress.load;

import dev.marrow.stress.crash.Endpoint;
import dev.marrow.stress.crash.Findings;
import dev.marrow.stress.crash.Reply;
import dev.marrow.stress.crash.RespConnection;
import dev.marrow.stress.crash.SharedRegister.Abilities;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A server under load, and what was measured on it so far. */
final class Peer {
    private static final String PROBE = "marrow:stress:probe";
    /** What an error begins with where AUTH is missing. */
    private static final String NO_PASSWORD = "NOAUTH";

    private final String label;
    private final Endpoint server;
    private final boolean marrow;
    private final Optional<String> durability;
    private final Rmw rmw;
    private final Records records;
    private final List<Measurement> measurements = new ArrayList<>();
    private Commands commands = Commands.NONE;
    private final Findings findings = new Findings();
    private int checkedRounds;
    private Optional<Chaos> chaos = Optional.empty();

    Peer(String label, Endpoint server, boolean marrow, Optional<String> durability, Rmw rmw, Records records) {
        this.label = label;
        this.server = server;
        this.marrow = marrow;
        this.durability = durability;
        this.rmw = rmw;
        this.records = records;
    }

    /**
     * Asks a running server what it is. It changes nothing there.
     *
     * @param password for a server that wants one
     * @throws IOException it does not answer, or with an error, such as that it wants a password
     */
    static Peer of(InetSocketAddress address, Optional<String> password, int keys) throws IOException {
        Endpoint open = Endpoint.open(address);
        try {
            return of(password.isPresent() && wantsPassword(open) ? new Endpoint(address, password) : open, keys);
        } catch (IOException failure) {
            throw new IOException(open + ": " + failure.getMessage(), failure);
        }
    }

    private static boolean wantsPassword(Endpoint server) throws IOException {
        try (RespConnection connection = new RespConnection(server)) {
            return connection.call("PING") instanceof Reply.Failure(String text) && text.startsWith(NO_PASSWORD);
        }
    }

    private static Peer of(Endpoint server, int keys) throws IOException {
        try (RespConnection connection = new RespConnection(server)) {
            String about = info(connection, "server");
            String marrow = info(connection, "marrow");
            // A wrong word is an error of the syntax; a right one finds no such key.
            boolean ifeq = !(connection.call("SET", PROBE, "x", "IFEQ", "y") instanceof Reply.Failure);
            boolean isMarrow = StoreStatus.parse(marrow).isPresent();
            return new Peer(name(about, marrow), server, isMarrow, StoreStatus.text(marrow, "durability"), ifeq ? Rmw.IFEQ : Rmw.WATCH,
                    new Records(keys));
        }
    }

    private static String info(RespConnection connection, String section) throws IOException {
        return switch (connection.call("INFO", section)) {
            case Reply.Bulk(Optional<String> text) -> text.orElse("");
            case Reply.Failure(String text) when text.startsWith(NO_PASSWORD) -> throw new IOException(text + " The password is taken from the"
                    + " environment variable " + StressRun.PASSWORD_VARIABLE + ".");
            case Reply.Failure(String text) -> throw new IOException(text);
            case Reply other -> throw new IOException("INFO answered " + other);
        };
    }

    private static String name(String server, String marrow) {
        Optional<String> own = StoreStatus.text(marrow, "marrow_version").map(version -> "Marrow " + version);
        Optional<String> valkey = StoreStatus.text(server, "valkey_version").map(version -> "Valkey " + version);
        Optional<String> redis = StoreStatus.text(server, "redis_version").map(version -> "Redis " + version);
        return own.or(() -> valkey).or(() -> redis).orElse("server");
    }

    /** Another name, if two peers would have the same. */
    Peer renamed(String name) {
        return new Peer(name, server, marrow, durability, rmw, records);
    }

    String label() {
        return label;
    }

    Endpoint server() {
        return server;
    }

    Rmw rmw() {
        return rmw;
    }

    Abilities abilities() {
        return new Abilities(rmw == Rmw.IFEQ, marrow, marrow);
    }

    /** What was checked beside the measurements, and what of it was wrong. */
    Findings findings() {
        return findings;
    }

    void checked(int rounds) {
        checkedRounds += rounds;
    }

    int checkedRounds() {
        return checkedRounds;
    }

    void suffered(Chaos all) {
        chaos = Optional.of(all);
    }

    /** What was done to it on purpose. */
    Optional<Chaos> chaos() {
        return chaos;
    }

    Records records() {
        return records;
    }

    boolean marrow() {
        return marrow;
    }

    /** always or everysec, if the server says so: a Marrow does. */
    Optional<String> durability() {
        return durability;
    }

    /** Where a Marrow executed commands since it started. */
    Optional<Commands> commandsNow() throws IOException {
        if (!marrow) {
            return Optional.empty();
        }
        try (RespConnection connection = new RespConnection(server)) {
            return StoreStatus.parse(info(connection, "marrow")).map(StoreStatus::commands);
        }
    }

    void add(Measurement measurement) {
        measurements.add(measurement);
    }

    void add(Commands executed) {
        commands = commands.plus(executed);
    }

    /** By round. */
    List<Measurement> measurements() {
        return List.copyOf(measurements);
    }

    /** Where the measured commands were executed, those of the warm-up too; nothing for another server than Marrow. */
    Commands commands() {
        return commands;
    }
}

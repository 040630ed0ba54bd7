package dev.marrow.stress.load;

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

    private final String label;
    private final InetSocketAddress address;
    private final boolean marrow;
    private final Optional<String> durability;
    private final Rmw rmw;
    private final Records records;
    private final List<Measurement> measurements = new ArrayList<>();
    private Commands commands = Commands.NONE;
    private final Findings findings = new Findings();
    private int checkedRounds;

    Peer(String label, InetSocketAddress address, boolean marrow, Optional<String> durability, Rmw rmw, Records records) {
        this.label = label;
        this.address = address;
        this.marrow = marrow;
        this.durability = durability;
        this.rmw = rmw;
        this.records = records;
    }

    /**
     * Asks a running server what it is. It changes nothing there.
     *
     * @throws IOException it does not answer, or with an error, such as that it wants a password
     */
    static Peer of(InetSocketAddress address, int keys) throws IOException {
        String where = address.getHostString() + ":" + address.getPort();
        try (RespConnection connection = new RespConnection(address)) {
            String server = info(connection, where, "server");
            String marrow = info(connection, where, "marrow");
            // A wrong word is an error of the syntax; a right one finds no such key.
            boolean ifeq = !(connection.call("SET", PROBE, "x", "IFEQ", "y") instanceof Reply.Failure);
            boolean isMarrow = StoreStatus.parse(marrow).isPresent();
            return new Peer(name(server, marrow), address, isMarrow, StoreStatus.text(marrow, "durability"), ifeq ? Rmw.IFEQ : Rmw.WATCH,
                    new Records(keys));
        } catch (IOException failure) {
            throw new IOException(where + ": " + failure.getMessage(), failure);
        }
    }

    private static String info(RespConnection connection, String where, String section) throws IOException {
        return switch (connection.call("INFO", section)) {
            case Reply.Bulk(Optional<String> text) -> text.orElse("");
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
        return new Peer(name, address, marrow, durability, rmw, records);
    }

    String label() {
        return label;
    }

    InetSocketAddress address() {
        return address;
    }

    String where() {
        return address.getHostString() + ":" + address.getPort();
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
        try (RespConnection connection = new RespConnection(address)) {
            return StoreStatus.parse(info(connection, where(), "marrow")).map(StoreStatus::commands);
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

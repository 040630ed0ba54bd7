package dev.marrow.stress.bench;

import dev.marrow.stress.bench.RoundTrip.Address;
import dev.marrow.stress.bench.RoundTrip.Result;
import dev.marrow.stress.bench.RoundTrip.Workload;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** What one blocking client saw of each peer: one command in one situation, round by round. */
final class OneClientRow {
    /** To whom the client talks, and how. */
    enum Peer {
        MARROW("Marrow"),
        REDIS_TCP(Headline.REDIS),
        REDIS_UNIX("Redis unix"),
        MEMCACHED_TCP(Headline.MEMCACHED);

        static final List<Peer> OTHERS = List.of(REDIS_TCP, REDIS_UNIX, MEMCACHED_TCP);

        private final String label;

        Peer(String label) {
            this.label = label;
        }

        String label() {
            return label;
        }

        Address address(ServerTrio servers) {
            return switch (this) {
                case MARROW -> new Address.Tcp(servers.pair().marrow().port());
                case REDIS_TCP -> new Address.Tcp(servers.pair().redis().port());
                case REDIS_UNIX -> new Address.Unix(servers.pair().redisSocket());
                case MEMCACHED_TCP -> new Address.Tcp(Protocol.MEMCACHED, servers.memcached().port());
            };
        }
    }

    /** What else runs. */
    enum Situation {
        /** Nothing. */
        IDLE("idle"),
        /** What keeps all cores awake and takes nothing from anybody. */
        BUSY("busy"),
        /** Another program on all cores but one, where client and server are then most of the time. */
        SHARED("one left");

        private final String word;

        Situation(String word) {
            this.word = word;
        }

        /** With one core nothing can be left of it. */
        static List<Situation> possible() throws IOException {
            return BusyCores.allowed().size() > 1 ? List.of(values()) : List.of(IDLE, BUSY);
        }

        String word() {
            return word;
        }

        /** How many times as many round trips as Redis's over TCP; empty: no goal is set. */
        String goal() {
            return switch (this) {
                case IDLE -> "≥ 25 × Redis";
                case BUSY -> "≥ 8 × Redis";
                case SHARED -> "";
            };
        }

        BusyCores begin(Teardown teardown) throws IOException {
            return switch (this) {
                case IDLE -> BusyCores.none();
                case BUSY -> BusyCores.all(teardown);
                case SHARED -> BusyCores.takenButOne(teardown);
            };
        }
    }

    private final Situation situation;
    private final Workload workload;
    private final Map<Peer, List<Result>> results = new EnumMap<>(Peer.class);

    OneClientRow(Situation situation, Workload workload) {
        this.situation = situation;
        this.workload = workload;
    }

    Situation situation() {
        return situation;
    }

    Workload workload() {
        return workload;
    }

    String command() {
        return workload.command().toUpperCase(Locale.ROOT);
    }

    void add(Peer peer, Result result) {
        results.computeIfAbsent(peer, any -> new ArrayList<>()).add(result);
    }

    Result last(Peer peer) {
        return results.get(peer).getLast();
    }

    Spread spread(Peer peer, ToDoubleFunction<Result> number) {
        return Spread.of(numbers(peer, number));
    }

    /** How many round trips Marrow makes while the peer makes one. */
    Spread throughputRatio(Peer peer) {
        return Spread.ofRatios(numbers(Peer.MARROW, Result::perSecond), numbers(peer, Result::perSecond));
    }

    /** How many times as long as Marrow's the peer's p99 is. */
    Spread p99Ratio(Peer peer) {
        return Spread.ofRatios(numbers(peer, Result::p99Micros), numbers(Peer.MARROW, Result::p99Micros));
    }

    private List<Double> numbers(Peer peer, ToDoubleFunction<Result> number) {
        return results.get(peer).stream().mapToDouble(number).boxed().toList();
    }
}

package dev.marrow.stress.load;

import dev.marrow.stress.load.KeyChooser.Distribution;
import dev.marrow.stress.load.OperationSource.ValueSize;
import dev.marrow.wal.Durability;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What a run does; all of it decided and checked.
 *
 * @param workload YCSB's letter, or empty: a mix of one's own
 * @param keys records that are there from the beginning
 * @param pipeline requests in one write, at most
 * @param rate operations a second of all connections together; 0: closed loop
 * @param seconds length of one measurement; 0: so many operations
 * @param operations of one measurement; {@link Long#MAX_VALUE}: so many seconds
 * @param fill whether all records are written first
 * @param target empty: a Marrow of its own
 * @param rounds measurements of each server
 * @param durability of the servers that are started here
 * @param onHost whether a Marrow that is started here has the on-host door
 * @param check whether there are clients beside the load whose histories are checked
 * @param chaos whether the server is killed, frozen and so on meanwhile
 * @param work where servers that are started here write
 */
record LoadPlan(Optional<String> workload, Mix mix, Distribution distribution, int keys, ValueSize values, int pipeline, int connections, int threads,
        double rate, double seconds, long operations, double warmupSeconds, long seed, boolean fill, Optional<Address> target,
        Optional<Versus> versus, int rounds, Optional<Durability> durability, boolean onHost, Path work, boolean check, boolean chaos,
        Optional<Path> json, Optional<Path> html) {

    /** The second server: one that runs, or a redis-server that is started here. */
    sealed interface Versus {
        record Running(Address address) implements Versus {}

        record StartedRedis() implements Versus {}

        static Versus parse(String text) {
            return text.equals("redis") ? new StartedRedis() : new Running(Address.parse("--vs", text));
        }
    }

    /** The load in words. */
    String describe() {
        return String.format(Locale.ROOT, "%s (%s), %s keys, %,d records, values of %s bytes, %d connections, %d threads, pipeline %d, %s, %s",
                workload.map(letter -> "YCSB " + letter.toUpperCase(Locale.ROOT)).orElse("mix"), mix.text(), distribution.word(), keys, values.text(),
                connections, threads, pipeline, rate == 0 ? "closed loop" : String.format(Locale.ROOT, "open loop of %,.0f operations/s", rate),
                operations == Long.MAX_VALUE ? number(seconds) + " s a measurement" : String.format(Locale.ROOT, "%,d operations a measurement",
                operations));
    }

    /** The command that runs it again. */
    String command() {
        List<String> words = new ArrayList<>(List.of("./marrow", "stress"));
        target.ifPresentOrElse(address -> words.addAll(List.of("--target", address.toString())),
                () -> words.addAll(List.of("--on-host", onHost ? "on" : "off")));
        versus.ifPresent(second -> words.addAll(List.of("--vs", second instanceof Versus.Running(Address address) ? address.toString() : "redis",
                "--rounds", Integer.toString(rounds))));
        durability.ifPresent(mode -> words.addAll(List.of("--durability", mode.word())));
        words.addAll(workload.map(letter -> List.of("--workload", letter)).orElse(List.of("--mix", mix.text())));
        words.addAll(List.of("--distribution", distribution.word(), "--keys", Integer.toString(keys), "--value-size", values.text(), "--pipeline",
                Integer.toString(pipeline), "--connections", Integer.toString(connections), "--threads", Integer.toString(threads)));
        if (rate > 0) {
            words.addAll(List.of("--rate", number(rate)));
        }
        words.addAll(operations == Long.MAX_VALUE ? List.of("--seconds", number(seconds)) : List.of("--operations", Long.toString(operations)));
        words.addAll(List.of("--warmup", number(warmupSeconds), "--seed", Long.toString(seed)));
        if (!fill) {
            words.add("--no-fill");
        }
        if (check) {
            words.add(chaos ? "--chaos" : "--check");
        }
        return String.join(" ", words);
    }

    static String number(double number) {
        return number == Math.rint(number) ? Long.toString((long) number) : Double.toString(number);
    }
}

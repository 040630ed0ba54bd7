package dev.marrow.stress.crash;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;

/** Keys that connections race to create with SETNX: one wins, and whoever lost or looked saw a key that is there to stay. */
final class OnceHistory implements Subject {
    /** Connections that are sent after one key before the next one is raced for. */
    private static final int RACERS = 4;
    private static final int RACES_PER_CYCLE_MAX = 100;
    /** Keys of earlier cycles that are looked at again. */
    private static final int SETTLED_MAX = 200;

    private final String name;
    private final Findings findings;
    private final List<Race> races = new ArrayList<>();
    /** Keys whose value a recovery has shown: it must stay. */
    private final Map<String, String> settled = new HashMap<>();
    /** What reads have shown of the races. */
    private final Map<String, String> observed = new HashMap<>();
    private int raceCount;

    OnceHistory(String name, Findings findings) {
        this.name = name;
        this.findings = findings;
    }

    private static final class Race {
        private final String key;
        private final Set<String> issued = new HashSet<>();
        private Optional<String> winner = Optional.empty();
        /** Somebody was told that the key exists. */
        private boolean seen;
        private boolean synced;

        Race(String key) {
            this.key = key;
        }
    }

    @Override
    public synchronized Operation change(RandomGenerator random) {
        if (races.isEmpty() || races.getLast().issued.size() == RACERS) {
            if (races.size() == RACES_PER_CYCLE_MAX) {
                return read();
            }
            races.add(new Race(name + "." + raceCount++));
        }
        Race race = races.getLast();
        String value = race.key + "/" + race.issued.size();
        race.issued.add(value);
        return new SetOnce(race, value);
    }

    private final class SetOnce implements Operation {
        private final Race race;
        private final String value;

        SetOnce(Race race, String value) {
            this.race = race;
            this.value = value;
        }

        @Override
        public List<String> command() {
            return List.of("SETNX", race.key, value);
        }

        @Override
        public void answered(Reply reply) {
            synchronized (OnceHistory.this) {
                boolean won = reply.equals(new Reply.Number(1));
                if (won && race.winner.isPresent() || !won && !reply.equals(new Reply.Number(0))) {
                    findings.wrong("SETNX " + race.key + " " + value + " answered " + reply + ", winner so far " + race.winner);
                    return;
                }
                race.seen = true;
                if (won) {
                    findings.acknowledged(1);
                    race.winner = Optional.of(value);
                } else {
                    findings.read(1);
                }
            }
        }

        @Override
        public void synced() {
            synchronized (OnceHistory.this) {
                race.synced |= race.winner.equals(Optional.of(value));
            }
        }
    }

    @Override
    public synchronized Operation read() {
        Optional<Race> race = races.isEmpty() ? Optional.empty() : Optional.of(races.getLast());
        return new Get(race, race.map(r -> r.key).orElse(name + ".none"), race.isPresent() && race.get().seen);
    }

    private final class Get implements Operation {
        private final Optional<Race> race;
        private final String key;
        private final boolean mustExist;

        Get(Optional<Race> race, String key, boolean mustExist) {
            this.race = race;
            this.key = key;
            this.mustExist = mustExist;
        }

        @Override
        public List<String> command() {
            return List.of("GET", key);
        }

        @Override
        public boolean writes() {
            return false;
        }

        @Override
        public void answered(Reply reply) {
            synchronized (OnceHistory.this) {
                Optional<String> value = reply instanceof Reply.Bulk(Optional<String> text) ? text : Optional.of(reply.toString());
                if (value.isEmpty() ? mustExist : !race.map(r -> possible(r, value.get())).orElse(false)) {
                    findings.wrong("GET " + key + " answered " + reply + ", exists " + mustExist + ", " + race.map(r -> r.winner));
                    return;
                }
                findings.read(1);
                if (value.isPresent()) {
                    race.get().seen = true;
                    // The winner's own reply is under way, or was when the server died.
                    observed.putIfAbsent(key, value.get());
                    if (!observed.get(key).equals(value.get())) {
                        findings.wrong("GET " + key + " answered " + value + " after " + observed.get(key));
                    }
                }
            }
        }
    }

    private static boolean possible(Race race, String value) {
        return race.winner.map(value::equals).orElse(race.issued.contains(value));
    }

    @Override
    public synchronized void recovered(Caller server, Promise promise) throws IOException {
        for (Map.Entry<String, String> entry : settled.entrySet()) {
            Reply reply = server.call("GET", entry.getKey());
            if (!reply.equals(new Reply.Bulk(Optional.of(entry.getValue())))) {
                findings.lost(1, "key " + entry.getKey() + " was " + entry.getValue() + " before, recovered as " + reply);
            }
        }
        if (settled.size() > SETTLED_MAX) {
            for (String key : settled.keySet()) {
                server.call("DEL", key);
            }
            settled.clear();
        }
        for (Race race : races) {
            Reply reply = server.call("GET", race.key);
            check(race, reply instanceof Reply.Bulk(Optional<String> text) ? text : Optional.of(reply.toString()), promise);
        }
        races.clear();
        observed.clear();
    }

    private void check(Race race, Optional<String> value, Promise promise) {
        boolean mustExist = promise == Promise.SYNCED ? race.synced : race.seen;
        if (value.isEmpty() && mustExist) {
            findings.lost(1, "key " + race.key + " is absent; its winner is " + race.winner + ", read was " + observed.get(race.key));
        }
        if (value.isPresent()) {
            String read = observed.getOrDefault(race.key, value.get());
            if (!possible(race, value.get()) || !read.equals(value.get())) {
                findings.wrong("key " + race.key + " recovered as " + value + ", its winner is " + race.winner + ", read was " + read);
            }
            settled.put(race.key, value.get());
        }
    }
}

package dev.marrow.stress.bench;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A row of the overview over all benchmarks: what was done, and how much of it by whom. Reports keep it among their samples, so that the overview can be
 * made anew when one kind is measured again.
 *
 * @param work   what was done
 * @param unit   of all numbers
 * @param marrow the median of Marrow's measurements
 * @param peers  who did the same in the same run; may be empty
 * @param goal   what Marrow wants to reach; may be empty
 */
record Headline(String work, String unit, double marrow, List<Peer> peers, String goal) {
    /** Peers' names, over TCP. */
    static final String REDIS = "Redis";
    static final String MEMCACHED = "memcached";
    private static final String WORK = "headline";
    private static final JsonFactory JSON = new JsonFactory();

    /**
     * One that Marrow is compared with.
     *
     * @param value the median of its measurements
     * @param ratio how many times better Marrow is: more of a rate, less of a latency or of memory; the median of the rounds' ratios
     */
    record Peer(String name, double value, double ratio) {
        /** @throws IllegalArgumentException for a ratio that is none: something was not measured */
        Peer {
            if (!Double.isFinite(value) || !Double.isFinite(ratio) || ratio <= 0) {
                throw new IllegalArgumentException(name + ": value=" + value + " ratio=" + ratio);
            }
        }
    }

    static Headline alone(String work, String unit, double marrow, String goal) {
        return new Headline(work, unit, marrow, List.of(), goal);
    }

    static Headline beside(String work, String unit, double marrow, Peer peer, String goal) {
        return new Headline(work, unit, marrow, List.of(peer), goal);
    }

    /** One sample a peer, one if there is none. */
    List<Map<String, ?>> samples() {
        Map<String, ?> shared = Map.of(WORK, work, "unit", unit, "marrow", marrow, "goal", goal);
        if (peers.isEmpty()) {
            return List.of(shared);
        }
        List<Map<String, ?>> samples = new ArrayList<>();
        for (Peer peer : peers) {
            Map<String, Object> sample = new LinkedHashMap<>(shared);
            sample.putAll(Map.of("peer", peer.name, "value", peer.value, "ratio", peer.ratio));
            samples.add(sample);
        }
        return samples;
    }

    /**
     * Those of a report's file of samples, in its order.
     *
     * @throws IOException a line of it is no JSON object, or a headline lacks something
     */
    static List<Headline> read(Path samples) throws IOException {
        Map<String, Headline> headlines = new LinkedHashMap<>();
        for (String line : Files.readAllLines(samples)) {
            Map<String, String> fields = object(line);
            if (fields.containsKey(WORK)) {
                try {
                    Headline one = of(fields);
                    headlines.merge(one.work + one.unit, one, Headline::with);
                } catch (IllegalArgumentException incomplete) {
                    throw new IOException(samples + ": not a headline: " + line, incomplete);
                }
            }
        }
        return List.copyOf(headlines.values());
    }

    private static Headline of(Map<String, String> fields) {
        List<Peer> peers = fields.containsKey("peer")
                ? List.of(new Peer(fields.get("peer"), number(fields, "value"), number(fields, "ratio"))) : List.of();
        return new Headline(fields.get(WORK), text(fields, "unit"), number(fields, "marrow"), peers, text(fields, "goal"));
    }

    private static double number(Map<String, String> fields, String name) {
        return Double.parseDouble(text(fields, name));
    }

    private static String text(Map<String, String> fields, String name) {
        return Optional.ofNullable(fields.get(name)).orElseThrow(() -> new IllegalArgumentException("no " + name));
    }

    private Headline with(Headline more) {
        List<Peer> all = new ArrayList<>(peers);
        all.addAll(more.peers);
        return new Headline(work, unit, marrow, all, goal);
    }

    /** A flat object's fields, numbers as they are written. */
    private static Map<String, String> object(String line) throws IOException {
        Map<String, String> fields = new LinkedHashMap<>();
        try (JsonParser parser = JSON.createParser(line)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new IOException("not a JSON object: " + line);
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                parser.nextToken();
                fields.put(name, parser.getText());
            }
        }
        return fields;
    }
}

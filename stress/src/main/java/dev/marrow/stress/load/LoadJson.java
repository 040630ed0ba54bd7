package dev.marrow.stress.load;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.marrow.stress.bench.Spread;
import dev.marrow.stress.crash.Findings;
import java.io.IOException;
import java.io.StringWriter;
import java.util.Map;
import java.util.Optional;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramIterationValue;

/** All that a run measured, as one JSON object. Latencies in µs, lengths of time in s. */
final class LoadJson {
    static final int FORMAT = 1;
    /** Steps between a percentile and the next half of what is left. */
    private static final int PERCENTILE_TICKS = 5;

    private final LoadResult result;
    private final JsonGenerator json;

    private LoadJson(LoadResult result, JsonGenerator json) {
        this.result = result;
        this.json = json;
    }

    static String text(LoadResult result) throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
            new LoadJson(result, json).write();
        }
        return text.toString();
    }

    private void write() throws IOException {
        json.writeStartObject();
        json.writeNumberField("marrow_stress", FORMAT);
        json.writeStringField("command", result.plan().command());
        plan();
        json.writeObjectFieldStart("environment");
        for (Map.Entry<String, String> fact : result.environment().entrySet()) {
            json.writeStringField(fact.getKey(), fact.getValue());
        }
        json.writeEndObject();
        json.writeNumberField("errors", result.errors());
        json.writeArrayFieldStart("servers");
        for (Peer peer : result.peers()) {
            peer(peer);
        }
        json.writeEndArray();
        ratios();
        json.writeEndObject();
    }

    private void plan() throws IOException {
        LoadPlan plan = result.plan();
        json.writeObjectFieldStart("load");
        json.writeStringField("mix", plan.mix().text());
        json.writeStringField("distribution", plan.distribution().word());
        json.writeNumberField("keys", plan.keys());
        json.writeStringField("value_bytes", plan.values().text());
        json.writeNumberField("pipeline", plan.pipeline());
        json.writeNumberField("connections", plan.connections());
        json.writeNumberField("threads", plan.threads());
        json.writeStringField("loop", plan.rate() == 0 ? "closed" : "open");
        json.writeNumberField("rate", plan.rate());
        json.writeNumberField("rounds", plan.rounds());
        json.writeNumberField("seed", plan.seed());
        json.writeEndObject();
    }

    private void peer(Peer peer) throws IOException {
        json.writeStartObject();
        json.writeStringField("label", peer.label());
        json.writeStringField("address", peer.server().toString());
        if (result.plan().mix().has(OperationKind.RMW)) {
            json.writeStringField("rmw", peer.rmw().words());
        }
        if (peer.marrow()) {
            json.writeNumberField("commands_on_host", peer.commands().onHost());
            json.writeNumberField("commands_server", peer.commands().server());
            json.writeNumberField("commands_java", peer.commands().java());
        }
        if (peer.chaos().isPresent()) {
            chaos(peer.chaos().get());
        }
        if (result.plan().check()) {
            check(peer);
        }
        json.writeArrayFieldStart("rounds");
        for (Measurement measurement : peer.measurements()) {
            measurement(measurement);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private void chaos(Chaos chaos) throws IOException {
        json.writeObjectFieldStart("chaos");
        json.writeNumberField("kills", chaos.count(Chaos.Event.KILL));
        json.writeNumberField("cold_kills", chaos.count(Chaos.Event.COLD_KILL));
        json.writeNumberField("freezes", chaos.count(Chaos.Event.FREEZE));
        json.writeNumberField("resets", chaos.count(Chaos.Event.RESET));
        json.writeNumberField("full_disks", chaos.count(Chaos.Event.FULL_DISK));
        json.writeNumberField("ended_by_full_disk", chaos.endedByFullDisk());
        json.writeEndObject();
    }

    private void check(Peer peer) throws IOException {
        Findings findings = peer.findings();
        json.writeObjectFieldStart("check");
        json.writeNumberField("rounds", peer.checkedRounds());
        json.writeNumberField("changes", findings.acknowledged());
        json.writeNumberField("reads", findings.read());
        json.writeNumberField("lost", findings.lost());
        json.writeNumberField("wrong", findings.wrong());
        json.writeNumberField("undecided", findings.undecided());
        json.writeArrayFieldStart("first_findings");
        for (String text : findings.texts()) {
            json.writeString(text);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private void measurement(Measurement measurement) throws IOException {
        json.writeStartObject();
        json.writeNumberField("seconds", measurement.seconds());
        json.writeNumberField("errors", measurement.allErrors());
        json.writeNumberField("lost_connections", measurement.lostConnections());
        json.writeNumberField("refused", measurement.refused());
        json.writeNumberField("unanswered", measurement.unanswered());
        json.writeNumberField("unsent", measurement.unsent());
        json.writeNumberField("misses", measurement.misses());
        json.writeNumberField("conflicts", measurement.conflicts());
        json.writeArrayFieldStart("first_errors");
        for (String text : measurement.texts()) {
            json.writeString(text);
        }
        json.writeEndArray();
        histogram("all", measurement, measurement.all(), measurement.allErrors());
        json.writeObjectFieldStart("kinds");
        for (Map.Entry<OperationKind, Histogram> kind : measurement.totals().entrySet()) {
            histogram(kind.getKey().word(), measurement, kind.getValue(), measurement.errors().get(kind.getKey()));
        }
        json.writeEndObject();
        json.writeArrayFieldStart("series");
        for (Interval interval : measurement.series()) {
            interval(interval);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private void histogram(String name, Measurement measurement, Histogram histogram, long errors) throws IOException {
        json.writeObjectFieldStart(name);
        json.writeNumberField("operations", histogram.getTotalCount());
        json.writeNumberField("per_second", measurement.perSecond(histogram));
        json.writeNumberField("errors", errors);
        json.writeNumberField("mean_us", histogram.getTotalCount() == 0 ? 0 : histogram.getMean() / LoadResult.NANOS_PER_MICRO);
        micros("p50_us", histogram.getValueAtPercentile(50));
        micros("p99_us", histogram.getValueAtPercentile(99));
        micros("p999_us", histogram.getValueAtPercentile(99.9));
        micros("max_us", histogram.getMaxValue());
        json.writeArrayFieldStart("percentiles");
        for (HistogramIterationValue value : histogram.percentiles(PERCENTILE_TICKS)) {
            json.writeStartArray();
            json.writeNumber(value.getPercentileLevelIteratedTo());
            json.writeNumber(value.getValueIteratedTo() / LoadResult.NANOS_PER_MICRO);
            json.writeEndArray();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private void micros(String name, long nanos) throws IOException {
        json.writeNumberField(name, nanos / LoadResult.NANOS_PER_MICRO);
    }

    private void interval(Interval interval) throws IOException {
        json.writeStartObject();
        json.writeNumberField("at_seconds", interval.endSeconds());
        json.writeNumberField("errors", interval.errors());
        latencies("all", interval, interval.all());
        for (Map.Entry<OperationKind, Interval.Latencies> kind : interval.kinds().entrySet()) {
            latencies(kind.getKey().word(), interval, kind.getValue());
        }
        json.writeEndObject();
    }

    private void latencies(String name, Interval interval, Interval.Latencies latencies) throws IOException {
        json.writeObjectFieldStart(name);
        json.writeNumberField("per_second", latencies.operations() / interval.seconds());
        micros("p50_us", latencies.p50());
        micros("p99_us", latencies.p99());
        micros("p999_us", latencies.p999());
        micros("max_us", latencies.max());
        json.writeEndObject();
    }

    private void ratios() throws IOException {
        if (result.peers().size() < 2) {
            return;
        }
        json.writeObjectFieldStart("ratios");
        for (Optional<OperationKind> kind : result.kinds()) {
            Optional<LoadResult.Ratios> found = result.ratios(kind);
            if (found.isEmpty()) {
                continue;
            }
            LoadResult.Ratios ratios = found.get();
            json.writeObjectFieldStart(kind.map(OperationKind::word).orElse("all"));
            spread("rate_first_by_second", ratios.perSecond());
            spread("p99_second_by_first", ratios.p99());
            json.writeEndObject();
        }
        json.writeEndObject();
    }

    private void spread(String name, Spread spread) throws IOException {
        json.writeObjectFieldStart(name);
        json.writeNumberField("median", spread.median());
        json.writeNumberField("min", spread.min());
        json.writeNumberField("max", spread.max());
        json.writeEndObject();
    }
}

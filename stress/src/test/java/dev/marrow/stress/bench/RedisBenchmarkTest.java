package dev.marrow.stress.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.stress.bench.RedisBenchmark.Result;
import dev.marrow.stress.bench.RedisBenchmark.Share;
import dev.marrow.stress.bench.RedisBenchmark.Workload;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class RedisBenchmarkTest {
    private static final String HEADING = "\"test\",\"rps\",\"avg_latency_ms\",\"min_latency_ms\",\"p50_latency_ms\",\"p95_latency_ms\","
            + "\"p99_latency_ms\",\"max_latency_ms\"";
    private static final String SET = "\"SET\",\"45662.10\",\"0.760\",\"0.032\",\"0.663\",\"0.975\",\"1.831\",\"14.271\"";

    @Test
    void readsRateAndLatencies() throws IOException {
        assertEquals(new Result(45662.10, 0.663, 1.831), RedisBenchmark.parse(List.of(HEADING, SET)));
    }

    @Test
    void processesShareConnectionsAndRequests() {
        assertEquals(List.of(new Share(3, 60), new Share(2, 40)), new Workload("get", 2, 5, 1, 10, 32).shares(100));
        assertEquals(List.of(new Share(50, 7)), new Workload("get", 1, 50, 1, 10, 32).shares(7));
        assertEquals(List.of(new Share(1, 7)), new Workload("get", 2, 1, 1, 10, 32).shares(7));
    }

    @Test
    void processesAreDoneWhenTheLastIs() {
        List<Share> shares = List.of(new Share(3, 60), new Share(2, 40));
        // 2 s and 4 s
        List<Result> results = List.of(new Result(30, 0.5, 9), new Result(10, 0.6, 8));
        assertEquals(new Result(25, 0.6, 9), Result.together(shares, results));
        assertEquals(results.getFirst(), Result.together(shares.subList(0, 1), results.subList(0, 1)));
    }

    @Test
    void takesNoOtherLineForAResult() {
        List<List<String>> outputs = List.of(List.of(), List.of(HEADING), List.of(HEADING, SET, SET), List.of(SET, HEADING),
                List.of("WARNING: something", HEADING, SET), List.of(HEADING, "Error from server: ERR no"),
                List.of(HEADING, SET + ",\"1\""), List.of(HEADING, SET.replace("45662.10", "fast")));
        for (List<String> output : outputs) {
            IOException refused = assertThrows(IOException.class, () -> RedisBenchmark.parse(output), output::toString);
            assertTrue(refused.getMessage().startsWith("redis-benchmark said"));
        }
    }
}

package dev.marrow.stress.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import dev.marrow.stress.crash.Endpoint;
import java.io.IOException;
import java.io.StringReader;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.xml.sax.InputSource;
import picocli.CommandLine;

/** What a run leaves: numbers that are right, JSON that is JSON, a page that needs nothing from elsewhere. */
class LoadReportTest {
    private static final String HOSTILE = "answered </script><b> & \"quotes\" -ERR \u0001";

    /** Two servers in two rounds; the second one half as fast. */
    private static LoadResult result() {
        LoadPlan plan = CommandLine.populateCommand(new LoadOptions(), "--vs", "127.0.0.1:7", "--rounds", "2", "--seconds", "10", "--mix",
                "get=1,set=1,del=1", "--seed",
                "5").plan();
        return new LoadResult(plan, Map.of("cpu", "one <fast> & quiet"), List.of(peer("first", 2_000), peer("second", 1_000)));
    }

    private static Peer peer(String label, int operations) {
        Peer peer = new Peer(label, Endpoint.local(7), false, Optional.empty(), Rmw.IFEQ, new Records(1));
        for (int round = 0; round < 2; round++) {
            Map<OperationKind, Histogram> totals = new EnumMap<>(OperationKind.class);
            Map<OperationKind, Long> errors = new EnumMap<>(OperationKind.class);
            for (OperationKind kind : List.of(OperationKind.GET, OperationKind.SET, OperationKind.DEL)) {
                Histogram histogram = Meter.histogram();
                for (int i = 1; i <= operations && kind != OperationKind.DEL; i++) {
                    histogram.recordValue(i * 1_000L);
                }
                totals.put(kind, histogram);
                errors.put(kind, 1L);
            }
            Interval.Latencies latencies = Interval.Latencies.of(totals.get(OperationKind.GET));
            Interval.Latencies none = Interval.Latencies.of(Meter.histogram());
            Map<OperationKind, Interval.Latencies> kinds = Map.of(OperationKind.GET, latencies, OperationKind.SET, latencies,
                    OperationKind.DEL, none);
            // a second in which nothing was answered
            Interval nothing = new Interval(2, 1, none, Map.of(OperationKind.GET, none, OperationKind.SET, none, OperationKind.DEL, none), 3);
            peer.add(new Measurement(10, List.of(new Interval(1, 1, latencies, kinds, 0), nothing, new Interval(3, 1, latencies, kinds, 0)), totals,
                    errors, 3, 1, 0, 4, 0, 0, 0, List.of(HOSTILE)));
        }
        return peer;
    }

    /** All numbers and texts by their path. */
    private static Map<String, String> parse(String json) throws IOException {
        Map<String, String> values = new HashMap<>();
        try (JsonParser parser = new JsonFactory().createParser(json)) {
            while (parser.nextToken() != null) {
                if (parser.currentToken().isScalarValue()) {
                    String name = parser.getParsingContext().pathAsPointer().toString();
                    assertFalse(values.containsKey(name), name);
                    values.put(name, parser.getText());
                }
            }
        }
        return values;
    }

    @Test
    void jsonHasTheNumbers() throws IOException {
        Map<String, String> values = parse(LoadJson.text(result()));
        assertEquals("1", values.get("/marrow_stress"));
        assertEquals("first", values.get("/servers/0/label"));
        assertEquals(400, Double.parseDouble(values.get("/servers/0/rounds/0/all/per_second")));
        assertEquals(100, Double.parseDouble(values.get("/servers/1/rounds/1/kinds/get/per_second")));
        assertEquals(1_000, Double.parseDouble(values.get("/servers/0/rounds/0/kinds/set/p50_us")), 1);
        assertEquals(2_000, Double.parseDouble(values.get("/servers/0/rounds/0/kinds/set/max_us")), 2);
        assertEquals(2, Double.parseDouble(values.get("/ratios/all/rate_first_by_second/median")));
        assertEquals(0.5, Double.parseDouble(values.get("/ratios/all/p99_second_by_first/median")), 0.01);
        assertEquals("3", values.get("/servers/0/rounds/0/errors"));
        assertEquals("12", values.get("/errors"));
        assertEquals("0", values.get("/servers/0/rounds/0/kinds/del/operations"));
        assertTrue(values.keySet().stream().noneMatch(name -> name.startsWith("/ratios/del")), "a ratio to nothing");
        assertEquals(HOSTILE, values.get("/servers/0/rounds/0/first_errors/0"));
        assertEquals(0, Double.parseDouble(values.get("/servers/0/rounds/0/series/1/all/per_second")));
        assertTrue(values.get("/command").contains("--seed 5"));
    }

    @Test
    void theTableSaysWhatWentWrong() {
        List<String> lines = LoadTable.lines(result());
        assertTrue(lines.stream().anyMatch(line -> line.matches("\\| all +\\| first +\\| 400 .*\\| 6 +\\| 2\\.00 .*")), String.join("\n", lines));
        assertTrue(lines.contains("first: ERROR " + HOSTILE), String.join("\n", lines));
        assertTrue(lines.contains("second: 2 connections lost, with 8 operations of unknown outcome."), String.join("\n", lines));
    }

    @Test
    void thePageNeedsNothingFromElsewhere() throws Exception {
        String page = LoadHtml.text(result());
        Matcher addresses = Pattern.compile("https?://[^\"'\\s<]*").matcher(page);
        while (addresses.find()) {
            assertEquals("http://www.w3.org/2000/svg", addresses.group());
        }
        assertFalse(Pattern.compile("(?i)\\b(src|href)\\s*=|@import|url\\(").matcher(page).find());
        assertTrue(page.contains("answered &lt;/script&gt;&lt;b&gt; &amp; &quot;quotes&quot;"), "a text from a server must not become markup");
        Matcher data = Pattern.compile("<script type=\"application/json\" id=\"data\">(.*?)</script>", Pattern.DOTALL).matcher(page);
        assertTrue(data.find());
        assertEquals(LoadJson.text(result()).length(), data.group(1).replace("\\u003c", "<").length());
        assertEquals(HOSTILE, parse(data.group(1)).get("/servers/0/rounds/0/first_errors/0"));
        Matcher charts = Pattern.compile("<svg.*?</svg>", Pattern.DOTALL).matcher(page);
        int count = 0;
        while (charts.find()) {
            count++;
            assertFalse(charts.group().contains("NaN") || charts.group().contains("Infinity"), charts.group());
            DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(charts.group())));
        }
        // get, set, del (of which there was none), all: each with rate, latency and distribution
        assertEquals(4 * 3, count);
        assertTrue(page.contains("prefers-color-scheme: dark"));
    }
}

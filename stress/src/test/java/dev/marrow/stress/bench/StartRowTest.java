package dev.marrow.stress.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.marrow.stress.bench.StartRow.Kind;
import dev.marrow.stress.bench.StartRow.Source;
import dev.marrow.stress.bench.TimedServer.Start;
import java.util.List;
import org.junit.jupiter.api.Test;

class StartRowTest {
    @Test
    void whatAStartCostsWhateverItLoadsIsNotInTheRate() {
        StartRow small = row(1_000, 3.0, 4.0);
        StartRow large = row(5_000, 5.0, 12.0);
        assertEquals(List.of(2_000.0, 500.0), large.keysPerSecondSince(small, Kind.MARROW));
    }

    @Test
    void aStartThatTakesNoLongerWithMoreKeysHasNoRate() {
        StartRow small = row(1_000, 3.0, 4.0);
        StartRow large = row(5_000, 3.0, 2.0);
        assertEquals(List.of(Double.POSITIVE_INFINITY, -2_000.0), large.keysPerSecondSince(small, Kind.MARROW));
    }

    private static StartRow row(int keys, double... seconds) {
        StartRow row = new StartRow(Source.BASE, keys);
        for (double each : seconds) {
            row.add(Kind.MARROW, new Start(each, each, "cold"));
        }
        return row;
    }
}

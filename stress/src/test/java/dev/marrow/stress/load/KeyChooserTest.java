package dev.marrow.stress.load;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.stress.load.KeyChooser.Distribution;
import dev.marrow.stress.load.OperationSource.Drawn;
import dev.marrow.stress.load.OperationSource.ValueSize;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Keys are chosen as the theory says, and the same for the same seed. Expected shares are asserted within five standard deviations. */
class KeyChooserTest {
    private static final int DRAWS = 1_000_000;
    /** YCSB's ZETAN, of ten billion items. */
    private static final double YCSB_ZETA = 26.46902820178302;

    @Test
    void sumsAsYcsbDoes() {
        assertEquals(YCSB_ZETA, Zipfian.zeta(KeyChooser.ScrambledZipfian.ITEMS), 1e-9);
        double sum = 0;
        for (int i = 20_000; i >= 1; i--) {
            sum += Math.pow(i, -Zipfian.EXPONENT);
        }
        assertEquals(sum, Zipfian.zeta(20_000), 1e-9);
    }

    @Test
    void frequentItemsHaveTheirZipfianShare() {
        int items = 1_000;
        int[] drawn = new int[items];
        Zipfian zipfian = new Zipfian(items);
        SplittableRandom random = new SplittableRandom(7);
        for (int i = 0; i < DRAWS; i++) {
            drawn[(int) zipfian.next(random)]++;
        }
        double zeta = Zipfian.zeta(items);
        assertShare(1 / zeta, drawn[0]);
        assertShare(Math.pow(2, -Zipfian.EXPONENT) / zeta, drawn[1]);
        // the method approximates the others
        for (int top : List.of(10, 100, 500)) {
            double share = Arrays.stream(drawn, 0, top).sum() / (double) DRAWS;
            assertEquals(Zipfian.zeta(top) / zeta, share, 0.02, "top " + top);
        }
    }

    private static void assertShare(double expected, int drawn) {
        double deviation = Math.sqrt(expected * (1 - expected) / DRAWS);
        assertEquals(expected, drawn / (double) DRAWS, 5 * deviation);
    }

    @Test
    void scrambledZipfianScattersWhatIsFrequent() {
        int records = 10_000;
        int[] drawn = count(new KeyChooser.ScrambledZipfian(records), records);
        int first = (int) KeyChooser.ScrambledZipfian.scatter(0, records);
        int second = (int) KeyChooser.ScrambledZipfian.scatter(1, records);
        assertTrue(Math.abs(first - second) > 1, "neighbours");
        assertEquals(1 / YCSB_ZETA, drawn[first] / (double) DRAWS, 0.002);
        assertEquals(Arrays.stream(drawn).max().orElseThrow(), drawn[first]);
        assertTrue(Arrays.stream(drawn).filter(count -> count > 0).count() > records * 0.95, "some records are never chosen");
    }

    private static int[] count(KeyChooser chooser, int records) {
        int[] drawn = new int[records];
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < DRAWS; i++) {
            drawn[(int) chooser.next(random)]++;
        }
        return drawn;
    }

    @Test
    void uniformKeysAreUniform() {
        int[] drawn = count(KeyChooser.of(Distribution.UNIFORM, new Records(100)), 100);
        for (int count : drawn) {
            assertShare(0.01, count);
        }
    }

    @Test
    void latestFollowsInserts() {
        Records records = new Records(1_000);
        KeyChooser latest = KeyChooser.of(Distribution.LATEST, records);
        assertEquals(999, mostFrequent(latest));
        for (int i = 0; i < 10; i++) {
            assertEquals(1_000 + i, records.insert());
        }
        assertEquals(1_009, mostFrequent(latest));
        assertEquals(1_000, records.latest(9));
        assertEquals(999, records.latest(10));
        assertEquals(0, records.latest(1_009));
        for (int i = 0; i < 990; i++) {
            records.insert();
        }
        assertTrue(Arrays.stream(count(latest, 2_000), 0, 1_000).sum() > 0, "what is older than any record was at first is never chosen");
    }

    private static int mostFrequent(KeyChooser chooser) {
        int[] drawn = count(chooser, 2_000);
        int most = 0;
        for (int i = 0; i < drawn.length; i++) {
            most = drawn[i] > drawn[most] ? i : most;
        }
        return most;
    }

    @Test
    void insertedRecordsAreBounded() {
        Records records = new Records(10);
        for (int i = 0; i < 25; i++) {
            assertEquals(10 + i % 10, records.insert());
        }
        assertEquals(20, records.count());
        assertEquals(14, records.latest(0));
        assertEquals(15, records.latest(9));
        assertEquals(9, records.latest(10));
    }

    @ParameterizedTest
    @EnumSource
    void aSeedRepeatsItself(Distribution distribution) {
        assertArrayEquals(operations(distribution, 5), operations(distribution, 5));
        assertFalse(Arrays.equals(operations(distribution, 5), operations(distribution, 6)));
    }

    private static long[] operations(Distribution distribution, long seed) {
        Records records = new Records(1_000);
        OperationSource source = OperationSource.mixed(Mix.parse("get=50,set=30,insert=10,scan=10"), KeyChooser.of(distribution, records), records,
                new ValueSize(1, 100), new SplittableRandom(seed));
        List<Long> seen = new ArrayList<>();
        Drawn drawn = new Drawn();
        for (int i = 0; i < 1_000; i++) {
            source.next(i, drawn);
            seen.addAll(List.of((long) drawn.kind.ordinal(), drawn.record, (long) drawn.valueBytes, (long) drawn.valueFrom));
        }
        return seen.stream().mapToLong(Long::longValue).toArray();
    }

    @Test
    void aMixIsDrawnAsItsSharesSay() {
        Mix mix = Mix.parse("get=80,set=15,incr=5");
        SplittableRandom random = new SplittableRandom(1);
        int[] drawn = new int[OperationKind.values().length];
        for (int i = 0; i < DRAWS; i++) {
            drawn[mix.draw(random).ordinal()]++;
        }
        assertShare(0.80, drawn[OperationKind.GET.ordinal()]);
        assertShare(0.15, drawn[OperationKind.SET.ordinal()]);
        assertShare(0.05, drawn[OperationKind.INCR.ordinal()]);
        assertEquals("get=80,set=15,incr=5", mix.text());
    }

    @Test
    void scansStayInsideTheRecords() {
        Records records = new Records(50);
        OperationSource source = OperationSource.mixed(Mix.parse("scan=1"), KeyChooser.of(Distribution.UNIFORM, records), records,
                new ValueSize(1, 1), new SplittableRandom(1));
        Drawn drawn = new Drawn();
        for (int i = 0; i < 10_000; i++) {
            source.next(i, drawn);
            assertTrue(drawn.records >= 1 && drawn.record >= 0 && drawn.record + drawn.records <= 50);
        }
    }
}

package dev.marrow.stress.load;

import java.util.SplittableRandom;

/**
 * Numbers from 0 whose probabilities fall like {@code 1 / (number + 1)^0.99}: YCSB's constant. Drawn by the method of Gray et al., "Quickly
 * Generating Billion-Record Synthetic Databases" (SIGMOD 1994): 0 and 1 exactly, the others by inverting a continuous approximation.
 */
final class Zipfian {
    static final double EXPONENT = 0.99;
    private static final double ALPHA = 1 / (1 - EXPONENT);
    private static final double SECOND = Math.pow(0.5, EXPONENT);
    /** So many terms of a sum are added up; the rest of it is an integral, whose error is then far below that of a double's sum. */
    private static final int SUMMED_TERMS = 10_000;
    private static final double SUM = sum(SUMMED_TERMS);

    private long items;
    private double zeta;
    private double eta;

    /** @param items at least 1 */
    Zipfian(long items) {
        items(items);
    }

    /** Changes the number of items; costs a few powers. */
    void items(long count) {
        if (count == items) {
            return;
        }
        items = count;
        zeta = zeta(count);
        eta = (1 - Math.pow(2.0 / count, 1 - EXPONENT)) / (1 - (1 + SECOND) / zeta);
    }

    /** From 0 to items - 1; 0 is the most frequent. */
    long next(SplittableRandom random) {
        double share = random.nextDouble();
        double scaled = share * zeta;
        if (scaled < 1 || items == 1) {
            return 0;
        }
        if (scaled < 1 + SECOND || items == 2) {
            return 1;
        }
        return Math.min(items - 1, (long) (items * Math.pow(eta * share - eta + 1, ALPHA)));
    }

    /** The sum of {@code 1 / i^0.99} for i from 1 to count. */
    static double zeta(long count) {
        if (count <= SUMMED_TERMS) {
            return sum((int) count);
        }
        // Euler-Maclaurin, from the last summed term on.
        double from = SUMMED_TERMS;
        double to = count;
        double integral = (Math.pow(to, 1 - EXPONENT) - Math.pow(from, 1 - EXPONENT)) / (1 - EXPONENT);
        double ends = (Math.pow(to, -EXPONENT) - Math.pow(from, -EXPONENT)) / 2;
        double slopes = EXPONENT * (Math.pow(from, -EXPONENT - 1) - Math.pow(to, -EXPONENT - 1)) / 12;
        return SUM + integral + ends + slopes;
    }

    private static double sum(int terms) {
        double sum = 0;
        // the small ones first, so that they are not lost
        for (int i = terms; i >= 1; i--) {
            sum += Math.pow(i, -EXPONENT);
        }
        return sum;
    }
}

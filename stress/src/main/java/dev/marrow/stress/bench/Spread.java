package dev.marrow.stress.bench;

import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Several measurements of one thing.
 *
 * @param median the middle one, or the mean of the two in the middle
 */
public record Spread(double median, double min, double max) {

    /** @throws IllegalArgumentException for no samples */
    public static Spread of(List<Double> samples) {
        if (samples.isEmpty()) {
            throw new IllegalArgumentException("samples=0");
        }
        List<Double> sorted = samples.stream().sorted().toList();
        int middle = sorted.size() / 2;
        double median = sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
        return new Spread(median, sorted.getFirst(), sorted.getLast());
    }

    /** Of one number of each result. */
    static <R> Spread of(List<R> results, ToDoubleFunction<R> number) {
        return of(results.stream().mapToDouble(number).boxed().toList());
    }

    /** Of what that number of each result is in terms of the other's in the same place. */
    static <R> Spread ofRatios(List<R> numerators, List<R> denominators, ToDoubleFunction<R> number) {
        return ofRatios(numerators.stream().mapToDouble(number).boxed().toList(), denominators.stream().mapToDouble(number).boxed().toList());
    }

    /** Of what each measurement of the one is in terms of the other's in the same place. */
    public static Spread ofRatios(List<Double> numerators, List<Double> denominators) {
        if (numerators.size() != denominators.size()) {
            throw new IllegalArgumentException("numerators=" + numerators.size() + " denominators=" + denominators.size());
        }
        return of(IntStream.range(0, numerators.size()).mapToObj(i -> numerators.get(i) / denominators.get(i)).toList());
    }

    /** {@code median (min..max)} with a number of decimals; only the median where nothing else was measured. */
    public String text(int decimals) {
        String number = "%,." + decimals + "f";
        if (min == max) {
            return String.format(Locale.ROOT, number, median);
        }
        return String.format(Locale.ROOT, number + " (" + number + ".." + number + ")", median, min, max);
    }
}

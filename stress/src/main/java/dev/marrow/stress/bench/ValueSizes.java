package dev.marrow.stress.bench;

import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** How long each key's value is; the same one whenever it is asked. */
sealed interface ValueSizes {
    /** @param key its number, from 0 */
    int bytes(int key);

    /** No value is longer. */
    int most();

    /** What a value has on average of very many. */
    double mean();

    String label();

    /** Of the keys from 0 on. */
    default long total(int keys) {
        return IntStream.range(0, keys).mapToLong(this::bytes).sum();
    }

    record Fixed(int most) implements ValueSizes {
        @Override
        public int bytes(int key) {
            return most;
        }

        @Override
        public double mean() {
            return most;
        }

        @Override
        public String label() {
            return String.format(Locale.ROOT, "%,d bytes", most);
        }
    }

    /** As many from 16 to 32 as from 32 to 64, and so on. */
    record LogUniform(int least, int most, long seed) implements ValueSizes {
        @Override
        public int bytes(int key) {
            return (int) (least * Math.pow((double) most / least, new SplittableRandom(seed + key).nextDouble()));
        }

        @Override
        public double mean() {
            return (most - least) / Math.log((double) most / least);
        }

        @Override
        public String label() {
            return String.format(Locale.ROOT, "%,d to %,d bytes", least, most);
        }
    }
}

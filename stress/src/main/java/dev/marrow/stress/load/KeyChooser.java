package dev.marrow.stress.load;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;

/** Which record an operation is on. One thread at a time. */
interface KeyChooser {
    long next(SplittableRandom random);

    /** The words of {@code --distribution}. */
    enum Distribution {
        UNIFORM, ZIPFIAN, LATEST;

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        static Optional<Distribution> of(String word) {
            return Arrays.stream(values()).filter(distribution -> distribution.word().equals(word)).findFirst();
        }
    }

    static KeyChooser of(Distribution distribution, Records records) {
        return switch (distribution) {
            case UNIFORM -> random -> random.nextLong(records.base());
            case ZIPFIAN -> new ScrambledZipfian(records.base());
            case LATEST -> new Latest(records);
        };
    }

    /**
     * YCSB's: zipfian numbers out of ten billion, whatever the number of records is, spread over the records by a hash (FNV-1, 64 bits), so that
     * frequent records do not lie side by side. The most frequent one gets 3.8 % of all operations.
     */
    final class ScrambledZipfian implements KeyChooser {
        static final long ITEMS = 10_000_000_000L;
        private static final long FNV_OFFSET = 0xCBF29CE484222325L;
        private static final long FNV_PRIME = 1_099_511_628_211L;

        private final long records;
        private final Zipfian zipfian = new Zipfian(ITEMS);

        ScrambledZipfian(long records) {
            this.records = records;
        }

        @Override
        public long next(SplittableRandom random) {
            return scatter(zipfian.next(random), records);
        }

        static long scatter(long number, long records) {
            long hash = FNV_OFFSET;
            for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
                hash = (hash ^ number >>> shift & 0xff) * FNV_PRIME;
            }
            return Math.floorMod(hash, records);
        }
    }

    /** The newest record is the most frequent one, the others follow by age. */
    final class Latest implements KeyChooser {
        private final Records records;
        private final Zipfian zipfian;

        Latest(Records records) {
            this.records = records;
            zipfian = new Zipfian(records.count());
        }

        @Override
        public long next(SplittableRandom random) {
            zipfian.items(records.count());
            return records.latest(zipfian.next(random));
        }
    }
}

package dev.marrow.stress.load;

import java.util.SplittableRandom;

/** One connection's operations, one after the other. Draws the same for the same seed, except that "latest" follows what others insert. */
interface OperationSource {
    /** Longest run of a {@link OperationKind#SCAN}, as in YCSB's workload E; each length from 1 on is as likely. */
    int SCAN_RECORDS_MAX = 100;

    /**
     * Decides on the next one.
     *
     * @param ticket its number among all connections' operations, from 0
     */
    void next(long ticket, Drawn drawn);

    /** What was decided on; used again and again. */
    final class Drawn {
        OperationKind kind = OperationKind.GET;
        /** The record, the first one of a scan, or the counter. */
        long record;
        /** Of a scan. */
        int records;
        /** Of the value that a write writes. */
        int valueBytes;
        /** Where in the encoder's letters the value begins. */
        int valueFrom;
    }

    /** @param min bytes of a value, from 1 @param max at least min */
    record ValueSize(int min, int max) {
        int draw(SplittableRandom random) {
            return min == max ? min : random.nextInt(min, max + 1);
        }

        String text() {
            return min == max ? Integer.toString(min) : min + "-" + max;
        }
    }

    /** A mix on chosen keys. */
    static OperationSource mixed(Mix mix, KeyChooser keys, Records records, ValueSize sizes, SplittableRandom random) {
        int scanMax = (int) Math.min(SCAN_RECORDS_MAX, records.base());
        return (ticket, drawn) -> {
            drawn.kind = mix.draw(random);
            switch (drawn.kind) {
                case INSERT -> drawn.record = records.insert();
                case SCAN -> {
                    drawn.records = random.nextInt(1, scanMax + 1);
                    drawn.record = Math.min(keys.next(random), records.base() - drawn.records);
                }
                default -> drawn.record = keys.next(random);
            }
            value(drawn, sizes, random);
        };
    }

    /** Every record once. */
    static OperationSource fill(ValueSize sizes, SplittableRandom random) {
        return (ticket, drawn) -> {
            drawn.kind = OperationKind.SET;
            drawn.record = ticket;
            value(drawn, sizes, random);
        };
    }

    private static void value(Drawn drawn, ValueSize sizes, SplittableRandom random) {
        drawn.valueBytes = sizes.draw(random);
        drawn.valueFrom = random.nextInt(RequestEncoder.LETTERS_BYTES - drawn.valueBytes + 1);
    }
}

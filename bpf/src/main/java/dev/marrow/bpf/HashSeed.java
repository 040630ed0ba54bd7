package dev.marrow.bpf;

import java.security.SecureRandom;

/**
 * What a store's hash function is keyed with, so that nobody outside can aim keys at one bucket. A directory keeps one for life: then a checkpoint, which
 * is in the buckets' order, is loaded in the buckets' order.
 */
public record HashSeed(long low, long high) {
    public static HashSeed random() {
        SecureRandom random = new SecureRandom();
        return new HashSeed(random.nextLong(), random.nextLong());
    }
}

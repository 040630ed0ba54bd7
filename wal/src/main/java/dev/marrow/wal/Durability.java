package dev.marrow.wal;

import java.util.Locale;

/** When a write may be acknowledged (I2). The names users see are Redis's own, in lower case. */
public enum Durability {
    /** After fdatasync of its record. */
    ALWAYS,
    /** At once; the log is synced at least once a second. */
    EVERYSEC;

    /**
     * Reads the user's word.
     *
     * @throws IllegalArgumentException for anything but {@code always} and {@code everysec}, in any case
     */
    public static Durability parse(String word) {
        return switch (word.toLowerCase(Locale.ROOT)) {
            case "always" -> ALWAYS;
            case "everysec" -> EVERYSEC;
            default -> throw new IllegalArgumentException("durability=" + word + ", expected always or everysec");
        };
    }

    /** The word that {@link #parse} reads. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}

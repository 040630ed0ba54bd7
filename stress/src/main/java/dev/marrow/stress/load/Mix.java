package dev.marrow.stress.load;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/** How often each operation comes, in shares of a whole; immutable. */
final class Mix {
    static final int SHARE_MAX = 1_000_000;

    private final EnumMap<OperationKind, Integer> shares;
    private final OperationKind[] kinds;
    private final int[] ends;
    private final int whole;

    /** @param shares from 1 to {@value #SHARE_MAX} each; at least one */
    Mix(Map<OperationKind, Integer> shares) {
        this.shares = new EnumMap<>(shares);
        kinds = this.shares.keySet().toArray(OperationKind[]::new);
        ends = new int[kinds.length];
        int end = 0;
        for (int i = 0; i < kinds.length; i++) {
            end += this.shares.get(kinds[i]);
            ends[i] = end;
        }
        whole = end;
    }

    /**
     * The core workloads of YCSB (Cooper et al., "Benchmarking Cloud Serving Systems with YCSB", SoCC 2010), on strings.
     *
     * @param letter a to f
     */
    static Optional<Mix> ycsb(String letter) {
        return switch (letter) {
            case "a" -> Optional.of(new Mix(Map.of(OperationKind.GET, 50, OperationKind.SET, 50)));
            case "b" -> Optional.of(new Mix(Map.of(OperationKind.GET, 95, OperationKind.SET, 5)));
            case "c" -> Optional.of(new Mix(Map.of(OperationKind.GET, 100)));
            case "d" -> Optional.of(new Mix(Map.of(OperationKind.GET, 95, OperationKind.INSERT, 5)));
            case "e" -> Optional.of(new Mix(Map.of(OperationKind.SCAN, 95, OperationKind.INSERT, 5)));
            case "f" -> Optional.of(new Mix(Map.of(OperationKind.GET, 50, OperationKind.RMW, 50)));
            default -> Optional.empty();
        };
    }

    /**
     * Reads {@code get=80,set=15,incr=5}.
     *
     * @throws IllegalArgumentException it is none; the message says why
     */
    static Mix parse(String text) {
        EnumMap<OperationKind, Integer> shares = new EnumMap<>(OperationKind.class);
        for (String part : text.split(",", -1)) {
            String[] sides = part.split("=", -1);
            Optional<OperationKind> kind = OperationKind.of(sides[0].strip());
            if (sides.length != 2 || kind.isEmpty()) {
                throw new IllegalArgumentException("'" + part + "' is no share like get=80; operations are "
                        + List.of(OperationKind.values()).stream().map(OperationKind::word).collect(Collectors.joining(", ")));
            }
            if (shares.put(kind.get(), share(part, sides[1].strip())) != null) {
                throw new IllegalArgumentException(kind.get().word() + " is there twice");
            }
        }
        return new Mix(shares);
    }

    private static int share(String part, String number) {
        try {
            int share = Integer.parseInt(number);
            if (share >= 1 && share <= SHARE_MAX) {
                return share;
            }
        } catch (NumberFormatException notANumber) {
            // the same message
        }
        throw new IllegalArgumentException("the share in '" + part + "' must be a whole number from 1 to " + SHARE_MAX);
    }

    OperationKind draw(SplittableRandom random) {
        if (kinds.length == 1) {
            return kinds[0];
        }
        int at = random.nextInt(whole);
        int kind = 0;
        while (at >= ends[kind]) {
            kind++;
        }
        return kinds[kind];
    }

    boolean has(OperationKind kind) {
        return shares.containsKey(kind);
    }

    List<OperationKind> kinds() {
        return List.of(kinds);
    }

    /** As {@link #parse} reads it. */
    String text() {
        List<String> parts = new ArrayList<>();
        shares.forEach((kind, share) -> parts.add(kind.word() + "=" + share));
        return String.join(",", parts);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Mix mix && mix.shares.equals(shares);
    }

    @Override
    public int hashCode() {
        return shares.hashCode();
    }

    @Override
    public String toString() {
        return text();
    }
}

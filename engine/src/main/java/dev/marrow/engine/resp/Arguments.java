package dev.marrow.engine.resp;

import java.util.AbstractList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.RandomAccess;

/**
 * A command's arguments, of which some are too long for the heap. As a list it copies such an argument to the heap when it is asked for; whoever can do
 * without asks {@link #large}.
 */
public final class Arguments extends AbstractList<byte[]> implements RandomAccess {
    /** Of a large argument, when a command is shown to people. */
    private static final int SHOWN_BYTES = 128;

    private final List<byte[]> arguments;
    private final Map<Integer, LargeArgument> large;

    /**
     * @param arguments with something in the places of the large ones
     * @param large     by place
     */
    Arguments(List<byte[]> arguments, Map<Integer, LargeArgument> large) {
        this.arguments = arguments;
        this.large = Map.copyOf(large);
    }

    @Override
    public byte[] get(int index) {
        LargeArgument found = large.get(index);
        return found == null ? arguments.get(index) : found.bytes();
    }

    @Override
    public int size() {
        return arguments.size();
    }

    /** The argument in this place, if it is a large one. */
    public static Optional<LargeArgument> large(List<byte[]> arguments, int index) {
        return arguments instanceof Arguments some ? Optional.ofNullable(some.large.get(index)) : Optional.empty();
    }

    /** Whether any of them is large. */
    public static boolean hasLarge(List<byte[]> arguments) {
        return arguments instanceof Arguments;
    }

    /** Length of an argument in bytes. */
    public static long length(List<byte[]> arguments, int index) {
        return large(arguments, index).map(LargeArgument::length).orElseGet(() -> (long) arguments.get(index).length);
    }

    /** The same with the beginnings of large ones, for people. */
    public static List<byte[]> shown(List<byte[]> arguments) {
        if (!(arguments instanceof Arguments some)) {
            return arguments;
        }
        return new AbstractList<>() {
            @Override
            public byte[] get(int index) {
                LargeArgument found = some.large.get(index);
                return found == null ? some.arguments.get(index) : found.prefix(SHOWN_BYTES);
            }

            @Override
            public int size() {
                return some.size();
            }
        };
    }

    /** The command is over: what it has not stored is forgotten. */
    public static void release(List<byte[]> arguments) {
        if (arguments instanceof Arguments some) {
            some.large.values().forEach(LargeArgument::release);
        }
    }
}

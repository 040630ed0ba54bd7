package dev.marrow.stress.crash;

import dev.marrow.stress.fuse.Faults;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** What is done at the N-th call that changes the disk. */
enum CallFault {
    EIO(Faults.Kind.EIO, "EIO"),
    ENOSPC(Faults.Kind.ENOSPC, "ENOSPC"),
    TORN_WRITE(Faults.Kind.TORN_WRITE, "half a write, then EIO"),
    SHORT_WRITE(Faults.Kind.SHORT_WRITE, "half a write"),
    KILL(Faults.Kind.POWER_OFF, "kill -9 inside a call"),
    POWER_CUT(Faults.Kind.POWER_OFF, "power cut inside a call");

    private final Faults.Kind kind;
    private final String title;

    CallFault(Faults.Kind kind, String title) {
        this.kind = kind;
        this.title = title;
    }

    /** As the table of results names it. */
    String title() {
        return title;
    }

    /** One store, with the fault at this call. */
    CallRun.Outcome strike(Path parent, long seed, long number) throws IOException, InterruptedException {
        try (FaultedLives lives = new FaultedLives(parent, seed + number)) {
            switch (this) {
                case EIO, ENOSPC, TORN_WRITE -> lives.failure(kind, number);
                case SHORT_WRITE -> lives.shortWrite(number);
                case KILL -> lives.kill(number);
                case POWER_CUT -> lives.powerCut(number);
            }
            return new CallRun.Outcome(lives.fired().map(Faults.Call::toString), lives.counts(), lives.wrong());
        }
    }

    /**
     * Which calls to try, in which order: first of each run of equal calls the first, the last and one between, then the rest.
     *
     * @param calls of a life without a fault
     */
    List<Long> numbers(List<Faults.Call> calls, Random random) {
        Map<Faults.Call, List<Long>> equal = new LinkedHashMap<>();
        long number = 0;
        for (Faults.Call call : calls) {
            if (kind.counts(call)) {
                equal.computeIfAbsent(call, c -> new ArrayList<>()).add(++number);
            }
        }
        Set<Long> telling = new LinkedHashSet<>();
        for (List<Long> numbers : equal.values()) {
            telling.addAll(List.of(numbers.getFirst(), numbers.getLast(), numbers.get(random.nextInt(numbers.size()))));
        }
        List<Long> first = new ArrayList<>(telling);
        Collections.shuffle(first, random);
        List<Long> rest = new ArrayList<>(equal.values().stream().flatMap(List::stream).filter(n -> !telling.contains(n)).toList());
        Collections.shuffle(rest, random);
        first.addAll(rest);
        return first;
    }
}

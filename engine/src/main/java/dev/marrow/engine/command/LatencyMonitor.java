package dev.marrow.engine.command;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What took at least latency-monitor-threshold milliseconds: for each event the last {@value #SAMPLES_MAX} seconds in which it happened. The events
 * are "command" and "fast-command", as Redis divides them, executed in Java. Thread-safe.
 */
final class LatencyMonitor {
    static final int SAMPLES_MAX = 160;

    /** The longest of one second. */
    record Sample(long timeSeconds, long millis) {}

    /** One event's. */
    static final class Series {
        private final Deque<Sample> samples = new ArrayDeque<>();
        private long millisMax;

        private void add(long timeSeconds, long millis) {
            millisMax = Math.max(millisMax, millis);
            Sample last = samples.peekLast();
            if (last != null && last.timeSeconds() == timeSeconds) {
                samples.removeLast();
                samples.addLast(new Sample(timeSeconds, Math.max(last.millis(), millis)));
                return;
            }
            if (samples.size() == SAMPLES_MAX) {
                samples.removeFirst();
            }
            samples.addLast(new Sample(timeSeconds, millis));
        }
    }

    /** @param samples oldest first, at least one */
    record History(List<Sample> samples, long millisMax) {
        Sample latest() {
            return samples.getLast();
        }
    }

    private final Map<String, Series> events = new TreeMap<>();

    synchronized void add(String event, long timeSeconds, long millis) {
        events.computeIfAbsent(event, name -> new Series()).add(timeSeconds, millis);
    }

    synchronized Map<String, History> all() {
        Map<String, History> all = new TreeMap<>();
        events.forEach((name, series) -> all.put(name, new History(List.copyOf(series.samples), series.millisMax)));
        return all;
    }

    Optional<History> history(String event) {
        return Optional.ofNullable(all().get(event));
    }

    /** Forgets one event; whether there was one. */
    synchronized boolean reset(String event) {
        return events.remove(event) != null;
    }

    /** Forgets all; how many there were. */
    synchronized int resetAll() {
        int count = events.size();
        events.clear();
        return count;
    }
}

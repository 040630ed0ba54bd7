package dev.marrow.stress.load;

import java.io.PrintStream;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;

/** A line a second for whoever is waiting. */
final class Progress implements Consumer<Interval>, AutoCloseable {
    private final String prefix;
    private final PrintStream out;
    private final Optional<StatusPoll> poll;
    private Optional<StoreStatus> before = Optional.empty();

    Progress(String prefix, Peer peer, PrintStream out) {
        this.prefix = prefix;
        this.out = out;
        poll = peer.marrow() ? Optional.of(new StatusPoll(peer.server())) : Optional.empty();
    }

    @Override
    public void accept(Interval interval) {
        Interval.Latencies all = interval.all();
        String line = String.format(Locale.ROOT, "%s %5.1f s  %,11.0f/s  p50 %s  p99 %s  errors %,d", prefix, interval.endSeconds(),
                interval.perSecond(), time(all.p50()), time(all.p99()), interval.errors());
        Optional<StoreStatus> now = poll.flatMap(StatusPoll::latest);
        out.println(line + now.map(status -> "  " + status.since(before.orElse(status))).orElse(""));
        before = now;
    }

    /** With the unit that suits it. */
    static String time(long nanos) {
        if (nanos < 10_000) {
            return String.format(Locale.ROOT, "%.2f µs", nanos / 1e3);
        }
        if (nanos < 10_000_000) {
            return String.format(Locale.ROOT, "%,.0f µs", nanos / 1e3);
        }
        return String.format(Locale.ROOT, "%,.0f ms", nanos / 1e6);
    }

    @Override
    public void close() {
        poll.ifPresent(StatusPoll::close);
    }
}

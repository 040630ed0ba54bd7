package dev.marrow.stress.jmh;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Benchmarks as they rot, for the test that says so. */
@State(Scope.Benchmark)
public class BrokenBenchmark {
    @Benchmark
    public void fails() {
        throw new IllegalStateException("broken on purpose");
    }

    /** Its JVM ends well, and has measured nothing. */
    @Benchmark
    public void saysNothing() {
        Runtime.getRuntime().halt(0);
    }
}

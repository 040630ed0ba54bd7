package dev.marrow.engine.cli;

import dev.marrow.engine.config.ConfigException;
import dev.marrow.engine.config.ServeOptions;
import dev.marrow.engine.config.ServerConfig;
import dev.marrow.engine.doctor.Doctor;
import dev.marrow.engine.server.Server;
import dev.marrow.wal.LogCutPlace;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "serve", mixinStandardHelpOptions = true, description = "Start the store and serve Redis clients until stopped.")
final class ServeCommand implements Callable<Integer> {
    @Mixin
    private ServeOptions options = new ServeOptions();

    /** Not in the configuration file: it is a decision about one damage. */
    @Option(names = "--cut-damaged-log", paramLabel = "FILE:OFFSET",
            description = "Start although the log is damaged, without everything from this place on: the file and offset that the refused start named."
                    + " What is cut is acknowledged data, and lost; the files are kept aside.")
    private String cut = "";

    @Override
    public Integer call() throws Exception {
        ServerConfig config = options.toConfig();
        Doctor.ofThisMachine().require();
        Server server = new Server(config, System.out, cutPlace());
        // SIGTERM and SIGINT run the hook; the JVM ends when it returns, so it waits for the stop to be complete. It ends the
        // process itself, because the JVM would tell of the signal (143) and hide whether the stop was clean.
        CountDownLatch stopped = new CountDownLatch(1);
        AtomicInteger exit = new AtomicInteger(ExitCode.OK);
        Thread hook = Thread.ofPlatform().unstarted(() -> {
            server.shutdown(true);
            try {
                stopped.await();
                Runtime.getRuntime().halt(exit.get());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            // whoever reads "ready" may stop it at once
            System.out.println(server.report().describe());
            System.out.println("ready: listening on " + String.join(",", config.bind()) + " port " + server.port() + ", durability "
                    + config.durability().word() + ", on-host " + (config.onHost() ? "on" : "off") + ", directory " + config.dir());
            server.awaitStop();
            Throwable failure = server.failure();
            tell(failure);
            server.close();
            // the last sync may have failed too
            if (failure == null) {
                tell(server.failure());
            }
        } finally {
            exit.set(server.failure() == null ? ExitCode.OK : ExitCode.of(server.failure()));
            System.out.flush();
            stopped.countDown();
        }
        return exit.get();
    }

    private Optional<LogCutPlace> cutPlace() throws ConfigException {
        try {
            return cut.isEmpty() ? Optional.empty() : Optional.of(LogCutPlace.parse(cut));
        } catch (IllegalArgumentException e) {
            throw new ConfigException("--cut-damaged-log: " + e.getMessage());
        }
    }

    private static void tell(Throwable failure) {
        if (failure != null) {
            System.err.println("marrow: stopping, nothing more is acknowledged: " + Main.explain(failure));
        }
    }
}

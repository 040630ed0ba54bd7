package dev.marrow.engine.cli;

import dev.marrow.engine.config.ServeOptions;
import dev.marrow.engine.config.ServerConfig;
import dev.marrow.engine.doctor.Doctor;
import dev.marrow.engine.server.Server;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(name = "serve", mixinStandardHelpOptions = true, description = "Start the store and serve Redis clients until stopped.")
final class ServeCommand implements Callable<Integer> {
    @Mixin
    private ServeOptions options = new ServeOptions();

    @Override
    public Integer call() throws Exception {
        ServerConfig config = options.toConfig();
        Doctor.ofThisMachine().require();
        Server server = new Server(config, System.out);
        System.out.println(server.report().describe());
        System.out.println("ready: listening on " + String.join(",", config.bind()) + " port " + server.port() + ", durability "
                + config.durability().word() + ", directory " + config.dir());

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
            server.awaitStop();
            if (server.failure() != null) {
                System.err.println("marrow: stopping, nothing more is acknowledged: " + Main.explain(server.failure()));
            }
            server.close();
        } finally {
            // the last sync may have failed too
            exit.set(server.failure() == null ? ExitCode.OK : ExitCode.of(server.failure()));
            System.out.flush();
            stopped.countDown();
        }
        return exit.get();
    }
}

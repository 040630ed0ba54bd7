package dev.marrow.stress;

import dev.marrow.stress.crash.CrashCommand;
import dev.marrow.stress.crash.MatrixCommand;
import dev.marrow.stress.load.LoadOptions;
import dev.marrow.stress.load.StressRun;
import dev.marrow.stress.qemu.PowerCutCommand;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code marrow stress}: load; its sub-commands are crash and consistency runs. */
@Command(name = "stress", mixinStandardHelpOptions = true, sortOptions = false, usageHelpAutoWidth = true,
        subcommands = {CrashCommand.class, MatrixCommand.class, PowerCutCommand.class},
        description = {"Load a server and measure it; beside a second one with --vs. docs/STRESS.md explains every number.",
            "The sub-commands are crash and consistency runs.",
            "Exit code 0: no errors; 1: errors, which are shown; 2: wrong arguments."})
final class StressCommand implements Callable<Integer> {
    @Mixin
    private LoadOptions options = new LoadOptions();

    @Override
    public Integer call() throws IOException, InterruptedException {
        return StressRun.run(options, System.out, System.err);
    }
}

package dev.marrow.stress;

import dev.marrow.stress.crash.CrashCommand;
import dev.marrow.stress.crash.MatrixCommand;
import dev.marrow.stress.qemu.PowerCutCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code marrow stress}: crash and consistency runs. */
@Command(name = "stress", mixinStandardHelpOptions = true, subcommands = {CrashCommand.class, MatrixCommand.class, PowerCutCommand.class},
        description = "Crash and consistency runs.")
final class StressCommand implements Runnable {
    @Override
    public void run() {
        CommandLine.usage(this, System.out);
    }
}

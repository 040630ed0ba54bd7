package dev.marrow.stress;

import dev.marrow.stress.bench.BenchCommand;
import dev.marrow.stress.compat.CompatCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Entry of {@code marrow bench} and its siblings. Exit code 0 for success, 1 for a run that failed, 2 for wrong arguments. */
@Command(name = "marrow", mixinStandardHelpOptions = true, subcommands = {BenchCommand.class, StressCommand.class, CompatCommand.class},
        description = "Benchmarks, stress and compatibility runs.")
public final class Main implements Runnable {
    private Main() {}

    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    /** The whole command line, as {@link #main} runs it. */
    public static CommandLine commandLine() {
        return new CommandLine(new Main()).setExecutionExceptionHandler((failure, command, result) -> {
            if (failure instanceof RuntimeException || failure.getMessage() == null) {
                failure.printStackTrace(command.getErr());
            } else {
                command.getErr().println("marrow: " + failure.getMessage());
            }
            return CommandLine.ExitCode.SOFTWARE;
        });
    }

    @Override
    public void run() {
        CommandLine.usage(this, System.out);
    }
}

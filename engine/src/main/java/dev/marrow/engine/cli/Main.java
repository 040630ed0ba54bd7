package dev.marrow.engine.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Entry of the {@code marrow} command. Exit codes: {@link ExitCode}. */
@Command(name = "marrow", mixinStandardHelpOptions = true, version = "marrow 0.1.0",
        description = "A transactional key-value store inside the Linux kernel.",
        subcommands = {ServeCommand.class, DoctorCommand.class, UnpinCommand.class, LogCommand.class, ExportCommand.class, ImportCommand.class})
public final class Main implements Runnable {
    private Main() {}

    public static void main(String[] arguments) {
        CommandLine commandLine = new CommandLine(new Main());
        commandLine.setExecutionExceptionHandler((failure, command, result) -> {
            command.getErr().println("marrow: " + explain(failure));
            return ExitCode.of(failure);
        });
        System.exit(commandLine.execute(arguments));
    }

    /** What users need of an exception: its message, and its causes' where they say more. */
    static String explain(Throwable failure) {
        if (failure instanceof RuntimeException && ExitCode.of(failure) == ExitCode.SOFTWARE) {
            failure.printStackTrace();
        }
        return failure.getMessage() == null ? failure.toString() : failure.getMessage();
    }

    @Override
    public void run() {
        CommandLine.usage(this, System.out);
    }
}

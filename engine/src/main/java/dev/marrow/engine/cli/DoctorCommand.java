package dev.marrow.engine.cli;

import dev.marrow.engine.doctor.Doctor;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(name = "doctor", mixinStandardHelpOptions = true, description = "Print what this machine has and lacks for Marrow.")
final class DoctorCommand implements Callable<Integer> {
    @Override
    public Integer call() {
        return Doctor.ofThisMachine().print(System.out) ? ExitCode.OK : ExitCode.UNAVAILABLE;
    }
}

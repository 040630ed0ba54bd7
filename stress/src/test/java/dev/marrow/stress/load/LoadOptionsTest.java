package dev.marrow.stress.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.stress.load.KeyChooser.Distribution;
import dev.marrow.stress.load.LoadPlan.Versus;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** Arguments that contradict each other or are out of range are refused with one line that says which. */
class LoadOptionsTest {
    private static LoadOptions options(String arguments) {
        return CommandLine.populateCommand(new LoadOptions(), arguments.isEmpty() ? new String[0] : arguments.split(" "));
    }

    private static LoadPlan plan(String arguments) {
        return options(arguments).plan();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--workload a --mix get=1                           | --workload and --mix",
        "--seconds 1 --operations 5                         | --seconds and --operations",
        "--operations 5 --warmup 1                          | --warmup",
        "--rounds 2                                         | --rounds needs --vs",
        "--target 127.0.0.1:1 --on-host off                 | --on-host",
        "--target 127.0.0.1:1 --durability always           | --durability",
        "--target 127.0.0.1:1 --vs 127.0.0.1:2 --work /tmp  | --work",
        "--target 127.0.0.1:1 --vs 127.0.0.1:1              | --vs names the server",
        "--workload f --pipeline 2                          | --workload f needs --pipeline 1",
        "--mix rmw=1 --pipeline 2                           | rmw needs --pipeline 1",
        "--target 127.0.0.1:1 --chaos                       | --chaos kills the server",
        "--chaos --vs redis                                 | --chaos and --vs",
        "--connections 2 --threads 3                        | --threads 3 is more than --connections 2",
        "--connections 1000 --pipeline 1000                 | MiB of buffers",
        "--workload g                                       | --workload must be",
        "--mix get                                          | --mix: 'get'",
        "--mix get=0                                        | --mix: the share",
        "--mix get=1,get=2                                  | --mix: get is there twice",
        "--mix put=1                                        | --mix: 'put=1'",
        "--distribution normal                              | --distribution must be",
        "--keys 0                                           | --keys must be",
        "--keys 100000001                                   | --keys must be",
        "--keys many                                        | --keys must be a whole number",
        "--value-size 0                                     | --value-size must be",
        "--value-size 9-3                                   | --value-size must be",
        "--value-size 1-2-3                                 | --value-size must be",
        "--value-size 65537                                 | --value-size must be",
        "--pipeline 1001                                    | --pipeline must be",
        "--connections 0                                    | --connections must be",
        "--threads 33 --connections 50                      | --threads must be",
        "--rate 0                                           | --rate must be",
        "--rate NaN                                         | --rate must be",
        "--seconds 0                                        | --seconds must be",
        "--seconds 3601                                     | --seconds must be",
        "--operations 0                                     | --operations must be",
        "--warmup -1                                        | --warmup must be",
        "--vs redis --rounds 0                              | --rounds must be",
        "--seed x                                           | --seed must be",
        "--durability sometimes                             | --durability must be always or everysec",
        "--on-host maybe                                    | --on-host must be on or off",
        "--target localhost                                 | --target localhost is not HOST:PORT",
        "--target localhost:0                               | --target localhost:0 is not HOST:PORT",
        "--target ::1:6379                                  | brackets",
        "--vs valkey                                        | --vs valkey is not HOST:PORT",
        "--json /no/such/directory/x                        | --json /no/such/directory/x: there is no such directory",
        "--html /tmp                                        | --html /tmp is a directory",
        "--json same.report --html same.report              | the same file"})
    void refuses(String arguments, String message) throws Exception {
        IllegalArgumentException refused = assertThrows(IllegalArgumentException.class, () -> plan(arguments.strip()));
        assertTrue(refused.getMessage().contains(message.strip()), refused.getMessage());
        ByteArrayOutputStream told = new ByteArrayOutputStream();
        assertEquals(2, StressRun.run(options(arguments.strip()), System.out, new PrintStream(told, true)));
        assertEquals("marrow: " + refused.getMessage() + "\n", told.toString());
    }

    @Test
    void defaultsAreAnOrdinaryLoad() {
        LoadPlan plan = plan("");
        assertEquals("get=50,set=50", plan.mix().text());
        assertEquals(Distribution.ZIPFIAN, plan.distribution());
        assertEquals(Distribution.LATEST, plan("--workload d").distribution());
        assertEquals(Distribution.ZIPFIAN, plan("--mix get=1").distribution());
        assertEquals(1, plan.rounds());
        assertEquals(3, plan("--vs redis").rounds());
        assertEquals(Optional.of(new Versus.Running(new Address("::1", 6379))), plan("--vs [::1]:6379").versus());
        assertEquals(Long.MAX_VALUE, plan.operations());
        assertEquals(0, plan("--operations 7").warmupSeconds());
    }

    /** What a run prints is how it is run again. */
    @ParameterizedTest
    @ValueSource(strings = {"", "--workload d --seconds 0.5 --keys 7", "--mix get=3,incr=2 --vs redis --rounds 2 --durability everysec --on-host off",
        "--target 127.0.0.1:6379 --vs [::1]:6380 --rate 1000.5 --no-fill --operations 77 --value-size 5-9",
                "--pipeline 9 --connections 3 --threads 2 --warmup 0", "--check --vs redis",
        "--chaos"})
    void theCommandRepeatsThePlan(String arguments) {
        LoadPlan plan = plan(arguments);
        String[] words = plan.command().split(" ");
        assertEquals("./marrow stress", words[0] + " " + words[1]);
        assertEquals(plan, plan(String.join(" ", Arrays.asList(words).subList(2, words.length))));
    }
}

package dev.marrow.stress.load;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.bpf.BpfFs;
import dev.marrow.engine.cli.JvmFlags;
import dev.marrow.stress.bench.Teardown;
import dev.marrow.stress.bench.TimedServer;
import dev.marrow.stress.crash.RespConnection;
import dev.marrow.wal.Durability;
import dev.marrow.wal.LogDirectory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** Short loads on real servers; nothing of them is left behind. */
@Timeout(400)
class StressIT {
    private static final List<String> SMALL = List.of("--seconds", "1", "--warmup", "0.2", "--keys", "2000", "--connections", "6", "--seed", "1");
    /** Of a server that is not sized by the run: its records, and those that are checked. */
    private static final int KEYS_MAX = 50_000;
    private static final int VALUE_BYTES = 100;
    /** docs/formats/wal.md. */
    private static final int SEGMENT_HEADER_BYTES = 4096;
    /** Hundreds of changes, and less than the records that are written first: a log that is empty would be something else. */
    private static final int WIPED_BYTES = 128 << 10;

    @TempDir
    Path directory;
    private final ByteArrayOutputStream table = new ByteArrayOutputStream();
    private final ByteArrayOutputStream progress = new ByteArrayOutputStream();

    private int run(String... arguments) throws Exception {
        return run(data -> { }, arguments);
    }

    private int run(Chaos.BeforeColdStart beforeColdStart, String... arguments) throws Exception {
        return run(Optional.empty(), beforeColdStart, arguments);
    }

    private int run(Optional<String> password, Chaos.BeforeColdStart beforeColdStart, String... arguments) throws Exception {
        Path work = Files.createDirectories(directory.resolve("work"));
        List<String> all = new ArrayList<>(List.of(arguments));
        if (!all.contains("--target")) {
            all.addAll(List.of("--work", work.toString()));
        }
        return StressRun.run(CommandLine.populateCommand(new LoadOptions(), all.toArray(String[]::new)), password,
                new PrintStream(table, true), new PrintStream(progress, true), beforeColdStart);
    }

    private static String[] small(String... more) {
        return Stream.concat(SMALL.stream(), Stream.of(more)).toArray(String[]::new);
    }

    private String told() {
        return progress + "\n" + table;
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        try (Stream<Path> left = Files.list(Files.createDirectories(directory.resolve("work")))) {
            assertEquals(List.of(), left.toList());
        }
        assertTrue(ProcessHandle.current().descendants().noneMatch(ProcessHandle::isAlive), "a server outlived its run");
    }

    @ParameterizedTest
    @CsvSource({"a,everysec,on", "a,always,off", "b,everysec,off", "c,always,on", "d,everysec,on", "e,everysec,on", "f,everysec,on"})
    void loadsAMarrowOfItsOwn(String workload, String durability, String onHost) throws Exception {
        assertEquals(0, run(small("--workload", workload, "--durability", durability, "--on-host", onHost)), this::told);
        assertTrue(progress.toString().contains("2,000 records in"), this::told);
        assertTrue(Pattern.compile("\\d\\.\\d s +[\\d,]+/s  p50 .* p99 .* errors 0  ring ").matcher(progress.toString()).find(), this::told);
        Matcher doors = Pattern.compile("([\\d.]+) % by the on-host door").matcher(table.toString());
        assertTrue(doors.find(), this::told);
        assertEquals(onHost.equals("on"), Double.parseDouble(doors.group(1)) > 0, this::told);
    }

    @ParameterizedTest
    @CsvSource({"1,1", "8,1", "8,8"})
    void loadsInEveryShape(String connections, String threads) throws Exception {
        assertEquals(0, run("--mix", "get=50,set=30,insert=5,incr=5,del=5,scan=5", "--operations", "5000", "--keys", "500", "--connections",
                connections, "--threads", threads,
                "--pipeline", "20", "--value-size", "1-5000", "--distribution", "latest", "--durability", "everysec", "--json",
                directory.resolve("x.json").toString()), this::told);
        long operations = 0;
        Matcher counts = Pattern.compile("\"(?:get|set|insert|incr|del|scan)\":\\{\"operations\":(\\d+)")
                .matcher(Files.readString(directory.resolve("x.json")));
        while (counts.find()) {
            operations += Long.parseLong(counts.group(1));
        }
        assertEquals(5_000, operations);
    }

    @ParameterizedTest
    @CsvSource({"2,2", "6,2"})
    void anOpenLoopKeepsItsRate(String connections, String threads) throws Exception {
        assertEquals(0, run("--rate", "500", "--operations", "1000", "--keys", "500", "--connections", connections, "--threads", threads, "--json",
                directory.resolve("x.json").toString()), this::told);
        Matcher rate = Pattern.compile("\"all\":\\{\"operations\":1000,\"per_second\":([\\d.]+)")
                .matcher(Files.readString(directory.resolve("x.json")));
        assertTrue(rate.find(), this::told);
        // never faster than the timetable, whatever else this machine does
        assertTrue(Double.parseDouble(rate.group(1)) <= 510, rate.group(1));
    }

    @Test
    void comparesWithRedisInRounds() throws Exception {
        Path json = directory.resolve("x.json");
        Path html = directory.resolve("x.html");
        assertEquals(0, run(small("--workload", "f", "--vs", "redis", "--rounds", "2", "--durability", "everysec", "--json", json.toString(),
                "--html", html.toString())), this::told);
        assertTrue(Pattern.compile("\\| all +\\| Marrow .*\\| [\\d.]+ \\(.*\\| all +\\| Redis ", Pattern.DOTALL).matcher(table.toString()).find(),
                this::told);
        assertTrue(table.toString().contains("Redis 7.0.15: read-modify-write is WATCH and GET, then MULTI, SET and EXEC")
                || !table.toString().contains("Redis 7.0.15"), this::told);
        assertTrue(table.toString().contains("read-modify-write is GET, then SET ... IFEQ"), this::told);
        // in turns, and the second round begins with the other one
        Matcher rounds = Pattern.compile("round (\\d) of 2, (\\w+)").matcher(progress.toString());
        List<String> turns = new ArrayList<>();
        while (rounds.find()) {
            String turn = rounds.group(1) + rounds.group(2);
            if (turns.isEmpty() || !turns.getLast().equals(turn)) {
                turns.add(turn);
            }
        }
        assertEquals(List.of("1Marrow", "1Redis", "2Redis", "2Marrow"), turns);
        assertTrue(Files.readString(json).contains("\"ratios\""));
        assertTrue(Files.readString(html).contains("</html>"));
    }

    @Test
    void checksHistoriesBesideTheLoad() throws Exception {
        assertEquals(0, run(small("--check", "--vs", "redis", "--rounds", "1", "--durability", "everysec")), this::told);
        for (String server : List.of("Marrow", "Redis")) {
            Matcher checked = Pattern.compile(server + " [^:]*: checked ([\\d,]+) changes and ([\\d,]+) reads in [1-9]\\d* rounds: 0 lost, 0"
                    + " wrong, 0 undecided")
                    .matcher(table.toString());
            assertTrue(checked.find(), this::told);
            assertTrue(checked.group(1).length() > 2 && checked.group(2).length() > 2, this::told);
        }
    }

    /** As many rounds as there are things that can happen, so that each does; and a full disk ends a server that writes. */
    @ParameterizedTest
    @CsvSource({"always,'[1-9]\\d* cold kills, '", "everysec,''"})
    void losesNothingInChaos(String durability, String coldKills) throws Exception {
        assertEquals(0, run("--chaos", "--seconds", "75", "--keys", "2000", "--connections", "4", "--durability", durability, "--json",
                directory.resolve("x.json").toString()), this::told);
        assertTrue(Pattern.compile(": [1-9]\\d* kills, " + coldKills + "[1-9]\\d* freezes, [1-9]\\d* times all connections closed, "
                + "[1-9]\\d* full disks, [1-9]\\d* of which ended the server\\.").matcher(table.toString()).find(), this::told);
        assertEquals(coldKills.isEmpty(), progress.toString().contains("(no cold starts: "), this::told);
        assertTrue(Pattern.compile(": [1-9]\\d* connections lost").matcher(table.toString()).find(), this::told);
        assertTrue(table.toString().contains(": 0 lost, 0 wrong, 0 undecided"), this::told);
        String json = Files.readString(directory.resolve("x.json"));
        assertTrue(Pattern.compile("\"chaos\":\\{\"kills\":[1-9]\\d*,\"cold_kills\":" + (coldKills.isEmpty() ? "0" : "[1-9]\\d*")
                + ",\"freezes\":[1-9]\\d*,\"resets\":[1-9]\\d*,\"full_disks\":[1-9]\\d*,\"ended_by_full_disk\":[1-9]").matcher(json).find(), json);
        assertTrue(json.contains("\"lost\":0,\"wrong\":0,\"undecided\":0"));
    }

    /** Control: what the log had last is gone before a cold start, as if it had been acknowledged too early. */
    @Test
    void aColdKillThatLosesSomethingIsSeen() throws Exception {
        // the seed's first event is a cold kill
        assertEquals(1, run(StressIT::wipeEnd, "--chaos", "--seconds", "8", "--keys", "2000", "--connections", "4", "--seed",
                "13"), this::told);
        assertTrue(Pattern.compile(", [1-9]\\d* cold kills, ").matcher(table.toString()).find(), this::told);
        assertTrue(Pattern.compile(": [1-9][\\d,]* lost, ").matcher(table.toString()).find(), this::told);
        assertTrue(table.toString().contains(": FOUND lost "), this::told);
    }

    /** Zeros the last of what is in the log: a tail that was never synced looks like that. */
    private static void wipeEnd(Path data) throws IOException {
        List<Path> segments;
        try (Stream<Path> files = Files.list(data.resolve("wal"))) {
            segments = files.filter(file -> file.toString().endsWith(".wal")).sorted(Comparator.reverseOrder()).toList();
        }
        int left = WIPED_BYTES;
        for (Path segment : segments) {
            byte[] bytes = Files.readAllBytes(segment);
            int end = bytes.length;
            while (end > SEGMENT_HEADER_BYTES && bytes[end - 1] == 0) {
                end--;
            }
            int from = Math.max(SEGMENT_HEADER_BYTES, end - left);
            Arrays.fill(bytes, from, end, (byte) 0);
            Files.write(segment, bytes, StandardOpenOption.WRITE);
            left -= end - from;
            if (left == 0) {
                return;
            }
        }
        throw new IOException("the log in " + data + " is too short");
    }

    /** A server on loopback that answers INFO as nobody does, and all else as it is told. */
    private final class OddServer implements AutoCloseable {
        private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        private final String reply;
        private final int requestsMax;

        /** @param requestsMax a connection is closed after so many */
        OddServer(String reply, int requestsMax) throws IOException {
            this.reply = reply;
            this.requestsMax = requestsMax;
            Thread.ofPlatform().daemon().start(this::accept);
        }

        private void accept() {
            while (!listener.isClosed()) {
                try {
                    Socket socket = listener.accept();
                    Thread.ofPlatform().daemon().start(() -> serve(socket));
                } catch (IOException closed) {
                    return;
                }
            }
        }

        private void serve(Socket socket) {
            try (socket; InputStream in = socket.getInputStream()) {
                byte[] buffer = new byte[1 << 16];
                int requests = 0;
                for (int length = in.read(buffer); length > 0; length = in.read(buffer)) {
                    String text = new String(buffer, 0, length, ISO_8859_1);
                    int asked = text.split("(?=\\*\\d)").length;
                    requests += text.contains("INFO") ? 0 : asked;
                    if (requests > requestsMax) {
                        return;
                    }
                    socket.getOutputStream().write((text.contains("INFO")
                            ? "$0\r\n\r\n" : reply.repeat(asked)).getBytes(ISO_8859_1));
                }
            } catch (IOException closed) {
                // by the load
            }
        }

        String address() {
            return "127.0.0.1:" + listener.getLocalPort();
        }

        @Override
        public void close() throws IOException {
            listener.close();
        }
    }

    @ParameterizedTest
    @CsvSource({"4,4", "4,1"})
    void errorsOfTheServerAreCountedShownAndTheExitCode(String connections, String threads) throws Exception {
        try (OddServer server = new OddServer("-MISCONF no writes today\r\n", Integer.MAX_VALUE)) {
            assertEquals(1, run("--target", server.address(), "--no-fill", "--operations", "100", "--connections", connections, "--threads",
                    threads), this::told);
        }
        assertTrue(table.toString().contains("ERROR GET record"), this::told);
        assertTrue(table.toString().contains("answered -MISCONF no writes today"), this::told);
        assertTrue(Pattern.compile("\\| all +\\|.*\\| 100 +\\|").matcher(table.toString()).find(), this::told);
    }

    @ParameterizedTest
    @CsvSource({"2,2", "4,1"})
    void lostConnectionsAreReportedAndMadeAgain(String connections, String threads) throws Exception {
        try (OddServer server = new OddServer("$1\r\nx\r\n", 10)) {
            assertEquals(1, run("--target", server.address(), "--no-fill", "--mix", "get=1", "--operations", "100", "--connections", connections,
                    "--threads", threads), this::told);
        }
        assertTrue(table.toString().contains("connection lost with 1 requests unanswered: the server closed it"), this::told);
        assertTrue(Pattern.compile("\\d connections lost, with \\d operations of unknown outcome").matcher(table.toString()).find(), this::told);
    }

    @Test
    void aFillThatFailsEndsTheRun() throws Exception {
        try (OddServer server = new OddServer("-OOM no more\r\n", Integer.MAX_VALUE)) {
            IOException failure = assertThrows(IOException.class,
                    () -> run("--target", server.address(), "--keys", "10", "--connections", "1"));
            assertTrue(failure.getMessage().contains("not all records could be written") && failure.getMessage().contains("OOM no more"),
                    failure.getMessage());
        }
    }

    /** By every connection there is: of the load, of the checks, of the status; and shown by none. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aPasswordIsGivenWhereItIsWanted(boolean marrow) throws Exception {
        String password = "wörd-of-honour";
        try (Teardown teardown = new Teardown()) {
            Path data = teardown.directory(directory).resolve("data");
            TimedServer server = marrow ? TimedServer.marrow(Durability.EVERYSEC, KEYS_MAX, VALUE_BYTES, true, data, teardown)
                    : TimedServer.redis(Durability.EVERYSEC, data, teardown);
            server.startEmpty();
            try (RespConnection connection = new RespConnection(server.port())) {
                connection.call("CONFIG", "SET", "requirepass", new String(password.getBytes(UTF_8), ISO_8859_1));
            }
            String[] arguments = small("--target", "127.0.0.1:" + server.port(), "--vs", "redis", "--rounds", "1", "--check", "--work",
                    directory.toString(), "--json", directory.resolve("run.json").toString());
            assertEquals(0, run(Optional.of(password), untouched -> { }, arguments), this::told);
            String all = told() + Files.readString(directory.resolve("run.json"));
            assertFalse(all.contains(password), all);
            IOException none = assertThrows(IOException.class, () -> run(arguments));
            assertTrue(none.getMessage().contains("NOAUTH") && none.getMessage().contains("REDISCLI_AUTH"), none.getMessage());
            IOException wrong = assertThrows(IOException.class, () -> run(Optional.of("wrong"), untouched -> { }, arguments));
            assertTrue(wrong.getMessage().contains("WRONGPASS"), wrong.getMessage());
        }
    }

    /** SIGINT in the middle: server, pins and files are gone when the process is. */
    @Test
    void anInterruptedRunLeavesNothing() throws Exception {
        String output = interrupted("marrow");
        assertFalse(output.contains("lost"), output);
    }

    /** And its file system. The seed begins with nothing, so that the pins are looked for while they are there, and goes on with a full disk. */
    @Test
    void anInterruptedChaosLeavesNothing() throws Exception {
        String output = interrupted("ext4/marrow", "--chaos", "--seed", "20");
        assertTrue(output.contains("chaos: kill -9"), output);
        String work = directory.resolve("work").toString();
        assertFalse(Files.readString(Path.of("/proc/self/mounts")).contains(work), "a mount is left");
        try (Stream<Path> devices = Files.list(Path.of("/sys/block"))) {
            for (Path backing : devices.map(device -> device.resolve("loop/backing_file")).filter(Files::exists).toList()) {
                assertFalse(Files.readString(backing).contains(work), backing + " is left");
            }
        }
    }

    /**
     * Runs in a process of its own, which is told to stop after its first second.
     *
     * @param data where its server's data is
     * @return what it said
     */
    private String interrupted(String data, String... more) throws Exception {
        Path work = Files.createDirectories(directory.resolve("work"));
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(JvmFlags.REQUIRED);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "dev.marrow.stress.Main", "stress", "--seconds", "600", "--keys",
                "1000", "--connections", "4", "--warmup", "0.2", "--work", work.toString()));
        command.addAll(List.of(more));
        Path output = directory.resolve("output");
        Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
        try {
            byte[] instance = {};
            String said = "";
            while (process.isAlive() && (instance.length == 0 || !said.contains("errors 0"))) {
                said = Files.readString(output);
                if (instance.length == 0 && said.contains("records in")) {
                    try (Stream<Path> runs = Files.list(work)) {
                        instance = LogDirectory.instanceOf(runs.findFirst().orElseThrow().resolve(data));
                    }
                    assertTrue(BpfFs.pinned(instance), "nothing is pinned during the run");
                }
                TimeUnit.MILLISECONDS.sleep(50);
            }
            assertTrue(instance.length > 0, Files.readString(output));
            List<ProcessHandle> servers = process.descendants().toList();
            new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
            assertTrue(process.waitFor(90, TimeUnit.SECONDS), "the run does not end");
            assertEquals(130, process.exitValue());
            assertFalse(BpfFs.pinned(instance), "pins are left");
            assertTrue(servers.stream().noneMatch(ProcessHandle::isAlive), "the server is left");
            return Files.readString(output);
        } finally {
            process.destroyForcibly().waitFor();
        }
    }
}

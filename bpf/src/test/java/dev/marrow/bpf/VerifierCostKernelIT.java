package dev.marrow.bpf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.bpf.libbpf.ProgramInfo;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Loads every program as the server does and holds what the verifier went through for it against docs/VERIFIER.md; with
 * {@code -Dmarrow.verifier.record} writes it there instead.
 *
 * <p>The verifier knows the constants that a program is loaded with, and follows a loop over shards as often as there are some: the same object costs
 * a machine with sixteen processors almost half more than one with one. So the store is that of a machine with as many as the programs make use of,
 * wherever the test runs.
 */
class VerifierCostKernelIT {
    private static final Path PAGE = Path.of("../docs/VERIFIER.md");
    private static final Path SOURCES = Path.of("src/main/c");
    private static final String STORE_OBJECT = "marrow.bpf.c";
    private static final String ONHOST_OBJECT = "onhost.bpf.c";
    private static final StoreGeometry GEOMETRY = new StoreGeometry(10_000, 64 << 20, 1 << 20);

    @Test
    void noProgramHasGrownByATenthUnnoticed() throws IOException {
        List<VerifierCost> costs = costs();
        VerifierPage.Basis now = basis();
        if (Boolean.getBoolean("marrow.verifier.record")) {
            VerifierPage.write(PAGE, now, costs);
            System.out.println("written: " + PAGE.toRealPath());
        }
        VerifierPage page = VerifierPage.read(PAGE);
        if (!page.comparable(now)) {
            System.out.println(PAGE + " is about " + page.basis() + ", this is " + now + ": only the limit is checked");
        }
        List<String> findings = page.findings(now, costs);
        assertTrue(findings.isEmpty(), () -> String.join("\n", findings));
    }

    /** Nothing is loaded by the server that this test does not load. */
    @Test
    void everyObjectIsMeasured() throws IOException {
        try (Stream<Path> sources = Files.list(SOURCES)) {
            assertEquals(List.of(STORE_OBJECT, ONHOST_OBJECT),
                    sources.map(file -> file.getFileName().toString()).filter(name -> name.endsWith(".bpf.c")).sorted().toList());
        }
        assertEquals(List.of(STORE_OBJECT, ONHOST_OBJECT), costs().stream().map(VerifierCost::object).distinct().toList());
    }

    private static List<VerifierCost> costs() throws IOException {
        List<VerifierCost> costs = new ArrayList<>();
        try (TestStore made = new TestStore(GEOMETRY, 1)) {
            made.store.control().initialise(GEOMETRY, made.instance, HashSeed.random(), Abi.SHARDS_MAX);
            Path pins = BpfFs.directory(made.instance);
            LoadedPrograms ofStore = LoadedPrograms.fromNowOn();
            try (KernelStore store = KernelStore.attach(pins, KernelStore.inspect(pins), 1)) {
                add(costs, STORE_OBJECT, ofStore.list());
                addOnHost(costs, store.maps());
            }
        }
        return costs;
    }

    private static void addOnHost(List<VerifierCost> costs, StoreMaps store) throws IOException {
        List<InetAddress> addresses = IntStream.range(0, Abi.ONHOST_LISTENERS_MAX).mapToObj(VerifierCostKernelIT::loopback).toList();
        LoadedPrograms ofDoor = LoadedPrograms.fromNowOn();
        // a port that is nobody's, so that nobody is taken over
        try (ServerSocket port = new ServerSocket(0, 1, addresses.getFirst());
                OnHostPrograms door = OnHostPrograms.load(store, Cgroups.root().orElseThrow(), port.getLocalPort(), addresses)) {
            add(costs, ONHOST_OBJECT, ofDoor.list());
            assertEquals(0, door.commands());
        }
    }

    private static InetAddress loopback(int index) {
        try {
            return InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) (1 + index)});
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void add(List<VerifierCost> costs, String object, List<ProgramInfo> programs) {
        assertTrue(!programs.isEmpty() && programs.stream().allMatch(program -> program.processedInstructions() > 0),
                () -> object + ": the kernel does not tell what its verifier did: " + programs);
        programs.forEach(program -> costs.add(VerifierCost.of(object, program)));
    }

    private static VerifierPage.Basis basis() {
        String compilers = Stream.of("/bpf/marrow.bpf.o", "/bpf/onhost.bpf.o")
                .map(object -> found("clang version (\\d+)\\.", new String(KernelStore.image(object), StandardCharsets.ISO_8859_1)))
                .distinct().collect(Collectors.joining(" and "));
        return new VerifierPage.Basis(found("^(\\d+\\.\\d+)\\.", System.getProperty("os.version")), compilers);
    }

    private static String found(String pattern, String text) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        if (!matcher.find()) {
            throw new IllegalStateException("expected " + pattern);
        }
        return matcher.group(1);
    }
}

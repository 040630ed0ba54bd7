package dev.marrow.recovery.tiertwo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the library under the map does to its process: nothing that one notices, or one message. */
class TierTwoRuntimeTest {
    @TempDir
    Path directory;

    @Test
    void printsNothingAndLeavesNothingBehind() throws Exception {
        Files.writeString(directory.resolve("system.properties"), "marrow.stray=read\n");
        List<String> flags = ChildJvm.flags();
        flags.addAll(List.of("-Duser.home=" + directory, "-Djava.io.tmpdir=" + directory, "-XX:-UsePerfData"));
        assertEquals("held 5 bytes, stray property null\n", ChildJvm.output(ChildJvm.start(flags, directory, Child.class, "chunks")));
        try (Stream<Path> files = Files.list(directory)) {
            assertEquals(List.of("chunks", "system.properties"), files.map(file -> file.getFileName().toString()).sorted().toList());
        }
    }

    @Test
    void namesTheFlagThatIsMissing() throws Exception {
        for (String flag : ChildJvm.flags()) {
            if (flag.startsWith("--add")) {
                List<String> flags = ChildJvm.flags();
                flags.remove(flag);
                assertEquals("unavailable: large values need the JVM flag " + flag + "\n",
                        ChildJvm.output(ChildJvm.start(flags, directory, Child.class, "chunks")));
            }
        }
    }

    @Test
    void saysToRunWithAJdkWhereThereIsNoCompiler() throws Exception {
        List<String> flags = new ArrayList<>(ChildJvm.flags());
        flags.add("--limit-modules=java.logging,java.management,jdk.unsupported");
        String output = ChildJvm.output(ChildJvm.start(flags, directory, Child.class, "chunks"));
        assertTrue(output.startsWith("unavailable: ") && output.endsWith("run with a JDK\n") && output.lines().count() == 1, output);
    }

    /** It would report usage to the library's makers as soon as a map is opened. */
    @Test
    void hasNoTelemetryOnTheClassPath() {
        assertThrows(ClassNotFoundException.class, () -> Class.forName("net.openhft.chronicle.analytics.Analytics"));
    }

    /** Opens a map twice, and ends without closing the second. */
    static final class Child {
        public static void main(String[] arguments) throws IOException {
            Path file = Path.of(arguments[0]);
            try (ChunkMap map = ChunkMap.create(file, 1 << 20)) {
                map.put(1, 0, MemorySegment.ofArray("bytes".getBytes()));
            } catch (TierTwoUnavailableException e) {
                System.out.println("unavailable: " + e.getMessage());
                return;
            }
            ChunkMap map = ChunkMap.recover(file, 1 << 20);
            map.put(1, 0, MemorySegment.ofArray("other".getBytes()));
            map.length(1, 0);
            System.out.println("held " + map.bytes() + " bytes, stray property " + System.getProperty("marrow.stray"));
        }
    }
}

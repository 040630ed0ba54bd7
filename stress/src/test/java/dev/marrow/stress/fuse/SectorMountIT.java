package dev.marrow.stress.fuse;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marrow.stress.SystemCommand;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a process sees of the file system, in Python, because this process must not map its files. */
@Timeout(60)
class SectorMountIT {
    @TempDir
    private Path temp;
    private SectorMount mount;

    @BeforeEach
    void open() throws Exception {
        mount = new SectorMount(temp, 1);
    }

    @AfterEach
    void close() throws Exception {
        mount.close();
    }

    private void python(String script) throws Exception {
        SystemCommand.run("python3", "-c", "import mmap, os, errno\nos.chdir('" + mount.dataDir() + "')\n" + script);
    }

    @Test
    void filesAreWrittenMappedRenamedAndListed() throws Exception {
        python("""
                f = os.open('a.tmp', os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
                assert os.write(f, b'x' * 10000) == 10000
                assert os.pwrite(f, b'y', 1 << 20) == 1
                os.fsync(f)
                m = mmap.mmap(f, 0, prot=mmap.PROT_READ)
                assert len(m) == (1 << 20) + 1 and m[9999:10001] == b'x\\0' and m[-1:] == b'y'
                os.rename('a.tmp', 'a')
                os.ftruncate(f, 100)
                assert os.listdir() == ['a'] and os.stat('a').st_size == 100 and os.stat('a').st_mode == 0o100600
                """);
    }

    @Test
    void deletedFileThatIsOpenCanBeReadAndHasNoName() throws Exception {
        python("""
                f = os.open('a', os.O_RDWR | os.O_CREAT, 0o600)
                os.write(f, b'x' * 100)
                os.unlink('a')
                assert os.listdir() == [] and os.pread(f, 200, 0) == b'x' * 100
                os.close(f)
                """);
        mount.cut(Survival.random(1));
        assertFalse(Files.exists(mount.dataDir().resolve("a")));
    }

    @Test
    void shortWriteIsShortAndTornWriteFails() throws Exception {
        mount.faults().arm(Faults.Kind.SHORT_WRITE, 2, () -> { });
        python("""
                f = os.open('a', os.O_RDWR | os.O_CREAT, 0o600)
                assert os.write(f, b'x' * 10) == 10 and os.write(f, b'y' * 10) == 5 and os.write(f, b'z' * 10) == 10
                """);
        assertEquals(Optional.of(new Faults.Call("write", "/data/a")), mount.faults().fired());
        mount.faults().arm(Faults.Kind.TORN_WRITE, 1, () -> { });
        python("""
                try:
                    os.write(os.open('b', os.O_RDWR | os.O_CREAT, 0o600), b'x' * 10)
                    assert False
                except OSError as failure:
                    assert failure.errno == errno.EIO
                """);
        assertEquals(5, Files.size(mount.dataDir().resolve("b")));
    }

    /** The kernel cuts a large write in pieces, and a failure of a later one makes it short. Whoever tries the rest again meets the same failure. */
    @Test
    void failureInTheMiddleOfAWriteIsStillThereWhenTheRestIsTriedAgain() throws Exception {
        mount.faults().arm(Faults.Kind.EIO, 3, () -> { });
        python("""
                f = os.open('a', os.O_RDWR | os.O_CREAT, 0o600)
                done = os.write(f, b'x' * (8 << 20))
                assert 0 < done < 8 << 20
                for i in range(2):
                    try:
                        os.pwrite(f, b'x' * 10, done)
                        assert False
                    except OSError as failure:
                        assert failure.errno == errno.EIO
                """);
        mount.faults().remap();
        python("assert os.pwrite(os.open('a', os.O_RDWR), b'x' * 10, os.stat('a').st_size) == 10");
    }

    @Test
    void cutLeavesWhatWasSyncedUnderASyncedName() throws Exception {
        python("""
                for name in 'abc':
                    f = os.open(name, os.O_RDWR | os.O_CREAT, 0o600)
                    os.write(f, b'x' * 600)
                    if name != 'b':
                        os.fdatasync(f)
                    if name != 'c':
                        os.fsync(os.open('.', os.O_RDONLY))
                """);
        mount.cut(Survival.ofSynced());
        byte[] content = new byte[600];
        Arrays.fill(content, (byte) 'x');
        assertArrayEquals(content, Files.readAllBytes(mount.dataDir().resolve("a")));
        assertEquals(0, Files.size(mount.dataDir().resolve("b")));
        assertFalse(Files.exists(mount.dataDir().resolve("c")));
        assertTrue(Files.isDirectory(mount.dataDir()));
    }
}

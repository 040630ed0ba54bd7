package dev.marrow.stress.qemu;

import dev.marrow.stress.crash.FreePort;
import dev.marrow.stress.crash.ServerLaunch;
import dev.marrow.stress.crash.ServerProcess;
import dev.marrow.stress.crash.Store;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * A machine, emulated by QEMU, in which the server runs: its console is our child's input and output, its disk is ours, its port is forwarded from
 * the same port of this machine's loopback address. Killing it is a power cut. One life at a time.
 */
final class Guest implements ServerLaunch, AutoCloseable {
    private static final long DISK_BYTES = 4L << 30;
    /** An emulated machine boots in seconds, on a busy one in many. */
    private static final long READY_MILLIS_MAX = 240_000;
    /** Boot takes most of it; what is behind is recovery. */
    private static final int KILLED_START_MILLIS_MAX = 15_000;

    private final GuestImage image;
    private final Path work;
    private final Plan plan;
    private final VolatileDisk disk;
    private final SplittableRandom random;
    private Optional<DiskServer> diskServer = Optional.empty();

    /**
     * What it does.
     *
     * @param flushes whether the disk obeys them under load; if not, the machine's power cuts must be seen to lose what was promised
     */
    record Plan(String durability, boolean flushes, long seed) {}

    /** @param work existing directory for disk and socket */
    Guest(GuestImage image, Path work, Plan plan) throws IOException, InterruptedException {
        this.image = image;
        this.work = work;
        this.plan = plan;
        this.random = new SplittableRandom(plan.seed);
        Path file = work.resolve("disk");
        try (RandomAccessFile empty = new RandomAccessFile(file.toFile(), "rw")) {
            empty.setLength(DISK_BYTES);
        }
        Tool.run(work, List.of("mkfs.ext4", "-q", "-b", Integer.toString(VolatileDisk.BLOCK_BYTES), file.toString()));
        this.disk = new VolatileDisk(file);
    }

    VolatileDisk.Counts disk() {
        return disk.counts();
    }

    @Override
    public String durability() {
        return plan.durability;
    }

    @Override
    public Store store() {
        return Store.NONE;
    }

    /** Its JVM has no compiler, without which there is no tier two. */
    @Override
    public boolean largeValues() {
        return false;
    }

    @Override
    public long readyMillisMax() {
        return READY_MILLIS_MAX;
    }

    @Override
    public int killedStartMillisMax() {
        return KILLED_START_MILLIS_MAX;
    }

    @Override
    public ServerProcess serve() throws IOException {
        disconnect();
        disk.powerOn();
        Path socket = work.resolve("disk.socket");
        diskServer = Optional.of(new DiskServer(disk, socket));
        int port = FreePort.find();
        return new ServerProcess(qemu(port, socket), Map.of(), new Attendant(port));
    }

    /** Emulation also where there is KVM: a run means the same on every machine. The plainest processor is the fastest to emulate. */
    private List<String> qemu(int port, Path socket) {
        List<String> command = new ArrayList<>(List.of("qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "qemu64", "-smp", "2", "-m", "1024"));
        command.addAll(List.of("-nodefaults", "-display", "none", "-no-reboot", "-serial", "stdio"));
        command.addAll(List.of("-kernel", image.kernel().image().toString(), "-initrd", image.memory().toString()));
        command.addAll(List.of("-append", "console=ttyS0 quiet loglevel=4 panic=-1"));
        command.addAll(List.of("-blockdev", "driver=nbd,node-name=data,server.type=unix,server.path=" + socket, "-device",
                "virtio-blk-pci,drive=data,write-cache=on"));
        command.addAll(List.of("-netdev", "user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:" + port + "-10.0.2.15:" + port, "-device",
                "virtio-net-pci,netdev=net,romfile="));
        return command;
    }

    /** The host's part of the console. */
    private final class Attendant implements ServerProcess.Attendant {
        private final int port;
        private final GuestClock clock = new GuestClock();

        Attendant(int port) {
            this.port = port;
        }

        @Override
        public void said(ServerProcess process, String line) throws IOException {
            if (line.equals("guest: booted")) {
                clock.set(process);
            } else if (line.equals("guest: clock")) {
                if (clock.isRight()) {
                    process.send("serve --bind 0.0.0.0 --port " + port + " --durability " + plan.durability);
                } else {
                    clock.set(process);
                }
            } else if (line.startsWith("ready: ") && !plan.flushes) {
                disk.ignoreFlushes();
            }
        }

        @Override
        public void terminate(ServerProcess process) {
            try {
                process.send("stop");
            } catch (IOException gone) {
                throw new UncheckedIOException(gone);
            }
        }

        @Override
        public void killed() {
            try {
                disk.cutPower(random);
                disconnect();
            } catch (IOException failed) {
                throw new UncheckedIOException(failed);
            }
        }
    }

    private void disconnect() throws IOException {
        Optional<DiskServer> last = diskServer;
        diskServer = Optional.empty();
        if (last.isPresent()) {
            last.get().close();
        }
    }

    @Override
    public void close() throws IOException {
        disconnect();
        disk.close();
    }
}

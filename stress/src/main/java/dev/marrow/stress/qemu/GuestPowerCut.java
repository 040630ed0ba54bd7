package dev.marrow.stress.qemu;

import dev.marrow.stress.crash.Ending;
import dev.marrow.stress.crash.Findings;
import dev.marrow.stress.crash.ServerProcess;
import dev.marrow.stress.crash.Store;

/** The machine is gone between two instructions: with it its memory, the tables, and what its disk had not flushed. */
record GuestPowerCut(GuestKernel.Series kernel) implements Ending {
    @Override
    public String fault() {
        return "power cut of a machine with kernel " + kernel + ", cold start";
    }

    @Override
    public void end(ServerProcess server, Store store, Findings findings) throws InterruptedException {
        server.kill();
    }

    @Override
    public String nextStart() {
        return "cold";
    }

    @Override
    public boolean keepsAcknowledged() {
        return false;
    }
}

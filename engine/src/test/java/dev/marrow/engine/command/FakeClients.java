package dev.marrow.engine.command;

import java.util.ArrayList;
import java.util.List;

/** Connections that remember what was asked for. */
final class FakeClients implements Clients {
    final List<Session> sessions = new ArrayList<>();
    final List<String> events = new ArrayList<>();
    final List<String> shown = new ArrayList<>();
    boolean postponesAll;
    boolean monitored;

    @Override
    public List<Session> all() {
        return List.copyOf(sessions);
    }

    @Override
    public void kill(Session asking, List<Session> targets) {
        targets.forEach(target -> events.add("kill " + target.id()));
    }

    @Override
    public void pause(Session asking, long millis, boolean writesOnly) {
        events.add("pause " + millis + (writesOnly ? " write" : " all"));
    }

    @Override
    public void unpause() {
        events.add("unpause");
    }

    @Override
    public boolean postpones(boolean write) {
        return postponesAll;
    }

    @Override
    public boolean unblock(long id, boolean withError) {
        return false;
    }

    @Override
    public void monitor(Session asking) {
        monitored = true;
    }

    @Override
    public void endMonitor(Session asking) {
        monitored = false;
    }

    @Override
    public boolean monitored() {
        return monitored;
    }

    @Override
    public void show(String line) {
        shown.add(line);
    }

    @Override
    public int blocked() {
        return 0;
    }
}

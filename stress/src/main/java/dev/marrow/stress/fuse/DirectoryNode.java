package dev.marrow.stress.fuse;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** A directory: its entries as processes see them, as they are durable, and the changes between the two. Not thread-safe. */
final class DirectoryNode implements Node {
    private final int mode;
    private final TreeMap<String, Node> live;
    private final TreeMap<String, Node> durable;
    private final List<Change> unsynced = new ArrayList<>();

    /** One system call's change, which survives whole or not at all: a rename removes one name and adds another. */
    private record Change(Optional<String> removed, Optional<String> added, Optional<Node> node) {
        void applyTo(TreeMap<String, Node> entries) {
            removed.ifPresent(entries::remove);
            // when an earlier change did not survive, the node may still be there under another name
            node.ifPresent(n -> entries.values().removeIf(other -> other == n));
            added.ifPresent(name -> entries.put(name, node.orElseThrow()));
        }
    }

    DirectoryNode(int mode) {
        this(mode, new TreeMap<>());
    }

    private DirectoryNode(int mode, TreeMap<String, Node> entries) {
        this.mode = mode;
        this.live = entries;
        this.durable = new TreeMap<>(entries);
    }

    @Override
    public int mode() {
        return mode;
    }

    @Override
    public long bytesUsed() {
        return live.values().stream().mapToLong(Node::bytesUsed).sum();
    }

    Optional<Node> find(String name) {
        return Optional.ofNullable(live.get(name));
    }

    Set<String> names() {
        return Set.copyOf(live.keySet());
    }

    void add(String name, Node node) {
        change(new Change(Optional.empty(), Optional.of(name), Optional.of(node)));
    }

    void remove(String name) {
        change(new Change(Optional.of(name), Optional.empty(), Optional.empty()));
    }

    void rename(String from, String to) {
        change(new Change(Optional.of(from), Optional.of(to), find(from)));
    }

    private void change(Change change) {
        change.applyTo(live);
        unsynced.add(change);
    }

    /** The names become durable; what they stand for does not. */
    void sync() {
        durable.clear();
        durable.putAll(live);
        unsynced.clear();
    }

    @Override
    public DirectoryNode survivor(Survival survival) {
        TreeMap<String, Node> entries = new TreeMap<>(durable);
        unsynced.stream().filter(change -> survival.entry()).forEach(change -> change.applyTo(entries));
        TreeMap<String, Node> survivors = new TreeMap<>();
        entries.forEach((name, node) -> survivors.put(name, node.survivor(survival)));
        return new DirectoryNode(mode, survivors);
    }
}

package dev.marrow.stress.fuse;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A disk in memory that tells what is durable from what is only written. Paths are absolute, from its root. Calls that a file system answers with
 * an error return its number, others 0. Not thread-safe.
 */
final class SectorDisk {
    static final int ENOENT = 2;
    static final int EIO = 5;
    static final int EEXIST = 17;
    static final int EXDEV = 18;
    static final int ENOTDIR = 20;
    static final int EISDIR = 21;
    static final int EINVAL = 22;
    static final int ENOSPC = 28;
    static final int ENOTEMPTY = 39;

    /** libfuse renames a file to this when it is deleted while open, and deletes it when it is closed. */
    private static final String HIDDEN_PREFIX = ".fuse_hidden";

    private final DirectoryNode root;
    /** Files without a name that are still open, by libfuse's name for them. */
    private final Map<String, Node> hidden = new HashMap<>();

    SectorDisk() {
        this(new DirectoryNode(0700));
    }

    private SectorDisk(DirectoryNode root) {
        this.root = root;
    }

    /** What is left when the power goes now. */
    SectorDisk survivor(Survival survival) {
        return new SectorDisk(root.survivor(survival));
    }

    long bytesUsed() {
        return root.bytesUsed();
    }

    Optional<Node> find(String path) {
        if (hidden.containsKey(path)) {
            return Optional.of(hidden.get(path));
        }
        Optional<Node> node = Optional.of(root);
        for (String name : path.split("/")) {
            if (!name.isEmpty()) {
                node = node.flatMap(n -> n instanceof DirectoryNode directory ? directory.find(name) : Optional.empty());
            }
        }
        return node;
    }

    Optional<FileNode> file(String path) {
        return find(path).filter(FileNode.class::isInstance).map(FileNode.class::cast);
    }

    Optional<DirectoryNode> directory(String path) {
        return find(path).filter(DirectoryNode.class::isInstance).map(DirectoryNode.class::cast);
    }

    int add(String path, Node node) {
        if (find(path).isPresent()) {
            return EEXIST;
        }
        Optional<DirectoryNode> parent = directory(parentOf(path));
        parent.ifPresent(directory -> directory.add(nameOf(path), node));
        return parent.isPresent() ? 0 : ENOENT;
    }

    /** Within one directory only. */
    int rename(String from, String to) {
        Optional<Node> node = find(from);
        if (node.isEmpty()) {
            return ENOENT;
        }
        if (!parentOf(from).equals(parentOf(to))) {
            return EXDEV;
        }
        DirectoryNode parent = directory(parentOf(from)).orElseThrow();
        if (hides(to)) {
            hidden.put(to, node.get());
            parent.remove(nameOf(from));
        } else {
            parent.rename(nameOf(from), nameOf(to));
        }
        return 0;
    }

    /** Whether a rename to this path is a deletion of an open file. */
    static boolean hides(String path) {
        return nameOf(path).startsWith(HIDDEN_PREFIX);
    }

    int unlink(String path) {
        if (hidden.containsKey(path)) {
            hidden.remove(path);
            return 0;
        }
        return remove(path, file(path).isPresent(), EISDIR);
    }

    int removeDirectory(String path) {
        Optional<DirectoryNode> directory = directory(path);
        if (directory.isPresent() && !directory.get().names().isEmpty()) {
            return ENOTEMPTY;
        }
        return remove(path, directory.isPresent(), ENOTDIR);
    }

    private int remove(String path, boolean rightType, int wrongType) {
        if (find(path).isEmpty()) {
            return ENOENT;
        }
        if (!rightType) {
            return wrongType;
        }
        directory(parentOf(path)).orElseThrow().remove(nameOf(path));
        return 0;
    }

    private static String parentOf(String path) {
        return path.substring(0, path.lastIndexOf('/') + 1);
    }

    private static String nameOf(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }
}

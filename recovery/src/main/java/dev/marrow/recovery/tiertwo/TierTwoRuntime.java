package dev.marrow.recovery.tiertwo;

import dev.marrow.bpf.ChannelDescriptor;
import java.lang.reflect.Method;
import java.util.List;
import net.openhft.posix.PosixAPI;

/**
 * What Chronicle Map needs of the JVM, and the switches that keep it quiet. Loading this class loads nothing of Chronicle's: a server without
 * large values does not pay for them.
 */
public final class TierTwoRuntime {
    private static final String OPENS = "--add-opens=java.base/";
    private static final String EXPORTS = "--add-exports=java.base/";
    private static final String TO_US = "=ALL-UNNAMED";

    /** JVM flags, next to {@link ChannelDescriptor#FLAG}. Without the last one the JVM prints a warning, without the others nothing works. */
    public static final List<String> JVM_FLAGS = List.of(EXPORTS + "jdk.internal.ref" + TO_US, OPENS + "java.lang" + TO_US,
            OPENS + "java.lang.reflect" + TO_US, "--sun-misc-unsafe-memory-access=allow");

    private TierTwoRuntime() {}

    /**
     * To be called before the first class of Chronicle's is loaded.
     *
     * @throws TierTwoUnavailableException with the one thing to change
     */
    static void prepare() {
        requireFlags();
        requireCompiler();
        System.setProperty("chronicle.analytics.disable", "true");
        System.setProperty("chronicle.announcer.disable", "true");
        System.setProperty("system.properties", "/dev/null"); // otherwise the file of this name in the working directory sets properties of the JVM
        System.setProperty("project.build.directory", "/dev/null"); // otherwise it makes a directory "target" where temporary files go
        System.setProperty("slf4j.internal.verbosity", "ERROR"); // it would say that nobody listens to its log
        PosixAPI.useNoOpPosixApi(); // it is asked for msync only; the log is what is durable
    }

    private static void requireFlags() {
        Module base = Object.class.getModule();
        Module us = TierTwoRuntime.class.getModule();
        require(base.isExported("sun.nio.ch", us), ChannelDescriptor.FLAG);
        for (String flag : JVM_FLAGS) {
            String name = flag.substring(flag.indexOf('/') + 1).replace(TO_US, "");
            require(!flag.startsWith(OPENS) || base.isOpen(name, us), flag);
            require(!flag.startsWith(EXPORTS) || base.isExported(name, us), flag);
        }
    }

    private static void require(boolean given, String flag) {
        if (!given) {
            throw new TierTwoUnavailableException("large values need the JVM flag " + flag);
        }
    }

    /**
     * Chronicle compiles a class of its own at the first start, through a package that the compiler hides. The flag that shows it would make a
     * runtime that has no compiler print a warning at every start.
     */
    private static void requireCompiler() {
        Module compiler = ModuleLayer.boot().findModule("jdk.compiler").orElseThrow(() -> new TierTwoUnavailableException(
                "large values need the Java compiler at run time (module jdk.compiler), which " + System.getProperty("java.home")
                        + " does not have: run with a JDK"));
        try {
            Method export = Module.class.getDeclaredMethod("implAddExportsToAllUnnamed", String.class);
            export.setAccessible(true);
            export.invoke(compiler, "com.sun.tools.javac.file");
        } catch (ReflectiveOperationException e) {
            throw new TierTwoUnavailableException(
                    "large values need the JVM flag --add-exports=jdk.compiler/com.sun.tools.javac.file=ALL-UNNAMED: " + e);
        }
    }
}

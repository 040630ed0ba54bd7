package dev.marrow.engine.command;

import dev.marrow.engine.resp.ReplyWriter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Predicate;

/** COMMAND and its subcommands: the table in the shape that Redis 7.0 gives it. */
final class CommandDescriptions {
    private CommandDescriptions() {}

    static void all(ReplyWriter out) {
        describe(CommandTable.commands(), out);
    }

    static void info(List<byte[]> arguments, ReplyWriter out) {
        if (arguments.size() == 2) {
            all(out);
            return;
        }
        out.array(arguments.size() - 2);
        for (byte[] name : arguments.subList(2, arguments.size())) {
            CommandTable.named(Words.text(name)).ifPresentOrElse(spec -> describe(spec, out), out::nil);
        }
    }

    private static void describe(Collection<CommandSpec> specs, ReplyWriter out) {
        out.array(specs.size());
        specs.forEach(spec -> describe(spec, out));
    }

    private static void describe(CommandSpec spec, ReplyWriter out) {
        out.array(10);
        out.bulk(spec.name()).integer(spec.arity());
        simpleSet(spec.flags(), out);
        out.integer(spec.firstKey()).integer(spec.lastKey()).integer(spec.keyStep());
        simpleSet(spec.categories(), out);
        out.set(spec.tips().size());
        spec.tips().forEach(out::bulk);
        List<List<String>> specifications = spec.keySpecifications();
        out.set(specifications.size());
        for (int i = 0; i < specifications.size(); i++) {
            keySpecification(spec, specifications.get(i), specifications.size() > 1 ? spec.firstKey() + i : 0, out);
        }
        Collection<CommandSpec> subcommands = CommandTable.subcommands(spec.name());
        out.set(subcommands.size());
        subcommands.forEach(subcommand -> describe(subcommand, out));
    }

    /** @param only index of the only key that it is about; 0: it is about all */
    private static void keySpecification(CommandSpec spec, List<String> flags, int only, ReplyWriter out) {
        int lastKey = only > 0 ? 0 : spec.lastKey() < 0 ? spec.lastKey() : spec.lastKey() - spec.firstKey();
        out.map(3);
        out.bulk("flags");
        simpleSet(flags, out);
        out.bulk("begin_search").map(2).bulk("type").bulk("index").bulk("spec").map(1);
        out.bulk("index").integer(only > 0 ? only : spec.firstKey());
        out.bulk("find_keys").map(2).bulk("type").bulk("range").bulk("spec").map(3);
        out.bulk("lastkey").integer(lastKey).bulk("keystep").integer(spec.keyStep()).bulk("limit").integer(0);
    }

    private static void simpleSet(List<String> words, ReplyWriter out) {
        out.set(words.size());
        words.forEach(out::simple);
    }

    static void docs(List<byte[]> arguments, ReplyWriter out) {
        List<CommandSpec> specs = arguments.size() == 2
                ? List.copyOf(CommandTable.commands())
                : arguments.subList(2, arguments.size()).stream()
                        .flatMap(name -> CommandTable.named(Words.text(name)).stream())
                        .toList();
        documentMap(specs, out);
    }

    private static void documentMap(Collection<CommandSpec> specs, ReplyWriter out) {
        out.map(specs.size());
        for (CommandSpec spec : specs) {
            out.bulk(spec.name());
            document(spec, out);
        }
    }

    private static void document(CommandSpec spec, ReplyWriter out) {
        Collection<CommandSpec> subcommands = CommandTable.subcommands(spec.name());
        boolean complexity = !spec.complexity().isEmpty();
        out.map(3 + (complexity ? 1 : 0) + (subcommands.isEmpty() ? 0 : 1));
        out.bulk("summary").bulk(spec.summary());
        out.bulk("since").bulk(spec.since());
        out.bulk("group").bulk(spec.group());
        if (complexity) {
            out.bulk("complexity").bulk(spec.complexity());
        }
        if (!subcommands.isEmpty()) {
            out.bulk("subcommands");
            documentMap(subcommands, out);
        }
    }

    static void list(List<byte[]> arguments, ReplyWriter out) {
        Optional<Predicate<CommandSpec>> filter = filter(arguments);
        if (filter.isEmpty()) {
            out.error("ERR syntax error");
            return;
        }
        List<String> names = new ArrayList<>();
        for (CommandSpec command : CommandTable.commands()) {
            addIf(filter.get(), command, names);
            CommandTable.subcommands(command.name()).forEach(subcommand -> addIf(filter.get(), subcommand, names));
        }
        out.array(names.size());
        names.forEach(out::bulk);
    }

    private static void addIf(Predicate<CommandSpec> filter, CommandSpec spec, List<String> names) {
        if (filter.test(spec)) {
            names.add(spec.name());
        }
    }

    private static Optional<Predicate<CommandSpec>> filter(List<byte[]> arguments) {
        if (arguments.size() == 2) {
            return Optional.of(spec -> true);
        }
        if (arguments.size() != 5 || !Words.is(arguments.get(2), "filterby")) {
            return Optional.empty();
        }
        String value = Words.text(arguments.get(4));
        return switch (Words.lower(arguments.get(3))) {
            case "pattern" -> Optional.of(spec -> Glob.matches(value, spec.name()));
            case "aclcat" -> Optional.of(spec -> spec.categories().contains("@" + Words.lower(value)));
            case "module" -> Optional.of(spec -> false);
            default -> Optional.empty();
        };
    }

    /** COMMAND GETKEYS name argument …. */
    static void keys(List<byte[]> arguments, ReplyWriter out) {
        eachKey(arguments, out, (spec, key) -> out.bulk(key));
    }

    /** COMMAND GETKEYSANDFLAGS name argument …. */
    static void keysAndFlags(List<byte[]> arguments, ReplyWriter out) {
        eachKey(arguments, out, (spec, key) -> {
            out.array(2).bulk(key);
            simpleSet(keyFlags(spec, arguments), out);
        });
    }

    /** What SET does to its key depends on its options. */
    private static List<String> keyFlags(CommandSpec spec, List<byte[]> arguments) {
        if (!spec.name().equals("set")) {
            return spec.keyFlags();
        }
        boolean get = arguments.stream().skip(5).anyMatch(argument -> Words.is(argument, "get"));
        return get ? List.of("RW", "access", "update") : List.of("OW", "update");
    }

    private static void eachKey(List<byte[]> arguments, ReplyWriter out, BiConsumer<CommandSpec, byte[]> write) {
        List<byte[]> command = arguments.subList(2, arguments.size());
        Optional<CommandSpec> spec = CommandTable.called(command);
        if (spec.isEmpty()) {
            out.error("ERR Invalid command specified");
        } else if (spec.get().firstKey() == 0) {
            out.error("ERR The command has no key arguments");
        } else if (!spec.get().accepts(command.size())) {
            out.error("ERR Invalid number of arguments specified for command");
        } else {
            List<Integer> indexes = spec.get().keyIndexes(command.size());
            out.array(indexes.size());
            indexes.forEach(index -> write.accept(spec.get(), command.get(index)));
        }
    }
}

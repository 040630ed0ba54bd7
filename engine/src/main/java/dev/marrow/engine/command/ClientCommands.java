package dev.marrow.engine.command;

import dev.marrow.engine.resp.DecimalNumber;
import dev.marrow.engine.resp.ReplyWriter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** CLIENT, as far as it is about other connections, or about what the kernel must know of this one. */
final class ClientCommands {
    private static final String SYNTAX = "ERR syntax error";
    private static final String NOT_AN_INTEGER = "ERR value is not an integer or out of range";
    /** A longer pause is as good as for ever: a year. */
    private static final long PAUSE_MILLIS_MAX = 365L * 24 * 3600 * 1000;

    private final ServerControl control;

    ClientCommands(ServerControl control) {
        this.control = control;
    }

    // ---- who is connected ----

    void info(Session session, ReplyWriter out) {
        out.verbatim(ClientLine.of(session) + "\n");
    }

    void list(List<byte[]> arguments, ReplyWriter out) {
        Predicate<Session> wanted = session -> true;
        if (arguments.size() > 3 && Words.is(arguments.get(2), "id")) {
            Set<Long> ids = new HashSet<>();
            for (byte[] argument : arguments.subList(3, arguments.size())) {
                DecimalNumber id = DecimalNumber.parse(argument);
                if (!id.valid()) {
                    out.error("ERR Invalid client ID");
                    return;
                }
                ids.add(id.value());
            }
            wanted = session -> ids.contains(session.id());
        } else if (arguments.size() == 4 && Words.is(arguments.get(2), "type")) {
            Optional<Predicate<Session>> type = ofType(arguments.get(3));
            if (type.isEmpty()) {
                out.error("ERR Unknown client type '" + Words.cString(arguments.get(3)) + "'");
                return;
            }
            wanted = type.get();
        } else if (arguments.size() > 2) {
            out.error(SYNTAX);
            return;
        }
        StringBuilder text = new StringBuilder();
        control.clients().all().stream().filter(wanted).forEach(session -> text.append(ClientLine.of(session)).append('\n'));
        out.verbatim(text.toString());
    }

    /** Here all are normal: there is no replication and no pub/sub. */
    private static Optional<Predicate<Session>> ofType(byte[] type) {
        return switch (Words.lower(type)) {
            case "normal" -> Optional.of(session -> true);
            case "master", "replica", "slave", "pubsub" -> Optional.of(session -> false);
            default -> Optional.empty();
        };
    }

    // ---- the end of others ----

    /** CLIENT KILL address, or CLIENT KILL filter value …. */
    void kill(Session session, List<byte[]> arguments, ReplyWriter out) {
        if (arguments.size() == 3) {
            List<Session> found = matching(other -> other.remoteAddress().equals(Words.text(arguments.get(2))));
            if (found.isEmpty()) {
                out.error("ERR No such client");
                return;
            }
            control.clients().kill(session, found);
            out.ok();
            return;
        }
        List<Predicate<Session>> filters = new ArrayList<>();
        Optional<String> error = filters(session, arguments, filters);
        if (error.isPresent()) {
            out.error(error.get());
            return;
        }
        List<Session> found = matching(other -> filters.stream().allMatch(filter -> filter.test(other)));
        control.clients().kill(session, found);
        out.integer(found.size());
    }

    private List<Session> matching(Predicate<Session> wanted) {
        return control.clients().all().stream().filter(wanted).toList();
    }

    /** Collects the filters; the error, if there is one. */
    private static Optional<String> filters(Session session, List<byte[]> arguments, List<Predicate<Session>> filters) {
        boolean skipMe = true;
        if (arguments.size() % 2 != 0) {
            return Optional.of(SYNTAX);
        }
        for (int i = 2; i < arguments.size(); i += 2) {
            byte[] value = arguments.get(i + 1);
            String text = Words.text(value);
            switch (Words.lower(arguments.get(i))) {
                case "id" -> {
                    DecimalNumber id = DecimalNumber.parse(value);
                    if (!id.valid() || id.value() < 1) {
                        return Optional.of("ERR client-id should be greater than 0");
                    }
                    filters.add(other -> other.id() == id.value());
                }
                case "type" -> {
                    Optional<Predicate<Session>> type = ofType(value);
                    if (type.isEmpty()) {
                        return Optional.of("ERR Unknown client type '" + Words.cString(value) + "'");
                    }
                    filters.add(type.get());
                }
                case "addr" -> filters.add(other -> other.remoteAddress().equals(text));
                case "laddr" -> filters.add(other -> other.localAddress().equals(text));
                case "user" -> {
                    if (!text.equals(ConnectionCommands.DEFAULT_USER)) {
                        return Optional.of("ERR No such user '" + Words.cString(value) + "'");
                    }
                    filters.add(Session::authenticated);
                }
                case "skipme" -> {
                    if (!Words.is(value, "yes") && !Words.is(value, "no")) {
                        return Optional.of(SYNTAX);
                    }
                    skipMe = Words.is(value, "yes");
                }
                default -> {
                    return Optional.of(SYNTAX);
                }
            }
        }
        if (skipMe) {
            filters.add(other -> other.id() != session.id());
        }
        return Optional.empty();
    }

    // ---- pauses ----

    void pause(Session session, List<byte[]> arguments, ReplyWriter out) {
        boolean writesOnly = arguments.size() == 4 && Words.is(arguments.get(3), "write");
        DecimalNumber millis = DecimalNumber.parse(arguments.get(2));
        if (arguments.size() > 4 || arguments.size() == 4 && !writesOnly && !Words.is(arguments.get(3), "all")) {
            out.error(arguments.size() > 4 ? CommandTable.wrongSubcommandArity(arguments) : "ERR CLIENT PAUSE mode must be WRITE or ALL");
        } else if (!millis.valid()) {
            out.error("ERR timeout is not an integer or out of range");
        } else if (millis.value() < 0) {
            out.error("ERR timeout is negative");
        } else {
            control.clients().pause(session, Math.min(millis.value(), PAUSE_MILLIS_MAX), writesOnly);
            out.ok();
        }
    }

    void unpause(ReplyWriter out) {
        control.clients().unpause();
        out.ok();
    }

    void unblock(List<byte[]> arguments, ReplyWriter out) {
        DecimalNumber id = DecimalNumber.parse(arguments.get(2));
        boolean withError = arguments.size() == 4 && Words.is(arguments.get(3), "error");
        if (arguments.size() > 4 || arguments.size() == 4 && !withError && !Words.is(arguments.get(3), "timeout")) {
            out.error(arguments.size() > 4 ? CommandTable.wrongSubcommandArity(arguments) : "ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
        } else if (!id.valid()) {
            out.error(NOT_AN_INTEGER);
        } else {
            out.integer(control.clients().unblock(id.value(), withError) ? 1 : 0);
        }
    }

    // ---- this connection ----

    /** Answers ON only. */
    void reply(Session session, List<byte[]> arguments, ReplyWriter out) {
        switch (Words.lower(arguments.get(2))) {
            case "on" -> {
                session.client().repliesOn();
                out.ok();
            }
            case "off" -> session.client().repliesOff();
            case "skip" -> session.client().skipNextReply();
            default -> out.error(SYNTAX);
        }
    }

    void noEvict(Session session, List<byte[]> arguments, ReplyWriter out) {
        onOff(arguments.get(2), out).ifPresent(session.client()::noEvict);
    }

    /** There is no access time that a client could leave untouched: only CLIENT LIST shows it. */
    void noTouch(Session session, List<byte[]> arguments, ReplyWriter out) {
        onOff(arguments.get(2), out).ifPresent(session.client()::noTouch);
    }

    private static Optional<Boolean> onOff(byte[] word, ReplyWriter out) {
        boolean on = Words.is(word, "on");
        if (!on && !Words.is(word, "off")) {
            out.error(SYNTAX);
            return Optional.empty();
        }
        out.ok();
        return Optional.of(on);
    }

    void tracking(List<byte[]> arguments, ReplyWriter out) {
        if (Words.is(arguments.get(2), "on")) {
            out.error("ERR CLIENT TRACKING is not supported: Marrow sends no invalidation messages");
        } else if (Words.is(arguments.get(2), "off")) {
            out.ok();
        } else {
            out.error(SYNTAX);
        }
    }

    void caching(ReplyWriter out) {
        out.error("ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled");
    }

    void trackingInfo(ReplyWriter out) {
        out.map(3);
        out.bulk("flags").set(1).bulk("off");
        out.bulk("redirect").integer(-1);
        out.bulk("prefixes").array(0);
    }
}

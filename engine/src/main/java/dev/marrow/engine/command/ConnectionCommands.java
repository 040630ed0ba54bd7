package dev.marrow.engine.command;

import dev.marrow.engine.resp.DecimalNumber;
import dev.marrow.engine.resp.ReplyWriter;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;

/** Commands about the connection itself: protocol, identity, names, its end. */
final class ConnectionCommands {
    private static final String NAME_ERROR = "ERR Client names cannot contain spaces, newlines or special characters.";
    private static final String WRONG_PASSWORD = "WRONGPASS invalid username-password pair or user is disabled.";
    /** The only one. */
    static final String DEFAULT_USER = "default";

    private final ServerControl control;

    ConnectionCommands(ServerControl control) {
        this.control = control;
    }

    /** Options take effect one by one, as in Redis: a failing one leaves those before it done. */
    void hello(Session session, List<byte[]> arguments, ReplyWriter out) {
        int version = session.protocol();
        if (arguments.size() > 1) {
            DecimalNumber number = DecimalNumber.parse(arguments.get(1));
            if (!number.valid()) {
                out.error("ERR Protocol version is not an integer or out of range");
                return;
            }
            if (number.value() != 2 && number.value() != 3) {
                out.error("NOPROTO unsupported protocol version");
                return;
            }
            version = (int) number.value();
        }
        if (!helloOptions(session, arguments, out)) {
            return;
        }
        if (!session.authenticated() && control.config().authenticationRequired()) {
            out.error("NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH"
                    + " <user> <pass> option can be used to authenticate the client and select the RESP protocol version at"
                    + " the same time");
            return;
        }
        session.protocol(version);
        out.protocol(version);
        out.map(7);
        out.bulk("server").bulk("redis");
        out.bulk("version").bulk(ServerInfo.REDIS_VERSION);
        out.bulk("proto").integer(version);
        out.bulk("id").integer(session.id());
        out.bulk("mode").bulk("standalone");
        out.bulk("role").bulk("master");
        out.bulk("modules").array(0);
    }

    private boolean helloOptions(Session session, List<byte[]> arguments, ReplyWriter out) {
        for (int i = 2; i < arguments.size(); i++) {
            int following = arguments.size() - 1 - i;
            if (Words.is(arguments.get(i), "AUTH") && following >= 2) {
                if (!authenticate(session, arguments.get(i + 1), arguments.get(i + 2), out)) {
                    return false;
                }
                i += 2;
            } else if (Words.is(arguments.get(i), "SETNAME") && following >= 1) {
                if (!setName(session, arguments.get(i + 1), out)) {
                    return false;
                }
                i++;
            } else {
                out.error("ERR Syntax error in HELLO option '" + Words.cString(arguments.get(i)) + "'");
                return false;
            }
        }
        return true;
    }

    void auth(Session session, List<byte[]> arguments, ReplyWriter out) {
        if (arguments.size() > 3) {
            out.error("ERR syntax error");
            return;
        }
        if (arguments.size() == 2 && !control.config().authenticationRequired()) {
            out.error("ERR AUTH <password> called without any password configured for the default user. Are you sure your"
                    + " configuration is correct?");
            return;
        }
        byte[] user = arguments.size() == 3 ? arguments.get(1) : Words.bytes(DEFAULT_USER);
        if (authenticate(session, user, arguments.get(arguments.size() - 1), out)) {
            out.ok();
        }
    }

    /** The only user is "default"; without a configured password any is right, as in Redis. */
    private boolean authenticate(Session session, byte[] user, byte[] password, ReplyWriter out) {
        byte[] expected = control.config().requirepass().getBytes(StandardCharsets.UTF_8);
        boolean right = expected.length == 0 || MessageDigest.isEqual(expected, password);
        if (!Words.text(user).equals(DEFAULT_USER) || !right) {
            out.error(WRONG_PASSWORD);
            return false;
        }
        session.authenticated(true);
        return true;
    }

    void select(List<byte[]> arguments, ReplyWriter out) {
        DecimalNumber index = DecimalNumber.parse(arguments.get(1));
        if (!index.valid()) {
            out.error("ERR value is not an integer or out of range");
        } else if (index.value() != (int) index.value()) {
            out.error("ERR value is out of range, value must between " + Integer.MIN_VALUE + " and " + Integer.MAX_VALUE);
        } else if (index.value() != 0) {
            out.error("ERR DB index is out of range");
        } else {
            out.ok();
        }
    }

    void reset(Session session, ReplyWriter out) {
        session.authenticated(!control.config().authenticationRequired());
        session.protocol(2);
        session.name("");
        session.multi().end();
        control.clients().endMonitor(session);
        session.client().reset();
        out.protocol(2);
        out.simple("RESET");
    }

    void quit(Session session, ReplyWriter out) {
        out.ok();
        session.closeAfterReply();
    }

    void clientSetName(Session session, List<byte[]> arguments, ReplyWriter out) {
        if (setName(session, arguments.get(2), out)) {
            out.ok();
        }
    }

    private static boolean setName(Session session, byte[] name, ReplyWriter out) {
        if (!Words.printable(name)) {
            out.error(NAME_ERROR);
            return false;
        }
        session.name(Words.text(name));
        return true;
    }

    void clientGetName(Session session, ReplyWriter out) {
        if (session.name().isEmpty()) {
            out.nil();
        } else {
            out.bulk(session.name());
        }
    }

    void clientSetInfo(Session session, List<byte[]> arguments, ReplyWriter out) {
        byte[] attribute = arguments.get(2);
        byte[] value = arguments.get(3);
        boolean name = Words.is(attribute, "lib-name");
        if (!name && !Words.is(attribute, "lib-ver")) {
            out.error("ERR Unrecognized option '" + Words.cString(attribute) + "'");
        } else if (!Words.printable(value)) {
            out.error("ERR " + Words.cString(attribute) + " cannot contain spaces, newlines or special characters.");
        } else {
            if (name) {
                session.libraryName(Words.text(value));
            } else {
                session.libraryVersion(Words.text(value));
            }
            out.ok();
        }
    }
}

package dev.marrow.engine.command;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.marrow.engine.resp.ParseResult;
import dev.marrow.engine.resp.ReplyWriter;
import dev.marrow.engine.resp.RequestParser;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** One connection to a fake server: bytes in, bytes out, as the event loop would do it. */
final class CommandHarness {
    final FakeServer server = new FakeServer();
    final FakeSession session = new FakeSession();
    private final ColdCommands commands = new ColdCommands(server, server);
    private final RequestParser parser = new RequestParser(64L << 20);

    /** The reply to one command given as words. */
    String call(String... words) {
        ReplyWriter out = new ReplyWriter(session.protocol(), 64L << 20);
        commands.execute(session, Arrays.stream(words).map(word -> word.getBytes(ISO_8859_1)).toList(), out);
        return new String(out.toByteArray(), ISO_8859_1);
    }

    /** Replies to everything that these bytes hold; "<EOF>" where the connection is closed. */
    String send(String wire) {
        ReplyWriter out = new ReplyWriter(session.protocol(), 64L << 20);
        ByteBuffer in = ByteBuffer.wrap(wire.getBytes(ISO_8859_1));
        String end = "";
        while (end.isEmpty()) {
            switch (parser.parse(in, session.authenticated() || !server.config.authenticationRequired())) {
                case ParseResult.Complete complete -> commands.execute(session, complete.arguments(), out);
                case ParseResult.Oversized oversized -> commands.oversized(session, oversized, out);
                case ParseResult.ProtocolError error -> {
                    out.error(error.message());
                    end = "<EOF>";
                }
                case ParseResult.Blocked impossible -> throw new IllegalStateException("nothing goes elsewhere");
                case ParseResult.Incomplete incomplete -> end = " ";
                case ParseResult.QueryBufferFull full -> end = "<EOF>";
            }
            end = session.closing ? "<EOF>" : end;
        }
        return new String(out.toByteArray(), ISO_8859_1) + end.strip();
    }
}

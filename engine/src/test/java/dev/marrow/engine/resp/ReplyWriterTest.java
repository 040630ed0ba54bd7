package dev.marrow.engine.resp;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class ReplyWriterTest {
    private static String written(ReplyWriter out) {
        return new String(out.toByteArray(), ISO_8859_1);
    }

    private static String everything(int protocol) {
        ReplyWriter out = new ReplyWriter(protocol, 1 << 20);
        out.ok().error("ERR a\r\nb").integer(-5).bulk("x").bulk(new byte[0]).nil().nilArray().array(1).map(1).set(2);
        out.bool(true).number(3).number(0.5).number(Double.NEGATIVE_INFINITY).verbatim("hi");
        return written(out);
    }

    @Test
    void speaksBothProtocols() {
        assertEquals("+OK\r\n-ERR a  b\r\n:-5\r\n$1\r\nx\r\n$0\r\n\r\n$-1\r\n*-1\r\n*1\r\n*2\r\n*2\r\n:1\r\n$1\r\n3\r\n$3\r\n0.5\r\n"
                + "$4\r\n-inf\r\n$2\r\nhi\r\n", everything(2));
        assertEquals("+OK\r\n-ERR a  b\r\n:-5\r\n$1\r\nx\r\n$0\r\n\r\n_\r\n_\r\n*1\r\n%1\r\n~2\r\n#t\r\n,3\r\n,0.5\r\n"
                + ",-inf\r\n=6\r\ntxt:hi\r\n", everything(3));
    }

    @Test
    void quotesTheBytesOfAClientUnchanged() {
        assertEquals("-ERR \u00ff\u0001\r\n", written(new ReplyWriter(2, 100).error("ERR \u00ff\u0001")));
    }

    @Test
    void refusesToGrowPastItsLimit() {
        ReplyWriter out = new ReplyWriter(2, 1000);
        out.bulk(new byte[900]);
        assertThrows(ReplyWriter.ReplyTooLargeException.class, () -> out.bulk(new byte[200]));
    }

    @Test
    void takesBackWhatWasBegun() {
        ReplyWriter out = new ReplyWriter(2, 1000).ok();
        int start = out.size();
        out.array(3).integer(1);
        out.truncate(start);
        assertEquals("+OK\r\n-ERR no\r\n", written(out.error("ERR no")));
        out.clear();
        assertEquals(0, out.buffer().remaining());
    }
}

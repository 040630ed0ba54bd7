package dev.marrow.stress.bench;

import dev.marrow.stress.crash.Reply;
import dev.marrow.stress.crash.RespConnection;
import java.io.IOException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Numbers in what INFO says. */
final class InfoField {
    private InfoField() {}

    /** The text of a section. */
    static String section(int port, String name) throws IOException {
        try (RespConnection connection = new RespConnection(port)) {
            Reply reply = connection.call("INFO", name);
            if (reply instanceof Reply.Bulk(Optional<String> text) && text.isPresent()) {
                return text.get();
            }
            throw new IOException("INFO " + name + " was answered with " + reply);
        }
    }

    /** @throws IOException it is missing, or no number */
    static long number(String info, String name) throws IOException {
        Matcher found = Pattern.compile("^" + Pattern.quote(name) + ":(\\d+)\\s*$", Pattern.MULTILINE).matcher(info);
        if (!found.find()) {
            throw new IOException("INFO has no number " + name);
        }
        return Long.parseLong(found.group(1));
    }
}

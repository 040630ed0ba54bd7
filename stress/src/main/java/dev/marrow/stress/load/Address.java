package dev.marrow.stress.load;

import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/** Where a server listens. */
record Address(String host, int port) {
    private static final int PORT_MAX = 65_535;

    /** @throws IllegalArgumentException it is not HOST:PORT */
    static Address parse(String option, String text) {
        int colon = text.lastIndexOf(':');
        String host = colon < 0 ? "" : text.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        } else if (host.indexOf(':') >= 0) {
            throw new IllegalArgumentException(option + " " + text + ": an IPv6 address stands in brackets, like [::1]:6379");
        }
        try {
            int port = Integer.parseInt(text.substring(colon + 1));
            if (!host.isEmpty() && port >= 1 && port <= PORT_MAX) {
                return new Address(host, port);
            }
        } catch (NumberFormatException notANumber) {
            // the same message
        }
        throw new IllegalArgumentException(option + " " + text + " is not HOST:PORT, like 127.0.0.1:6379");
    }

    InetSocketAddress resolve() throws UnknownHostException {
        InetSocketAddress address = new InetSocketAddress(host, port);
        if (address.isUnresolved()) {
            throw new UnknownHostException("unknown host " + host);
        }
        return address;
    }

    @Override
    public String toString() {
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
    }
}

package dev.marrow.engine.config;

import java.net.InetAddress;

/** Addresses to listen on are literals: a name could come to mean another interface. */
final class BindAddress {
    private BindAddress() {}

    static boolean isLiteral(String text) {
        try {
            InetAddress.ofLiteral(text);
            return true;
        } catch (IllegalArgumentException notALiteral) {
            return false;
        }
    }
}

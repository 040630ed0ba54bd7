package dev.marrow.engine.command;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/** A connection that remembers what was asked of it. */
final class FakeSession implements Session {
    final List<Long> waits = new ArrayList<>();
    final List<DurableReply> suspended = new ArrayList<>();
    long suspendedAt;
    long suspendedMillis;
    long written;
    long durable;
    private final Multi multi = new Multi();
    private final ClientState client = new ClientState();
    final List<List<byte[]>> postponed = new ArrayList<>();
    boolean closing;

    private String name = "";
    private String libraryName = "";
    private String libraryVersion = "";
    private int protocol = 2;
    private boolean authenticated = true;

    @Override
    public long id() {
        return 5;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void name(String value) {
        name = value;
    }

    @Override
    public String libraryName() {
        return libraryName;
    }

    @Override
    public void libraryName(String value) {
        libraryName = value;
    }

    @Override
    public String libraryVersion() {
        return libraryVersion;
    }

    @Override
    public void libraryVersion(String value) {
        libraryVersion = value;
    }

    @Override
    public int protocol() {
        return protocol;
    }

    @Override
    public void protocol(int version) {
        protocol = version;
    }

    @Override
    public boolean authenticated() {
        return authenticated;
    }

    @Override
    public void authenticated(boolean value) {
        authenticated = value;
    }

    @Override
    public String remoteAddress() {
        return "127.0.0.1:1234";
    }

    @Override
    public String localAddress() {
        return "127.0.0.1:6379";
    }

    @Override
    public long ageSeconds() {
        return 8;
    }

    @Override
    public long idleSeconds() {
        return 0;
    }

    @Override
    public long queryBufferBytes() {
        return 0;
    }

    @Override
    public ClientState client() {
        return client;
    }

    @Override
    public boolean isBlocked() {
        return false;
    }

    @Override
    public void postpone(List<byte[]> arguments) {
        postponed.add(arguments);
    }

    @Override
    public Multi multi() {
        return multi;
    }

    @Override
    public long outputBufferBytes() {
        return 0;
    }

    @Override
    public long lastWritePosition() {
        return written;
    }

    @Override
    public boolean isDurable(long position) {
        return position <= durable;
    }

    @Override
    public void waitFor(long position) {
        waits.add(position);
    }

    @Override
    public void suspendUntilDurable(long position, long timeoutMillis, DurableReply reply) {
        suspendedAt = position;
        suspendedMillis = timeoutMillis;
        suspended.add(reply);
    }

    @Override
    public void suspendUntil(BooleanSupplier condition, long timeoutMillis, DurableReply reply) {
        suspendedMillis = timeoutMillis;
        suspended.add(reply);
    }

    @Override
    public void closeAfterReply() {
        closing = true;
    }
}

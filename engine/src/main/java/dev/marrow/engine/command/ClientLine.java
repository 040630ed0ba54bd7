package dev.marrow.engine.command;

/** A connection in the words of CLIENT LIST; what Marrow does not have (file descriptor, subscriptions) is -1 or 0. */
final class ClientLine {
    private ClientLine() {}

    static String of(Session session) {
        ClientState state = session.client();
        Multi multi = session.multi();
        return "id=" + session.id()
                + " addr=" + session.remoteAddress()
                + " laddr=" + session.localAddress()
                + " fd=-1 name=" + session.name()
                + " age=" + session.ageSeconds()
                + " idle=" + session.idleSeconds()
                + " flags=" + flags(session)
                + " db=0 sub=0 psub=0 ssub=0 multi=" + (multi.isOpen() ? multi.length() : -1)
                + " qbuf=" + session.queryBufferBytes()
                + " qbuf-free=0 argv-mem=0 multi-mem=" + multi.bytesHeld()
                + " rbs=0 rbp=0 obl=" + session.outputBufferBytes()
                + " oll=0 omem=" + session.outputBufferBytes()
                + " tot-mem=" + (session.queryBufferBytes() + session.outputBufferBytes() + multi.bytesHeld())
                + " events=r cmd=" + state.lastCommand()
                + " user=" + ConnectionCommands.DEFAULT_USER + " redir=-1 resp=" + session.protocol()
                + " lib-name=" + session.libraryName()
                + " lib-ver=" + session.libraryVersion();
    }

    private static String flags(Session session) {
        ClientState state = session.client();
        String flags = (state.monitor() ? "O" : "")
                + (session.isBlocked() ? "b" : "")
                + (session.multi().isOpen() ? "x" : "")
                + (state.noEvict() ? "e" : "")
                + (state.noTouch() ? "T" : "");
        return flags.isEmpty() ? "N" : flags;
    }
}

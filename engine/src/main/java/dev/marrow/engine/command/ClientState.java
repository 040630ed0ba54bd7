package dev.marrow.engine.command;

/**
 * What CLIENT and MONITOR have set for one connection. Its own event loop changes it; other loops read it for CLIENT LIST, as it is at some moment.
 */
public final class ClientState {
    private enum Replies { ON, OFF, SKIP_THIS_AND_NEXT, SKIP_THIS }

    private volatile Replies replies = Replies.ON;
    private volatile boolean noEvict;
    private volatile boolean noTouch;
    private volatile boolean monitor;
    private volatile String lastCommand = "NULL";

    /** Whether Java must see all commands of this connection, because the kernel does not know its state. */
    public boolean wantsAll() {
        return monitor || replies != Replies.ON;
    }

    /** Called once for each command, when its reply is complete: whether it is not sent. */
    public boolean dropsReply() {
        Replies now = replies;
        if (now == Replies.SKIP_THIS_AND_NEXT) {
            replies = Replies.SKIP_THIS;
        } else if (now == Replies.SKIP_THIS) {
            replies = Replies.ON;
        }
        return now != Replies.ON;
    }

    void repliesOn() {
        replies = Replies.ON;
    }

    void repliesOff() {
        replies = Replies.OFF;
    }

    /** Drops the reply of the command behind this one; replies that are off stay off. */
    void skipNextReply() {
        if (replies != Replies.OFF) {
            replies = Replies.SKIP_THIS_AND_NEXT;
        }
    }

    /** Whether it is closed only after all others when clients hold too much memory. */
    public boolean noEvict() {
        return noEvict;
    }

    void noEvict(boolean value) {
        noEvict = value;
    }

    boolean noTouch() {
        return noTouch;
    }

    void noTouch(boolean value) {
        noTouch = value;
    }

    /** Whether it is shown all commands. */
    public boolean monitor() {
        return monitor;
    }

    public void monitor(boolean value) {
        monitor = value;
    }

    /** The last command that Java executed for it, "NULL" before the first. */
    String lastCommand() {
        return lastCommand;
    }

    void lastCommand(String name) {
        lastCommand = name;
    }

    /** RESET: as a new connection. */
    void reset() {
        replies = Replies.ON;
        noEvict = false;
        noTouch = false;
        monitor = false;
    }
}

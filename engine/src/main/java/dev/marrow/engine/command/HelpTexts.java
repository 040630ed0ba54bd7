package dev.marrow.engine.command;

import java.util.List;

/** Replies of the HELP subcommands. */
final class HelpTexts {
    private HelpTexts() {}

    static final List<String> CLIENT = List.of(
            "CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
            "GETNAME",
            "    Return the name of the current connection.",
            "GETREDIR, TRACKINGINFO",
            "    Return the state of client-side caching, which is off always.",
            "ID",
            "    Return the ID of the current connection.",
            "INFO",
            "    Return information about the current client connection.",
            "KILL <ip:port>",
            "    Close the connection from this address.",
            "KILL <option> <value> [<option> <value> [...]]",
            "    Close connections. Options are: ADDR, LADDR <ip:port>; TYPE <type>; USER <user>; ID <id>; SKIPME (YES|NO).",
            "LIST [TYPE <type>] [ID <id> [<id> ...]]",
            "    Return information about client connections.",
            "NO-EVICT (ON|OFF)",
            "    Close this connection last when clients hold too much memory.",
            "NO-TOUCH (ON|OFF)",
            "    Accepted; there are no access times.",
            "PAUSE <milliseconds> [WRITE|ALL]",
            "    Postpone the commands that write, or all.",
            "REPLY (ON|OFF|SKIP)",
            "    Control the replies sent to the current connection.",
            "SETINFO <LIB-NAME|LIB-VER> <value>",
            "    Set the client's library name or version.",
            "SETNAME <name>",
            "    Assign the name <name> to the current connection.",
            "UNBLOCK <id> [TIMEOUT|ERROR]",
            "    End the wait of a connection for its log.",
            "UNPAUSE",
            "    End a pause.",
            "HELP",
            "    Print this help.");

    static final List<String> COMMAND = List.of(
            "COMMAND <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
            "(no subcommand)",
            "    Return details about all commands.",
            "COUNT",
            "    Return the total number of commands in this server.",
            "LIST [FILTERBY (MODULE <module-name>|ACLCAT <category>|PATTERN <pattern>)]",
            "    Return a list of all commands in this server.",
            "INFO [<command-name> ...]",
            "    Return details about multiple commands.",
            "DOCS [<command-name> ...]",
            "    Return documentation details about multiple commands.",
            "GETKEYS <full-command>",
            "    Return the keys from a full command.",
            "GETKEYSANDFLAGS <full-command>",
            "    Return the keys and what is done to them from a full command.",
            "HELP",
            "    Print this help.");

    static final List<String> OBJECT = List.of(
            "OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
            "ENCODING <key>",
            "    Return how Redis would represent the value of <key>.",
            "FREQ <key>",
            "    An error: access frequencies are not tracked.",
            "IDLETIME <key>",
            "    Return 0: access times are not kept.",
            "REFCOUNT <key>",
            "    Return the number of references to the value of <key>.",
            "HELP",
            "    Print this help.");

    static final List<String> CONFIG = List.of(
            "CONFIG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
            "GET <pattern>",
            "    Return parameters matching the glob-like <pattern> and their values.",
            "SET <directive> <value>",
            "    Set the configuration <directive> to <value>.",
            "REWRITE",
            "    Write the changed configuration into its file.",
            "RESETSTAT",
            "    Reset statistics reported by the INFO command.",
            "HELP",
            "    Print this help.");

    static final List<String> SLOWLOG = List.of(
            "SLOWLOG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
            "GET [<count>]",
            "    Return the newest <count> entries of the slow log (10 by default, -1: all): id, time, microseconds, arguments, client, name.",
            "    Commands that the kernel executes take microseconds and are not timed.",
            "LEN",
            "    Return the number of entries.",
            "RESET",
            "    Empty the slow log.",
            "HELP",
            "    Print this help.");

    static final List<String> LATENCY = List.of(
            "LATENCY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
            "DOCTOR",
            "    Say in words what was slow.",
            "GRAPH <event>",
            "    Draw the spikes of an event.",
            "HISTORY <event>",
            "    Return the spikes of an event: time and milliseconds.",
            "LATEST",
            "    Return the latest spike of every event: event, time, milliseconds, milliseconds of the worst.",
            "RESET [<event> ...]",
            "    Forget the spikes of these events, or of all.",
            "HELP",
            "    Print this help.");

    static final List<String> MEMORY = List.of(
            "MEMORY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
            "DOCTOR",
            "    Say in words how memory is.",
            "PURGE",
            "    Nothing: freed records are used again at once.",
            "STATS",
            "    Return what memory is used for.",
            "USAGE <key> [SAMPLES <count>]",
            "    Return the memory that a key takes, in bytes.",
            "HELP",
            "    Print this help.");

    static final List<String> FUNCTION = List.of(
            "FUNCTION <subcommand> [<arg> [value] [opt] ...]. There are no functions here. Subcommands are:",
            "FLUSH [ASYNC|SYNC]",
            "    Nothing.",
            "LIST",
            "    Return an empty list.",
            "HELP",
            "    Print this help.");

    static final List<String> DEBUG = List.of(
            "DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
            "SET-ACTIVE-EXPIRE <0|1>",
            "    Stop or go on to remove expired keys in the background.",
            "SLEEP <seconds>",
            "    Stop this event loop for <seconds>. Decimals allowed.",
            "HELP",
            "    Print this help.");
}

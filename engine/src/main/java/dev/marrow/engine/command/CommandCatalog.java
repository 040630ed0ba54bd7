package dev.marrow.engine.command;

/**
 * Every command, one a line, in the words that Redis 7.0's COMMAND INFO uses for it (WAITAOF and CLIENT SETINFO: 7.2).
 * Columns: name; arity (negative: at least so many, the name counts); hot (runs in eBPF) or cold; flags; first key, last
 * key, step; ACL categories; tips; key flags; since and group; complexity; summary.
 */
final class CommandCatalog {
    private CommandCatalog() {}

    static final String ROWS =
            """
            get; 2; hot; readonly fast; 1 1 1; @read @string @fast;; RO access; 1.0.0 string; O(1); Get the value of a key
            set; -3; hot; write denyoom; 1 1 1; @write @string @slow;; RW access update variable_flags; 1.0.0 string; O(1); Set the string value of a key
            setnx; 3; hot; write denyoom fast; 1 1 1; @write @string @fast;; OW insert; 1.0.0 string; O(1); Set the value of a key, only if the key does not exist
            setex; 4; hot; write denyoom; 1 1 1; @write @string @slow;; OW update; 2.0.0 string; O(1); Set the value and expiration of a key
            psetex; 4; hot; write denyoom; 1 1 1; @write @string @slow;; OW update; 2.6.0 string; O(1); Set the value and expiration in milliseconds of a key
            getset; 3; hot; write denyoom fast; 1 1 1; @write @string @fast;; RW access update; 1.0.0 string; O(1); Set the string value of a key and return its old value
            getdel; 2; hot; write fast; 1 1 1; @write @string @fast;; RW access delete; 6.2.0 string; O(1); Get the value of a key and delete the key
            incrbyfloat; 3; cold; write denyoom fast; 1 1 1; @write @string @fast;; RW access update; 2.6.0 string; O(1); Increment the float value of a key by the given amount
            getrange; 4; cold; readonly; 1 1 1; @read @string @slow;; RO access; 2.4.0 string; O(N); Get a part of the string value of a key
            substr; 4; cold; readonly; 1 1 1; @read @string @slow;; RO access; 1.0.0 string; O(N); Get a part of the string value of a key
            setrange; 4; cold; write denyoom; 1 1 1; @write @string @slow;; RW update; 2.2.0 string; O(N); Overwrite a part of the string value of a key
            getex; -2; cold; write fast; 1 1 1; @write @string @fast;; RW access update; 6.2.0 string; O(1); Get the value of a key and set or remove its expiration
            setbit; 4; cold; write denyoom; 1 1 1; @write @bitmap @slow;; RW access update; 2.2.0 bitmap; O(N); Set or clear a bit of the string value of a key
            getbit; 3; cold; readonly fast; 1 1 1; @read @bitmap @fast;; RO access; 2.2.0 bitmap; O(1); Get a bit of the string value of a key
            bitcount; -2; cold; readonly; 1 1 1; @read @bitmap @slow;; RO access; 2.6.0 bitmap; O(N); Count the bits that are set in a string
            bitpos; -3; cold; readonly; 1 1 1; @read @bitmap @slow;; RO access; 2.8.7 bitmap; O(N); Find the first bit set or clear in a string
            bitop; -4; cold; write denyoom; 2 -1 1; @write @bitmap @slow;; OW update; 2.6.0 bitmap; O(N); Combine strings bit by bit
            bitfield; -2; cold; write denyoom; 1 1 1; @write @bitmap @slow;; RW access update variable_flags; 3.2.0 bitmap; O(N); Read and change integers of any width in a string
            bitfield_ro; -2; cold; readonly fast; 1 1 1; @read @bitmap @fast;; RO access; 6.0.0 bitmap; O(N); Read integers of any width in a string
            delifeq; 3; cold; write fast; 1 1 1; @write @string @fast;; RM delete; 9.0.0 string; O(N); Delete a key if it has the given value
            delex; -2; cold; write fast; 1 1 1; @write @string @fast;; RW delete variable_flags; 8.4.0 string; O(N); Delete a key if its value is equal, or not equal, to the given one
            getv; 2; cold; readonly fast; 1 1 1; @read @string @fast;; RO access; 0.1.0 string; O(1); Get value and version of a key (Marrow's own)
            setv; -4; cold; write denyoom; 1 1 1; @write @string @slow;; RW update; 0.1.0 string; O(1); Set the value of a key if it still has the given version (Marrow's own)
            del; -2; hot; write; 1 -1 1; @keyspace @write @slow; request_policy:multi_shard response_policy:agg_sum; RM delete; 1.0.0 generic; O(N); Delete a key
            exists; -2; hot; readonly fast; 1 -1 1; @keyspace @read @fast; request_policy:multi_shard response_policy:agg_sum; RO; 1.0.0 generic; O(N); Determine if a key exists
            strlen; 2; hot; readonly fast; 1 1 1; @read @string @fast;; RO; 2.2.0 string; O(1); Get the length of the value stored in a key
            append; 3; hot; write denyoom fast; 1 1 1; @write @string @fast;; RW insert; 2.0.0 string; O(1); Append a value to a key
            incr; 2; hot; write denyoom fast; 1 1 1; @write @string @fast;; RW access update; 1.0.0 string; O(1); Increment the integer value of a key by one
            decr; 2; hot; write denyoom fast; 1 1 1; @write @string @fast;; RW access update; 1.0.0 string; O(1); Decrement the integer value of a key by one
            incrby; 3; hot; write denyoom fast; 1 1 1; @write @string @fast;; RW access update; 1.0.0 string; O(1); Increment the integer value of a key by the given amount
            decrby; 3; hot; write denyoom fast; 1 1 1; @write @string @fast;; RW access update; 1.0.0 string; O(1); Decrement the integer value of a key by the given number
            expire; -3; hot; write fast; 1 1 1; @keyspace @write @fast;; RW update; 1.0.0 generic; O(1); Set a key's time to live in seconds
            pexpire; -3; hot; write fast; 1 1 1; @keyspace @write @fast;; RW update; 2.6.0 generic; O(1); Set a key's time to live in milliseconds
            expireat; -3; hot; write fast; 1 1 1; @keyspace @write @fast;; RW update; 1.2.0 generic; O(1); Set the expiration for a key as a UNIX timestamp
            pexpireat; -3; hot; write fast; 1 1 1; @keyspace @write @fast;; RW update; 2.6.0 generic; O(1); Set the expiration for a key as a UNIX timestamp specified in milliseconds
            ttl; 2; hot; readonly fast; 1 1 1; @keyspace @read @fast; nondeterministic_output; RO access; 1.0.0 generic; O(1); Get the time to live for a key in seconds
            pttl; 2; hot; readonly fast; 1 1 1; @keyspace @read @fast; nondeterministic_output; RO access; 2.6.0 generic; O(1); Get the time to live for a key in milliseconds
            persist; 2; hot; write fast; 1 1 1; @keyspace @write @fast;; RW update; 2.2.0 generic; O(1); Remove the expiration from a key
            type; 2; cold; readonly fast; 1 1 1; @keyspace @read @fast;; RO; 1.0.0 generic; O(1); Determine the type stored at key
            rename; 3; cold; write; 1 2 1; @keyspace @write @slow;; RW access delete + OW update; 1.0.0 generic; O(1); Rename a key
            renamenx; 3; cold; write fast; 1 2 1; @keyspace @write @fast;; RW access delete + OW insert; 1.0.0 generic; O(1); Rename a key, only if the new key does not exist
            copy; -3; cold; write denyoom; 1 2 1; @keyspace @write @slow;; RO access + OW update; 6.2.0 generic; O(1); Copy a key
            expiretime; 2; cold; readonly fast; 1 1 1; @keyspace @read @fast;; RO access; 7.0.0 generic; O(1); Get the expiration Unix timestamp for a key
            pexpiretime; 2; cold; readonly fast; 1 1 1; @keyspace @read @fast;; RO access; 7.0.0 generic; O(1); Get the expiration Unix timestamp for a key in milliseconds
            object; -2; cold;; 0 0 0; @slow;;; 2.2.3 generic; Depends on subcommand; A container for object introspection commands
            object|encoding; 3; cold; readonly; 2 2 1; @keyspace @read @slow; nondeterministic_output; RO; 2.2.3 generic; O(1); Inspect the internal encoding of a value
            object|idletime; 3; cold; readonly; 2 2 1; @keyspace @read @slow; nondeterministic_output; RO; 2.2.3 generic; O(1); Get the time since a value was last accessed: not kept, 0
            object|help; 2; cold; loading stale; 0 0 0; @keyspace @slow;;; 6.2.0 generic; O(1); List the subcommands
            object|freq; 3; cold; readonly; 2 2 1; @keyspace @read @slow; nondeterministic_output; RO; 4.0.0 generic; O(1); Get the access frequency of a value: not kept
            object|refcount; 3; cold; readonly; 2 2 1; @keyspace @read @slow; nondeterministic_output; RO; 2.2.3 generic; O(1); Get the number of references to the value of a key
            keys; 2; cold; readonly; 0 0 0; @keyspace @read @slow @dangerous; request_policy:all_shards nondeterministic_output_order;; 1.0.0 generic; O(N); Find all keys matching the given pattern
            scan; -2; cold; readonly; 0 0 0; @keyspace @read @slow; nondeterministic_output request_policy:special;; 2.8.0 generic; O(1) for every call, O(N) for a complete iteration; Incrementally iterate the keys
            randomkey; 1; cold; readonly; 0 0 0; @keyspace @read @slow; request_policy:all_shards nondeterministic_output;; 1.0.0 generic; O(1); Return a random key
            swapdb; 3; cold; write fast; 0 0 0; @keyspace @write @fast @dangerous;;; 4.0.0 server; O(1); Swap two databases, of which there is one
            ping; -1; hot; fast; 0 0 0; @fast @connection; request_policy:all_shards response_policy:all_succeeded;; 1.0.0 connection; O(1); Ping the server
            echo; 2; hot; loading stale fast; 0 0 0; @fast @connection;;; 1.0.0 connection; O(1); Echo the given string
            mget; -2; hot; readonly fast; 1 -1 1; @read @string @fast; request_policy:multi_shard; RO access; 1.0.0 string; O(N); Get the values of all the given keys
            mset; -3; cold; write denyoom; 1 -1 2; @write @string @slow; request_policy:multi_shard response_policy:all_succeeded; OW update; 1.0.1 string; O(N); Set multiple keys to multiple values
            hello; -1; cold; noscript loading stale fast no_auth allow_busy; 0 0 0; @fast @connection;;; 6.0.0 connection; O(1); Choose the protocol version, authenticate, name the connection
            auth; -2; cold; noscript loading stale fast no_auth allow_busy; 0 0 0; @fast @connection;;; 1.0.0 connection; O(N); Authenticate to the server
            select; 2; cold; loading stale fast; 0 0 0; @fast @connection;;; 1.0.0 connection; O(1); Change the selected database for the current connection
            reset; 1; cold; noscript loading stale fast no_auth allow_busy; 0 0 0; @fast @connection;;; 6.2.0 connection; O(1); Reset the connection
            quit; -1; cold; noscript loading stale fast no_auth allow_busy; 0 0 0; @fast @connection;;; 1.0.0 connection; O(1); Close the connection
            msetnx; -3; cold; write denyoom; 1 -1 2; @write @string @slow;; OW insert; 1.0.1 string; O(N); Set the values of keys, only if none of them exists
            unlink; -2; cold; write fast; 1 -1 1; @keyspace @write @fast; request_policy:multi_shard response_policy:agg_sum; RM delete; 4.0.0 generic; O(N); Delete keys
            touch; -2; cold; readonly fast; 1 -1 1; @keyspace @read @fast; request_policy:multi_shard response_policy:agg_sum; RO; 3.2.1 generic; O(N); Count the keys that exist
            multi; 1; cold; noscript loading stale fast allow_busy; 0 0 0; @fast @transaction;;; 1.2.0 transactions; O(1); Begin a transaction
            exec; 1; cold; noscript loading stale skip_slowlog; 0 0 0; @slow @transaction;;; 1.2.0 transactions; Depends on commands in the transaction; Execute all commands of a transaction
            discard; 1; cold; noscript loading stale fast allow_busy; 0 0 0; @fast @transaction;;; 2.0.0 transactions; O(N); Discard a transaction
            watch; -2; cold; noscript loading stale fast allow_busy; 1 -1 1; @fast @transaction;; RO; 2.2.0 transactions; O(1) for every key; Have the next transaction fail when one of these keys changes
            unwatch; 1; cold; noscript loading stale fast allow_busy; 0 0 0; @fast @transaction;;; 2.2.0 transactions; O(1); Forget what is watched
            client; -2; cold;; 0 0 0; @slow;;; 2.4.0 connection;; A container for client connection commands
            client|id; 2; cold; noscript loading stale; 0 0 0; @slow @connection;;; 5.0.0 connection; O(1); Returns the client ID for the current connection
            client|setname; 3; cold; noscript loading stale; 0 0 0; @slow @connection;;; 2.6.9 connection; O(1); Set the current connection name
            client|getname; 2; cold; noscript loading stale; 0 0 0; @slow @connection;;; 2.6.9 connection; O(1); Get the current connection name
            client|setinfo; 4; cold; noscript loading stale; 0 0 0; @slow @connection;;; 7.2.0 connection; O(1); Set client or connection specific info
            client|info; 2; cold; noscript loading stale; 0 0 0; @slow @connection; nondeterministic_output;; 6.2.0 connection; O(1); Describe the current connection
            client|help; 2; cold; loading stale; 0 0 0; @slow @connection;;; 5.0.0 connection; O(1); List the subcommands
            command; -1; cold; loading stale; 0 0 0; @slow @connection; nondeterministic_output_order;; 2.8.13 server; O(N); Describe all commands
            command|count; 2; cold; loading stale; 0 0 0; @slow @connection;;; 2.8.13 server; O(1); Return the number of commands
            command|docs; -2; cold; loading stale; 0 0 0; @slow @connection; nondeterministic_output_order;; 7.0.0 server; O(N); Document the named commands
            command|info; -2; cold; loading stale; 0 0 0; @slow @connection; nondeterministic_output_order;; 2.8.13 server; O(N); Describe the named commands
            command|list; -2; cold; loading stale; 0 0 0; @slow @connection; nondeterministic_output_order;; 7.0.0 server; O(N); Return the names of the commands
            command|getkeys; -4; cold; loading stale; 0 0 0; @slow @connection;;; 2.8.13 server; O(N); Return the keys that a command names
            command|help; 2; cold; loading stale; 0 0 0; @slow @connection;;; 5.0.0 server; O(1); List the subcommands
            config; -2; cold;; 0 0 0; @slow;;; 2.0.0 server;; A container for server configuration commands
            config|get; -3; cold; admin noscript loading stale; 0 0 0; @admin @slow @dangerous;;; 2.0.0 server; O(N); Get the values of configuration parameters
            config|set; -4; cold; admin noscript loading stale; 0 0 0; @admin @slow @dangerous; request_policy:all_nodes response_policy:all_succeeded;; 2.0.0 server; O(N); Set configuration parameters to the given values
            config|resetstat; 2; cold; admin noscript loading stale; 0 0 0; @admin @slow @dangerous;;; 2.0.0 server; O(1); Reset the stats returned by INFO
            config|help; 2; cold; loading stale; 0 0 0; @slow;;; 5.0.0 server; O(1); List the subcommands
            info; -1; cold; loading stale; 0 0 0; @slow @dangerous; nondeterministic_output request_policy:all_shards response_policy:special;; 1.0.0 server; O(1); Get information and statistics about the server
            dbsize; 1; cold; readonly fast; 0 0 0; @keyspace @read @fast; request_policy:all_shards response_policy:agg_sum;; 1.0.0 server; O(1); Return the number of keys
            flushall; -1; cold; write; 0 0 0; @keyspace @write @slow @dangerous; request_policy:all_shards response_policy:all_succeeded;; 1.0.0 server; O(1); Remove all keys
            flushdb; -1; cold; write; 0 0 0; @keyspace @write @slow @dangerous; request_policy:all_shards response_policy:all_succeeded;; 1.0.0 server; O(1); Remove all keys
            waitaof; 4; cold; noscript; 0 0 0; @slow @connection;;; 7.2.0 generic; O(1); Wait until this connection's earlier writes are synced to the log
            save; 1; cold; admin noscript no_async_loading no_multi; 0 0 0; @admin @slow @dangerous;;; 1.0.0 server; O(N); Take a checkpoint and wait for it
            bgsave; -1; cold; admin noscript no_async_loading; 0 0 0; @admin @slow @dangerous;;; 1.0.0 server; O(1); Begin a checkpoint
            bgrewriteaof; 1; cold; admin noscript no_async_loading; 0 0 0; @admin @slow @dangerous;;; 1.0.0 server; O(1); Begin a checkpoint
            time; 1; cold; loading stale fast; 0 0 0; @fast; nondeterministic_output;; 2.6.0 server; O(1); Return the server's time
            lastsave; 1; cold; loading stale fast; 0 0 0; @admin @fast @dangerous; nondeterministic_output;; 1.0.0 server; O(1); Time of the last checkpoint
            client|list; -2; cold; admin noscript loading stale; 0 0 0; @admin @slow @dangerous @connection; nondeterministic_output;; 2.4.0 connection; O(N); Describe the connections
            client|kill; -3; cold; admin noscript loading stale; 0 0 0; @admin @slow @dangerous @connection;;; 2.4.0 connection; O(N); Close connections
            client|pause; -3; cold; admin noscript loading stale; 0 0 0; @admin @slow @dangerous @connection;;; 3.0.0 connection; O(1); Postpone the commands of all clients for a while
            client|unpause; 2; cold; admin noscript loading stale; 0 0 0; @admin @slow @dangerous @connection;;; 6.2.0 connection; O(N); End a pause
            client|unblock; -3; cold; admin noscript loading stale; 0 0 0; @admin @slow @dangerous @connection;;; 5.0.0 connection; O(log N); End the wait of a connection
            client|reply; 3; cold; noscript loading stale; 0 0 0; @slow @connection;;; 3.2.0 connection; O(1); Send replies to this connection, or do not
            client|no-evict; 3; cold; admin noscript loading stale; 0 0 0; @admin @slow @dangerous @connection;;; 7.0.0 connection; O(1); Close this connection last when clients hold too much memory
            client|no-touch; 3; cold; noscript loading stale; 0 0 0; @slow @connection;;; 7.2.0 connection; O(1); Leave access times alone
            client|getredir; 2; cold; noscript loading stale; 0 0 0; @slow @connection;;; 6.0.0 connection; O(1); Who gets this connection's tracking messages
            client|tracking; -3; cold; noscript loading stale; 0 0 0; @slow @connection;;; 6.0.0 connection; O(1); Client-side caching: not supported
            client|trackinginfo; 2; cold; noscript loading stale; 0 0 0; @slow @connection;;; 6.2.0 connection; O(1); State of client-side caching
            client|caching; 3; cold; noscript loading stale; 0 0 0; @slow @connection;;; 6.0.0 connection; O(1); Client-side caching: not supported
            command|getkeysandflags; -4; cold; loading stale; 0 0 0; @slow @connection;;; 7.0.0 server; O(N); Return the keys that a command names and what it does to them
            config|rewrite; 2; cold; admin noscript loading stale; 0 0 0; @admin @slow @dangerous;;; 2.8.0 server; O(N); Write the configuration that is in force into its file
            monitor; 1; cold; admin noscript loading stale; 0 0 0; @admin @slow @dangerous;;; 1.0.0 server;; Show every command as it is executed
            debug; -2; cold; admin noscript loading stale; 0 0 0; @admin @slow @dangerous;;; 1.0.0 server; Depends on subcommand; Commands for tests
            slowlog; -2; cold;; 0 0 0; @slow;;; 2.2.12 server; Depends on subcommand; A container for slow log commands
            slowlog|get; -2; cold; admin loading stale; 0 0 0; @admin @slow @dangerous; request_policy:all_nodes nondeterministic_output;; 2.2.12 server; O(N); The newest entries of the slow log
            slowlog|len; 2; cold; admin loading stale; 0 0 0; @admin @slow @dangerous; request_policy:all_nodes response_policy:agg_sum nondeterministic_output;; 2.2.12 server; O(1); Number of entries in the slow log
            slowlog|reset; 2; cold; admin loading stale; 0 0 0; @admin @slow @dangerous; request_policy:all_nodes response_policy:all_succeeded;; 2.2.12 server; O(N); Empty the slow log
            slowlog|help; 2; cold; loading stale; 0 0 0; @slow;;; 6.2.0 server; O(1); List the subcommands
            latency; -2; cold;; 0 0 0; @slow;;; 2.8.13 server; Depends on subcommand; A container for latency commands
            latency|latest; 2; cold; admin noscript loading stale; 0 0 0; @admin @slow @dangerous; nondeterministic_output request_policy:all_nodes response_policy:special;; 2.8.13 server; O(1); The latest spike of every event
            latency|history; 3; cold; admin noscript loading stale; 0 0 0; @admin @slow @dangerous; nondeterministic_output request_policy:all_nodes response_policy:special;; 2.8.13 server; O(1); The spikes of an event
            latency|reset; -2; cold; admin noscript loading stale; 0 0 0; @admin @slow @dangerous; request_policy:all_nodes response_policy:all_succeeded;; 2.8.13 server; O(1); Forget the spikes of events
            latency|graph; 3; cold; admin noscript loading stale; 0 0 0; @admin @slow @dangerous; nondeterministic_output request_policy:all_nodes response_policy:special;; 2.8.13 server; O(1); Draw the spikes of an event
            latency|doctor; 2; cold; admin noscript loading stale; 0 0 0; @admin @slow @dangerous; nondeterministic_output request_policy:all_nodes response_policy:special;; 2.8.13 server; O(1); Say in words what was slow
            latency|help; 2; cold; loading stale; 0 0 0; @slow;;; 2.8.13 server; O(1); List the subcommands
            memory; -2; cold;; 0 0 0; @slow;;; 4.0.0 server; Depends on subcommand; A container for memory commands
            memory|usage; -3; cold; readonly; 2 2 1; @read @slow;; RO; 4.0.0 server; O(1); Memory that a key takes, in bytes
            memory|stats; 2; cold;; 0 0 0; @slow; nondeterministic_output request_policy:all_shards response_policy:special;; 4.0.0 server; O(1); What memory is used for
            memory|doctor; 2; cold;; 0 0 0; @slow; nondeterministic_output request_policy:all_shards response_policy:special;; 4.0.0 server; O(1); Say in words how memory is
            memory|purge; 2; cold;; 0 0 0; @slow; request_policy:all_shards response_policy:all_succeeded;; 4.0.0 server; O(1); Nothing: freed records are used again at once
            memory|malloc-stats; 2; cold;; 0 0 0; @slow; nondeterministic_output request_policy:all_shards response_policy:special;; 4.0.0 server; O(1); Not supported: there is no such allocator
            memory|help; 2; cold; loading stale; 0 0 0; @slow;;; 4.0.0 server; O(1); List the subcommands
            function; -2; cold;; 0 0 0; @slow;;; 7.0.0 scripting; Depends on subcommand; A container for function commands
            function|flush; -2; cold; write noscript; 0 0 0; @write @slow @scripting; request_policy:all_shards response_policy:all_succeeded;; 7.0.0 scripting; O(1); Nothing: there are no functions
            function|list; -2; cold; noscript; 0 0 0; @slow @scripting; nondeterministic_output_order;; 7.0.0 scripting; O(1); Nothing: there are no functions
            function|help; 2; cold; loading stale; 0 0 0; @slow @scripting;;; 7.0.0 scripting; O(1); List the subcommands
            shutdown; -1; cold; admin noscript loading stale no_multi allow_busy; 0 0 0; @admin @slow @dangerous;;; 1.0.0 server; O(N); Sync the log and stop the server
            """;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The maps of the on-host door, besides those of the store (maps.h), which it shares.  None is pinned: they end with their server,
 * except that the client sockets it took over keep onhost_sockets, onhost_clients and the program `onhost_entry`.
 */
#ifndef MARROW_ONHOST_MAPS_H
#define MARROW_ONHOST_MAPS_H

#include "onhost_kernel.h"

struct address {
	u32 words[4];                   /* network order; IPv4 mapped into IPv6 (RFC 4291, 2.5.5.2) */
};

/* Fixed for the life of a server; the loader writes it before the programs are verified. */
struct onhost_config {
	u64 netns;                      /* cookie of the server's network namespace */
	u32 port;
	u32 listener_count;
	u32 group_mask;                 /* groups of CPUs that share io slots, a power of two, minus one */
	u32 pad;
	struct address listeners[ONHOST_LISTENERS_MAX];     /* zero: every address of the host */
};
const volatile struct onhost_config onhost_config SEC(".rodata.onhost");

/* Client sockets by their own cookie; membership is what makes the kernel call us for each of their messages. */
struct {
	__uint(type, BPF_MAP_TYPE_SOCKHASH);
	__uint(max_entries, ONHOST_SOCKETS_MAX);
	__type(key, u64);
	__type(value, u64);
} onhost_sockets SEC(".maps");

/* What is known of a client's socket.  Written when it connects and by its own messages, under the socket's lock. */
struct onhost_client {
	u64 cookie;
	struct address server;          /* the server's end, and … */
	struct address client;          /* … the client's */
	u16 server_port;
	u16 client_port;
	u32 sent_base;                  /* TCP sequence numbers at the connection's begin: what progress is counted from */
	u32 received_base;
	struct onhost_link link;        /* generation 0: not accepted yet, as far as we know */
	u32 unread_messages;            /* redirected since the receive queue was last seen empty */
	u32 unread_bytes;
	u32 rest_bytes;                 /* of a message that was split, 0: none */
	u32 pad;
	u64 rest_sender;                /* thread that sends it */
};
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct onhost_client);
} onhost_clients SEC(".maps");

/* A client between its own connect and the server socket's birth: how the two ends of a connection find each other. */
struct onhost_ends {
	struct address client;
	struct address server;
	u16 client_port;
	u16 server_port;
	u32 pad;
	u64 netns;
};
struct onhost_connecting {
	u64 cookie;
	u32 sent_base;
	u32 received_base;
};
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, ONHOST_CONNECTIONS_MAX);
	__type(key, struct onhost_ends);
	__type(value, struct onhost_connecting);
} onhost_connecting SEC(".maps");

/* The server's end of a connection: the client socket's cookie.  Read by the server, by file descriptor, when it has accepted. */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, u64);
} onhost_peers SEC(".maps");

/* From the client socket's cookie to what the server has given it; written by the server, taken by the client's first message. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, ONHOST_CONNECTIONS_MAX);
	__type(key, u64);
	__type(value, struct onhost_link);
} onhost_links SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, ONHOST_CONNECTIONS_MAX);
	__type(key, u32);
	__type(value, struct onhost_connection);
} onhost_connections SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct onhost_page);
} onhost_page SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, ONHOST_GROUPS_MAX * ONHOST_BUFFERS_PER_GROUP);
	__type(key, u32);
	__type(value, struct onhost_counters);
} onhost_counters SEC(".maps");

/* The way from onhost_entry to onhost.  The kernel empties it when the server's last descriptor of it is gone. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u32);
} onhost_jump SEC(".maps");

#endif

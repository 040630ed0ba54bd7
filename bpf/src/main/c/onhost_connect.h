/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How a connection comes to the on-host door: connect and accept, seen from both ends by one sockops program.
 *
 *   client connects   take()   its socket is taken over, if it connects to exactly our listener over the loopback device
 *   server's end is   pair()   the two ends are matched by addresses, ports, network namespace *and* TCP sequence numbers; the
 *   born                       client's cookie is stored with the server's socket
 *   server accepts    Java     reads that cookie, gives the connection a number and links cookie and number
 *   client's message  linked() (onhost_order.h)
 *
 * A socket cookie is never given twice, so whatever is recycled, port, descriptor or number, inherits nothing.
 */
#ifndef MARROW_ONHOST_CONNECT_H
#define MARROW_ONHOST_CONNECT_H

#include "onhost_maps.h"
#include <bpf/bpf_endian.h>

INLINE void mapped(struct address *to, u32 v4)
{
	to->words[0] = 0;
	to->words[1] = 0;
	to->words[2] = bpf_htonl(0xffff);
	to->words[3] = v4;
}

/* The socket's two addresses, its own first.  0, or -1 for a family that is not ours. */
INLINE int addresses(struct tcp_sock *tp, struct address *own, struct address *other)
{
	struct sock_common *sk = &tp->inet_conn.icsk_inet.sk.__sk_common;
	switch (sk->skc_family) {
	case AF_INET:
		mapped(own, sk->skc_rcv_saddr);
		mapped(other, sk->skc_daddr);
		return 0;
	case AF_INET6:
		BPF_CORE_READ_INTO(&own->words, sk, skc_v6_rcv_saddr.in6_u.u6_addr32);
		BPF_CORE_READ_INTO(&other->words, sk, skc_v6_daddr.in6_u.u6_addr32);
		return 0;
	}
	return -1;
}

INLINE int is_listener(struct address *a)
{
#ifdef MUTANT_ONHOST_ANY_ADDRESS
	return 1;
#endif
	for (u32 i = 0; i < ONHOST_LISTENERS_MAX; i++) {
		if (i >= onhost_config.listener_count)
			break;
		u32 w0 = onhost_config.listeners[i].words[0], w1 = onhost_config.listeners[i].words[1];
		u32 w2 = onhost_config.listeners[i].words[2], w3 = onhost_config.listeners[i].words[3];
		if (!(w0 | w1 | w2 | w3) || (w0 == a->words[0] && w1 == a->words[1] && w2 == a->words[2] && w3 == a->words[3]))
			return 1;
	}
	return 0;
}

/* Listeners can be "every address", and the same port of another host is not ours: what goes to this host's addresses goes by loopback. */
INLINE int is_local(struct tcp_sock *tp)
{
	struct dst_entry *route = tp->inet_conn.icsk_inet.sk.sk_dst_cache;
	return BPF_CORE_READ(route, dev, ifindex) == LOOPBACK_IFINDEX;
}

INLINE int is_our_namespace(struct bpf_sock_ops *ops)
{
#ifdef MUTANT_ONHOST_ANY_NAMESPACE
	return 1;
#else
	return bpf_get_netns_cookie(ops) == onhost_config.netns;
#endif
}

INLINE void ends_of(struct onhost_ends *ends, struct onhost_client *client)
{
	ends->client = client->client;
	ends->server = client->server;
	ends->client_port = client->client_port;
	ends->server_port = client->server_port;
	ends->pad = 0;
#ifdef MUTANT_ONHOST_ANY_NAMESPACE
	ends->netns = 0;
#else
	ends->netns = onhost_config.netns;
#endif
}

INLINE void take(struct bpf_sock_ops *ops)
{
	if (bpf_ntohl(ops->remote_port) != onhost_config.port || !is_our_namespace(ops))
		return;
	struct bpf_sock *sk = ops->sk;
	struct tcp_sock *tp = sk ? bpf_skc_to_tcp_sock(sk) : 0;
	/* TCP Fast Open: data left before us, so the sequence numbers are not those of the begin */
	if (!tp || tp->bytes_sent || !is_local(tp))
		return;
	struct onhost_client fresh = {};
	if (addresses(tp, &fresh.client, &fresh.server) || !is_listener(&fresh.server))
		return;
	u64 cookie = bpf_get_socket_cookie(ops);
	fresh.cookie = cookie;
	fresh.client_port = ops->local_port;
	fresh.server_port = onhost_config.port;
	fresh.sent_base = tp->write_seq;
	fresh.received_base = tp->rcv_nxt;

	struct onhost_ends ends;
	struct onhost_connecting connecting = { cookie, fresh.sent_base, fresh.received_base };
	ends_of(&ends, &fresh);
	struct onhost_client *client = bpf_sk_storage_get(&onhost_clients, sk, &fresh, BPF_SK_STORAGE_GET_F_CREATE);
	if (!client)
		return;
	*client = fresh;                /* a socket can connect again, and keeps its storage */
	/* in this order: whatever is left half-way is removed when the socket closes */
	if (bpf_sock_ops_cb_flags_set(ops, ops->bpf_sock_ops_cb_flags | BPF_SOCK_OPS_STATE_CB_FLAG))
		return;
	if (bpf_map_update_elem(&onhost_connecting, &ends, &connecting, BPF_ANY))
		return;
	if (bpf_sock_hash_update(ops, &onhost_sockets, &cookie, BPF_NOEXIST))
		bpf_map_delete_elem(&onhost_connecting, &ends);
}

INLINE void pair(struct bpf_sock_ops *ops)
{
	if (ops->local_port != onhost_config.port || !is_our_namespace(ops))
		return;
	struct bpf_sock *sk = ops->sk;
	struct tcp_sock *tp = sk ? bpf_skc_to_tcp_sock(sk) : 0;
	if (!tp)
		return;
	struct onhost_client client = {};
	if (addresses(tp, &client.server, &client.client))
		return;
	client.client_port = bpf_ntohl(ops->remote_port);
	client.server_port = onhost_config.port;
	struct onhost_ends ends;
	ends_of(&ends, &client);
	struct onhost_connecting *found = bpf_map_lookup_elem(&onhost_connecting, &ends);
	if (!found || found->sent_base != tp->rcv_nxt || found->received_base != tp->write_seq)
		return;
	u64 cookie = found->cookie;
	bpf_map_delete_elem(&onhost_connecting, &ends);
	bpf_sk_storage_get(&onhost_peers, sk, &cookie, BPF_SK_STORAGE_GET_F_CREATE);
}

/* A client's socket is closed.  Its storage and its place in onhost_sockets end with it; this is what does not. */
INLINE void forget(struct bpf_sock_ops *ops)
{
	struct bpf_sock *sk = ops->sk;
	if (!sk || ops->args[1] != BPF_TCP_CLOSE)
		return;
	struct onhost_client *client = bpf_sk_storage_get(&onhost_clients, sk, 0, 0);
	if (!client)
		return;
	struct onhost_ends ends;
	ends_of(&ends, client);
	struct onhost_connecting *found = bpf_map_lookup_elem(&onhost_connecting, &ends);
	if (found && found->cookie == client->cookie)
		bpf_map_delete_elem(&onhost_connecting, &ends);
}

SEC("sockops")
int onhost_connect(struct bpf_sock_ops *ops)
{
	switch (ops->op) {
	case BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB:
		take(ops);
		break;
	case BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB:
		pair(ops);
		break;
	case BPF_SOCK_OPS_STATE_CB:
		forget(ops);
		break;
	}
	return 1;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * When a message may be served here: the order rule (I9), authority, ends (I11) and back-pressure (I10).
 *
 * A reply of ours is read before anything that still lies in TCP's own receive queue, and a command that we execute overtakes
 * everything that is on its way to the server.  So we serve only when there is nothing to overtake:
 *
 *   sent     == answered    all that this client ever sent over TCP has been executed, and its replies exist
 *   received == generated   all those replies have arrived here …
 *   received == read        … and the application has taken them
 *
 * "sent" and "received" are TCP's sequence numbers, counted from the connection's begin; counters of our own would count a
 * retried short write twice.  "answered" and "generated" are the server's, one word, stored before the replies are written: then a
 * reply that is here proves that the word is too.
 */
#ifndef MARROW_ONHOST_ORDER_H
#define MARROW_ONHOST_ORDER_H

#include "onhost_maps.h"

/* What the server gave this connection, once it has.  The link is taken out of the map: it lives in the socket's storage then. */
INLINE struct onhost_connection *linked(struct onhost_client *client)
{
	if (!client->link.generation) {
		struct onhost_link *link = bpf_map_lookup_elem(&onhost_links, &client->cookie);
		if (!link)
			return 0;
		client->link = *link;
		bpf_map_delete_elem(&onhost_links, &client->cookie);
	}
	u32 connection = client->link.connection;
	return bpf_map_lookup_elem(&onhost_connections, &connection);
}

INLINE int receive_queue_empty(struct tcp_sock *tp)
{
	struct sk_psock *psock = (void *)((unsigned long)tp->inet_conn.icsk_inet.sk.sk_user_data & PSOCK_POINTER_MASK);
	struct list_head *first = BPF_CORE_READ(psock, ingress_msg.next);
	return (unsigned long)first == (unsigned long)psock + bpf_core_field_offset(struct sk_psock, ingress_msg);
}

/* Redirected replies are not limited by the receive buffer.  The kernel is asked only when our own count says so. */
INLINE int may_queue(struct tcp_sock *tp, struct onhost_client *client)
{
#ifdef MUTANT_ONHOST_NO_QUEUE_BOUND
	return 1;
#endif
	if (client->unread_messages < ONHOST_UNREAD_MESSAGES_MAX && client->unread_bytes < ONHOST_UNREAD_BYTES_MAX)
		return 1;
	if (!receive_queue_empty(tp))
		return 0;
	client->unread_messages = 0;
	client->unread_bytes = 0;
	return 1;
}

/* The rules one by one, so that tests can show what each is for. */
#define IS_ESTABLISHED(tp) ((tp)->inet_conn.icsk_inet.sk.__sk_common.skc_state == BPF_TCP_ESTABLISHED)
#define IS_GENERATION(head, client) ((head) >> 32 == (client)->link.generation)
#define COMMANDS_ANSWERED(tp, client, progress) ((tp)->write_seq - (client)->sent_base == (u32)(progress))
#define REPLIES_ARRIVED(tp, client, progress) ((tp)->rcv_nxt - (client)->received_base == (u32)((progress) >> 32))
#define REPLIES_READ(tp) ((tp)->rcv_nxt == (tp)->copied_seq)
#define IS_ALLOWED(mode, flags) (!((flags) & ONHOST_PASS) && (!((mode) & ONHOST_AUTHENTICATE) || ((flags) & ONHOST_AUTHENTICATED)))

#ifdef MUTANT_ONHOST_NO_COMMANDS
#undef COMMANDS_ANSWERED
#define COMMANDS_ANSWERED(tp, client, progress) 1
#endif
#ifdef MUTANT_ONHOST_NO_REPLIES
#undef REPLIES_ARRIVED
#define REPLIES_ARRIVED(tp, client, progress) 1
#endif
#ifdef MUTANT_ONHOST_NO_READ
#undef REPLIES_READ
#define REPLIES_READ(tp) 1
#endif
#ifdef MUTANT_ONHOST_NO_AUTHORITY
#undef IS_ALLOWED
#define IS_ALLOWED(mode, flags) 1
#endif
#ifdef MUTANT_ONHOST_NO_ENDS           /* a closed connection is seen by its state, its generation, and a FIN that counts as a byte */
#undef IS_ESTABLISHED
#undef IS_GENERATION
#undef REPLIES_ARRIVED
#undef REPLIES_READ
#define IS_ESTABLISHED(tp) 1
#define IS_GENERATION(head, client) 1
#define REPLIES_ARRIVED(tp, client, progress) 1
#define REPLIES_READ(tp) 1
#endif

/* ONHOST_SERVED, or why not.  `flags` are the connection's, of the moment that the rest was checked for. */
INLINE int may_serve(struct tcp_sock *tp, struct onhost_client *client, struct onhost_connection *connection, u32 mode, u32 *flags)
{
	if (!IS_ESTABLISHED(tp))
		return ONHOST_PASS_STATE;
	if (!connection)
		return ONHOST_PASS_UNKNOWN;
	u64 head = READ_ONCE(connection->head);
	u64 progress = READ_ONCE(connection->progress);
	if (!IS_GENERATION(head, client))
		return ONHOST_PASS_UNKNOWN;
	*flags = (u32)head;
	if (!IS_ALLOWED(mode, *flags))
		return ONHOST_PASS_AUTHORITY;
	if (!COMMANDS_ANSWERED(tp, client, progress))
		return ONHOST_PASS_COMMANDS;
	if (!REPLIES_ARRIVED(tp, client, progress) || !REPLIES_READ(tp))
		return ONHOST_PASS_REPLIES;
	/* the number may have been given away between the two loads */
	if (!IS_GENERATION(READ_ONCE(connection->head), client))
		return ONHOST_PASS_UNKNOWN;
	if (!may_queue(tp, client))
		return ONHOST_PASS_UNREAD;
	return ONHOST_SERVED;
}

#endif

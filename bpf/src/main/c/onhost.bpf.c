/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The on-host door: a client on this machine is served inside its own send().
 *
 *   onhost_connect.h   a client connects, the server accepts: the socket is taken over
 *   onhost_entry       each of its messages comes here, in the client's own context
 *   onhost_order.h     may it be served now?
 *   onhost_serve.h     the commands, by the code that the server door runs too (serve.h); the message becomes the reply
 *
 * Then the reply is redirected into the same socket's receive queue, and is there before send() returns.  Whatever is not served
 * goes on to the server as if we were not there.
 *
 * A program stays on every socket that it was ever put on, whatever becomes of its server.  So the one that stays does nothing but jump,
 * and the jump's target goes with the server: at once when it says so, by the kernel when its last descriptor is gone.
 */
#include "onhost_connect.h"
#include "onhost_serve.h"

/* Io slots are claimed, not indexed by CPU alone: programs run in process context and can be pre-empted, and tasks do not leave in
 * the order in which they came.  The slot, or -1. */
INLINE int claim(struct onhost_page *page, u32 group)
{
#pragma clang loop unroll(full)
	for (u32 i = 0; i < ONHOST_BUFFERS_PER_GROUP; i++)
#ifdef MUTANT_ONHOST_NO_CLAIM
		return group * ONHOST_BUFFERS_PER_GROUP;
#else
		if (!__sync_lock_test_and_set(&page->claims[group][i], 1))
			return group * ONHOST_BUFFERS_PER_GROUP + i;
#endif
	return -1;
}

INLINE void give_back(struct onhost_page *page, u32 group, u32 slot)
{
	asm volatile("" ::: "memory");      /* x86-64 makes stores visible in order */
	WRITE_ONCE(page->claims[group][slot % ONHOST_BUFFERS_PER_GROUP], 0);
}

/* Whoever has claimed an io slot has its counters too. */
INLINE void count_message(u32 slot, u32 passed, u32 commands, u32 split)
{
	struct onhost_counters *n = bpf_map_lookup_elem(&onhost_counters, &slot);
	if (!n)
		return;
	asm volatile("" : "+r"(passed));    /* clang knows its range and drops the mask; the verifier wants to see it */
	if (passed == ONHOST_LOST) {
		n->lost++;
	} else if (passed) {
		n->passed[passed & 15]++;
	} else {
		n->messages++;
		n->commands += commands;
		n->split += split;
	}
}

INLINE void count_no_slot(u32 group)
{
	u32 slot = group * ONHOST_BUFFERS_PER_GROUP;
	struct onhost_counters *n = bpf_map_lookup_elem(&onhost_counters, &slot);
	if (n)
		__sync_fetch_and_add(&n->passed[ONHOST_PASS_BUFFERS], 1);      /* nobody else counts this one */
}

INLINE struct tcp_sock *socket_of(struct sk_msg_md *msg)
{
	struct bpf_sock *sk = msg->sk;
	return sk ? bpf_skc_to_tcp_sock(sk) : 0;
}

/* The replies so far are the message's beginning; its rest comes to us again, in the same send(). */
INLINE void split(struct sk_msg_md *msg, struct onhost_client *client, u32 replied, u32 rest)
{
	bpf_msg_apply_bytes(msg, replied);
	client->rest_bytes = rest;
	client->rest_sender = bpf_get_current_pid_tgid();
}

/* Whether this is the rest of a message that was split; asked once. */
INLINE int is_rest(struct sk_msg_md *msg, struct onhost_client *client)
{
	u32 rest = client->rest_bytes;
	if (!rest || client->rest_sender != bpf_get_current_pid_tgid())
		return 0;
	client->rest_bytes = 0;
	bpf_msg_apply_bytes(msg, 0);
	return rest == msg->size;
}

/* To the server.  The kernel remembers for the whole of a send() that it was redirected once, so the rest of a message is redirected too:
 * to where it was going in any case. */
INLINE int pass(struct sk_msg_md *msg, struct onhost_client *client, int rest)
{
	return rest ? bpf_msg_redirect_hash(msg, &onhost_sockets, &client->cookie, 0) : SK_PASS;
}

/* The message was executed: what the client's socket, the server and the counters have to know of it. */
INLINE void account(struct io *io, struct onhost_client *client, struct onhost_connection *connection, u32 held)
{
	struct request *q = &io->requests[0];
	client->unread_messages++;
	client->unread_bytes += held;
	connection->messages++;
	if (q->write_position > connection->write_position)
		connection->write_position = q->write_position;
	if (q->writes) {
		struct counters *n = my_counters(io);
		if (n)
			__sync_fetch_and_add(&n->writes, q->writes);
	}
}

#ifdef MUTANT_ONHOST_NO_GATE
#define IS_OPEN(mode) 1
#else
#define IS_OPEN(mode) ((mode) & ONHOST_OPEN)
#endif

/* With the slot claimed: whoever closes the gate and then sees no claim knows that nothing runs any more. */
INLINE int handle(struct sk_msg_md *msg, struct tcp_sock *tp, struct onhost_client *client, struct onhost_page *page, u32 slot,
		  int rest)
{
	struct io *io = bpf_map_lookup_elem(&slots, &slot);
	struct control *c = the_control();
	if (!io || !c)
		return pass(msg, client, rest);
	begin_run(io);
	u32 mode = READ_ONCE(page->mode), flags = 0, replied = 0, held = 0;
	struct onhost_connection *connection = linked(client);
	int passed = IS_OPEN(mode) ? may_serve(tp, client, connection, mode, &flags) : ONHOST_PASS_CLOSED;
	if (!passed) {
#ifdef MUTANT_ONHOST_NO_PROTOCOL
		flags &= ~ONHOST_RESP3;
#endif
		passed = serve_message(msg, io, c, page, mode, flags & ONHOST_RESP3, &replied, &held);
	}
	struct request *q = &io->requests[0];
	count_message(slot, passed, q->commands, q->in_offset != q->in_end);
	if (passed && passed != ONHOST_LOST)
		return pass(msg, client, rest);
	if (connection)
		account(io, client, connection, held);
	if (passed)
		return SK_DROP;
	if (q->in_offset != q->in_end)
		split(msg, client, replied, q->in_end - q->in_offset);
	return bpf_msg_redirect_hash(msg, &onhost_sockets, &client->cookie, BPF_F_INGRESS);
}

SEC("sk_msg")
int onhost(struct sk_msg_md *msg)
{
	struct tcp_sock *tp = socket_of(msg);
	struct onhost_client *client = tp ? bpf_sk_storage_get(&onhost_clients, tp, 0, 0) : 0;
	u32 zero = 0;
	struct onhost_page *page = bpf_map_lookup_elem(&onhost_page, &zero);
	if (!client || !page)
		return SK_PASS;
	/* between the halves of a split message the socket is not locked, and what is known of it is one thread's */
	if (client->rest_bytes && client->rest_sender != bpf_get_current_pid_tgid())
		return SK_PASS;
	int rest = is_rest(msg, client);
	u32 group = bpf_get_smp_processor_id() & onhost_config.group_mask & (ONHOST_GROUPS_MAX - 1);
	int slot = claim(page, group);
	if (slot < 0) {
		count_no_slot(group);
		return pass(msg, client, rest);
	}
	int verdict = handle(msg, tp, client, page, slot, rest);
	give_back(page, group, slot);
	return verdict;
}

SEC("sk_msg")
int onhost_entry(struct sk_msg_md *msg)
{
	bpf_tail_call(msg, &onhost_jump, 0);
	struct tcp_sock *tp = socket_of(msg);
	struct onhost_client *client = tp ? bpf_sk_storage_get(&onhost_clients, tp, 0, 0) : 0;
	return client ? pass(msg, client, is_rest(msg, client)) : SK_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

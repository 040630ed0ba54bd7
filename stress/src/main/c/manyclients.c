/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many plain clients in one thread: on each connection a command, its reply, the next command; GET or SET by the toss of a coin.
 *
 *   manyclients resp|memcached ADDRESS PORT CONNECTIONS KEYS VALUE_BYTES WARMUP_SECONDS SECONDS
 *
 * Keys are "key:" and twelve digits, drawn evenly; values are random letters, which no server can store shorter.  A latency is the
 * time from before the send to the whole reply, the wait for this thread included.  At the end nothing more is sent, and what is under
 * way is waited for and counted.  One line of output: round trips, seconds, and latencies in nanoseconds:
 *   count seconds p50 p99 p999 max
 */
#include "client.h"
#include <sys/epoll.h>

#define CONNECTIONS_MAX 10000
#define EVENTS_MAX 256
#define SILENCE_MS_MAX 30000

struct connection {
	int socket;
	uint64_t sent_ns;
	size_t have;
	char *reply;
};

static const struct protocol *protocol;
static struct request get, set;
static size_t value_bytes, reply_bytes_max;
static uint64_t keys, state = 88172645463325252ull;

static void fill_value(char *at)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-";
	uint64_t bits = 0;
	for (size_t i = 0; i < value_bytes; i++, bits >>= 6) {
		if (i % 8 == 0)
			bits = next_random(&state);
		at[i] = letters[bits & 63];
	}
}

static void send_next(struct connection *c, uint64_t now)
{
	struct request *r = next_random(&state) >> 63 ? &set : &get;
	put_key(r->bytes + r->key_at, next_random(&state) % keys);
	if (r == &set)
		fill_value(r->bytes + r->value_at);
	c->sent_ns = now;
	c->have = 0;
	if (send(c->socket, r->bytes, r->length, MSG_NOSIGNAL) != (ssize_t)r->length)
		fail("send");
}

/* Whether the reply is whole now. */
static int receive(struct connection *c)
{
	ssize_t count = recv(c->socket, c->reply + c->have, reply_bytes_max - c->have, MSG_DONTWAIT);
	if (count < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (count <= 0)
		fail("recv");
	c->have += count;
	size_t wanted = protocol->reply_length(c->reply, c->have);
	return wanted && c->have >= wanted;
}

static int open_all(struct connection *connections, int count, const char *address, int port)
{
	int poll = epoll_create1(0);
	if (poll < 0)
		fail("epoll_create1");
	for (int i = 0; i < count; i++) {
		struct connection *c = &connections[i];
		struct epoll_event event = { .events = EPOLLIN, .data.ptr = c };
		c->socket = connect_tcp(address, port);
		c->reply = malloc(reply_bytes_max);
		if (!c->reply || epoll_ctl(poll, EPOLL_CTL_ADD, c->socket, &event))
			fail("connection");
	}
	return poll;
}

int main(int argc, char **argv)
{
	if (argc != 9) {
		fprintf(stderr, "usage: manyclients resp|memcached ADDRESS PORT CONNECTIONS KEYS VALUE_BYTES WARMUP_SECONDS SECONDS\n");
		return 2;
	}
	static struct connection connections[CONNECTIONS_MAX];
	protocol = protocol_of(argv[1]);
	int count = atoi(argv[4]);
	keys = strtoull(argv[5], 0, 10);
	value_bytes = strtoull(argv[6], 0, 10);
	uint64_t warmup = atof(argv[7]) * 1e9, duration = atof(argv[8]) * 1e9;
	if (!keys || value_bytes > VALUE_BYTES_MAX || count < 1 || count > CONNECTIONS_MAX) {
		errno = EINVAL;
		fail("arguments");
	}
	reply_bytes_max = value_bytes + 1024;
	protocol->make_get(&get);
	protocol->make_set(&set, value_bytes);
	int poll = open_all(connections, count, argv[2], atoi(argv[3]));

	uint64_t now = now_ns(), measured = now + warmup, end = measured + duration;
	for (int i = 0; i < count; i++)
		send_next(&connections[i], now_ns());
	for (int under_way = count; under_way;) {
		struct epoll_event events[EVENTS_MAX];
		int ready = epoll_wait(poll, events, EVENTS_MAX, SILENCE_MS_MAX);
		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0) {
			errno = ready ? errno : ETIMEDOUT;
			fail("epoll_wait");
		}
		for (int i = 0; i < ready; i++) {
			struct connection *c = events[i].data.ptr;
			if (!receive(c))
				continue;
			now = now_ns();
			if (c->sent_ns >= measured)
				record_latency(now - c->sent_ns);
			/* one round trip at least, however short the time */
			if (now < end || !latency_count)
				send_next(c, now);
			else
				under_way--;
		}
	}
	print_latencies(now - measured);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One plain blocking client: a command, its reply, the next command.  As little as possible between the program and the server, so
 * that what is measured is the server and the way to it.
 *
 *   roundtrip resp|memcached   tcp ADDRESS PORT | unix PATH   get|set KEYS VALUE_BYTES WARMUP_SECONDS SECONDS
 *
 * Keys are "key:" and twelve digits, drawn evenly.  One line of output: round trips, seconds, and latencies in nanoseconds:
 *   count seconds p50 p99 p999 max
 */
#include "client.h"
#include <sys/un.h>

#define REPLY_BYTES_MAX (1 << 17)

static const struct protocol *protocol;

static int connect_unix(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof a.sun_path) {
		errno = ENAMETOOLONG;
		fail(path);
	}
	strcpy(a.sun_path, path);
	int s = socket(AF_UNIX, SOCK_STREAM, 0);
	if (s < 0 || connect(s, (void *)&a, sizeof a))
		fail("connect");
	return s;
}

static void round_trip(int s, const char *request, size_t length, char *reply)
{
	if (send(s, request, length, MSG_NOSIGNAL) != (ssize_t)length)
		fail("send");
	size_t have = 0, wanted = 0;
	do {
		ssize_t count = recv(s, reply + have, REPLY_BYTES_MAX - have, 0);
		if (count < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (count <= 0)
			fail("recv");
		have += count;
		wanted = protocol->reply_length(reply, have);
	} while (!wanted || have < wanted);
}

int main(int argc, char **argv)
{
	int is_unix = argc > 2 && !strcmp(argv[2], "unix");
	int at = is_unix ? 4 : 5;
	if (argc != at + 5) {
		fprintf(stderr, "usage: roundtrip resp|memcached   tcp ADDRESS PORT | unix PATH   get|set KEYS VALUE_BYTES WARMUP_SECONDS SECONDS\n");
		return 2;
	}
	protocol = protocol_of(argv[1]);
	int s = is_unix ? connect_unix(argv[3]) : connect_tcp(argv[3], atoi(argv[4]));
	uint64_t keys = strtoull(argv[at + 1], 0, 10);
	size_t value_bytes = strtoull(argv[at + 2], 0, 10);
	uint64_t warmup = atof(argv[at + 3]) * 1e9, duration = atof(argv[at + 4]) * 1e9;
	if (!keys || value_bytes > VALUE_BYTES_MAX)
		fail("arguments");

	static struct request request;
	static char reply[REPLY_BYTES_MAX];
	if (!strcmp(argv[at], "set"))
		protocol->make_set(&request, value_bytes);
	else
		protocol->make_get(&request);

	uint64_t state = 88172645463325252ull, start = now_ns(), measured = start + warmup, end = measured + duration;
	uint64_t before = start, after = measured;
	/* the clock is read once a round trip: its end is the next one's begin, which counts making the request too */
	/* one round trip at least, however short the time */
	while (before < end || !latency_count) {
		put_key(request.bytes + request.key_at, next_random(&state) % keys);
		round_trip(s, request.bytes, request.length, reply);
		after = now_ns();
		if (before >= measured)
			record_latency(after - before);
		before = after;
	}
	print_latencies(after - measured);
	return 0;
}

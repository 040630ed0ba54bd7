/* SPDX-License-Identifier: Apache-2.0 */
/* What the clients of the benchmarks have in common: keys, replies, and a histogram of latencies.  One thread. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define KEY_BYTES 16
#define VALUE_BYTES_MAX 65536
#define REQUEST_BYTES_MAX (1 << 17)

/* Latencies in classes: an error of 1 in 256 at most. */
#define DOUBLING_SHIFT 8
#define CLASSES_PER_DOUBLING (1 << DOUBLING_SHIFT)
#define CLASS_COUNT (40 * CLASSES_PER_DOUBLING)
static uint64_t histogram[CLASS_COUNT], latency_count, latency_max;

static inline void fail(const char *what)
{
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(errno));
	exit(1);
}

static inline uint64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static inline uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static inline int class_of(uint64_t ns)
{
	if (ns < CLASSES_PER_DOUBLING)
		return ns;
	int doublings = 63 - __builtin_clzll(ns) - DOUBLING_SHIFT;
	int class = doublings * CLASSES_PER_DOUBLING + (ns >> doublings);
	return class < CLASS_COUNT ? class : CLASS_COUNT - 1;
}

static inline uint64_t class_ns(int class)
{
	if (class < 2 * CLASSES_PER_DOUBLING)
		return class;
	int doublings = class / CLASSES_PER_DOUBLING - 1;
	return (uint64_t)(class - doublings * CLASSES_PER_DOUBLING) << doublings;
}

static inline void record_latency(uint64_t ns)
{
	latency_count++;
	histogram[class_of(ns)]++;
	if (ns > latency_max)
		latency_max = ns;
}

static inline uint64_t quantile(double q)
{
	uint64_t rank = latency_count * q, seen = 0;
	for (int c = 0; c < CLASS_COUNT; c++) {
		seen += histogram[c];
		if (seen > rank)
			return class_ns(c);
	}
	return class_ns(CLASS_COUNT - 1);
}

/* One line: round trips, seconds, and latencies in nanoseconds: count seconds p50 p99 p999 max */
static inline void print_latencies(uint64_t duration_ns)
{
	printf("%llu %.6f %llu %llu %llu %llu\n", (unsigned long long)latency_count, duration_ns / 1e9, (unsigned long long)quantile(0.5),
	       (unsigned long long)quantile(0.99), (unsigned long long)quantile(0.999), (unsigned long long)latency_max);
}

static inline int connect_tcp(const char *address, int port)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int one = 1, is_v4 = inet_pton(AF_INET, address, &v4.sin_addr) == 1;
	if (!is_v4 && inet_pton(AF_INET6, address, &v6.sin6_addr) != 1)
		fail("address");
	int s = socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM, 0);
	if (s < 0 || connect(s, is_v4 ? (void *)&v4 : (void *)&v6, is_v4 ? sizeof v4 : sizeof v6))
		fail("connect");
	setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return s;
}

/* A command without its key. */
struct request {
	char bytes[REQUEST_BYTES_MAX];
	size_t length;
	size_t key_at;
	size_t value_at;
};

static inline void make_get(struct request *r)
{
	r->key_at = sprintf(r->bytes, "*2\r\n$3\r\nGET\r\n$%d\r\n", KEY_BYTES);
	r->length = r->key_at + KEY_BYTES;
	r->length += sprintf(r->bytes + r->length, "\r\n");
}

static inline void make_set(struct request *r, size_t value_bytes)
{
	r->key_at = sprintf(r->bytes, "*3\r\n$3\r\nSET\r\n$%d\r\n", KEY_BYTES);
	r->value_at = r->key_at + KEY_BYTES;
	r->value_at += sprintf(r->bytes + r->value_at, "\r\n$%zu\r\n", value_bytes);
	memset(r->bytes + r->value_at, 'v', value_bytes);
	r->length = r->value_at + value_bytes;
	r->length += sprintf(r->bytes + r->length, "\r\n");
}

/* "key:" and twelve digits. */
static inline void put_key(char *at, uint64_t key)
{
	memcpy(at, "key:", 4);
	for (int i = KEY_BYTES - 1; i >= 4; i--, key /= 10)
		at[i] = '0' + key % 10;
}

/* The length of a reply whose beginning is here; 0: not enough yet. */
static inline size_t reply_length(const char *reply, size_t have)
{
	const char *end = memchr(reply, '\n', have);
	if (!end)
		return 0;
	size_t line = end + 1 - reply;
	if (reply[0] == '-') {
		fprintf(stderr, "%s: %.*s\n", program_invocation_short_name, (int)line, reply);
		exit(1);
	}
	if (reply[0] != '$' || reply[1] == '-')
		return line;
	return line + strtoul(reply + 1, 0, 10) + 2;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What the clients of the benchmarks have in common: keys, requests and replies of a protocol, and a histogram of latencies.  One thread. */
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

/* What a server speaks. */
struct protocol {
	const char *word;
	void (*make_get)(struct request *r);
	void (*make_set)(struct request *r, size_t value_bytes);
	/* The length of a reply whose beginning is here; 0: not enough yet. */
	size_t (*reply_length)(const char *reply, size_t have);
};

/* "key:" and twelve digits. */
static inline void put_key(char *at, uint64_t key)
{
	memcpy(at, "key:", 4);
	for (int i = KEY_BYTES - 1; i >= 4; i--, key /= 10)
		at[i] = '0' + key % 10;
}

/* The end of a SET, whatever the protocol. */
static inline void put_value(struct request *r, size_t value_bytes)
{
	memset(r->bytes + r->value_at, 'v', value_bytes);
	r->length = r->value_at + value_bytes;
	r->length += sprintf(r->bytes + r->length, "\r\n");
}

static inline void resp_make_get(struct request *r)
{
	r->key_at = sprintf(r->bytes, "*2\r\n$3\r\nGET\r\n$%d\r\n", KEY_BYTES);
	r->length = r->key_at + KEY_BYTES;
	r->length += sprintf(r->bytes + r->length, "\r\n");
}

static inline void resp_make_set(struct request *r, size_t value_bytes)
{
	r->key_at = sprintf(r->bytes, "*3\r\n$3\r\nSET\r\n$%d\r\n", KEY_BYTES);
	r->value_at = r->key_at + KEY_BYTES;
	r->value_at += sprintf(r->bytes + r->value_at, "\r\n$%zu\r\n", value_bytes);
	put_value(r, value_bytes);
}

/* A client ends at the first error. */
static inline void refused(const char *reply, size_t bytes)
{
	fprintf(stderr, "%s: %.*s\n", program_invocation_short_name, (int)bytes, reply);
	exit(1);
}

static inline size_t resp_reply_length(const char *reply, size_t have)
{
	const char *end = memchr(reply, '\n', have);
	if (!end)
		return 0;
	size_t line = end + 1 - reply;
	if (reply[0] == '-')
		refused(reply, line);
	if (reply[0] != '$' || reply[1] == '-')
		return line;
	return line + strtoul(reply + 1, 0, 10) + 2;
}

static inline void memcached_make_get(struct request *r)
{
	r->key_at = sprintf(r->bytes, "get ");
	r->length = r->key_at + KEY_BYTES;
	r->length += sprintf(r->bytes + r->length, "\r\n");
}

static inline void memcached_make_set(struct request *r, size_t value_bytes)
{
	r->key_at = sprintf(r->bytes, "set ");
	r->value_at = r->key_at + KEY_BYTES;
	r->value_at += sprintf(r->bytes + r->value_at, " 0 0 %zu\r\n", value_bytes);
	put_value(r, value_bytes);
}

/* Of the line "VALUE key flags bytes", which ends here; any other is an error. */
static inline size_t memcached_value_bytes(const char *line, size_t bytes)
{
	static const char begin[] = "VALUE ";
	const char *number = memrchr(line, ' ', bytes);
	char *after = 0;
	size_t value_bytes = 0;
	if (number && number[1] >= '0' && number[1] <= '9')
		value_bytes = strtoul(number + 1, &after, 10);
	if (!after || after + 2 != line + bytes || memcmp(line, begin, sizeof begin - 1) || value_bytes > VALUE_BYTES_MAX)
		refused(line, bytes);
	return value_bytes;
}

static inline int is_line(const char *reply, size_t bytes, const char *line)
{
	return bytes == strlen(line) && !memcmp(reply, line, bytes);
}

/* A value between its line and "END"; "END" alone of an absent key; "STORED".  All else is an error. */
static inline size_t memcached_reply_length(const char *reply, size_t have)
{
	static const char value_end[] = "\r\nEND\r\n", unfinished[] = "a value that does not end with END";
	const char *end = memchr(reply, '\n', have);
	if (!end)
		return 0;
	size_t line = end + 1 - reply, end_bytes = sizeof value_end - 1;
	if (is_line(reply, line, "STORED\r\n") || is_line(reply, line, "END\r\n"))
		return line;
	size_t all = line + memcached_value_bytes(reply, line) + end_bytes;
	if (have >= all && memcmp(reply + all - end_bytes, value_end, end_bytes))
		refused(unfinished, sizeof unfinished - 1);
	return all;
}

static inline const struct protocol *protocol_of(const char *word)
{
	static const struct protocol protocols[] = {
		{ "resp", resp_make_get, resp_make_set, resp_reply_length },
		{ "memcached", memcached_make_get, memcached_make_set, memcached_reply_length },
	};
	for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
		if (!strcmp(word, protocols[i].word))
			return &protocols[i];
	errno = EINVAL;
	fail(word);
	__builtin_unreachable();
}

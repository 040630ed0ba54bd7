/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One plain blocking client with values of up to many megabytes: a command, its whole reply, the next command.
 *
 *   largevalues ADDRESS PORT get|set|both KEYS VALUE_BYTES WARMUP_SECONDS SECONDS
 *
 * Keys are "big:" and twelve digits, one after the other.  Before get all are written, and after set and both those that were written are
 * read and looked at; neither is measured.  both is a SET of each key and a GET of the same, counted together.  SIGTERM ends the measurement
 * as the end of its time does, but one round trip is made.
 *
 * Every SET has another value: the bytes of one random pool from another place on.  Of each value that comes back its length is compared, and
 * a sample of its bytes with those that were sent last: a value of another key, an old one or pieces in a wrong order are found.
 *
 * A latency is the time from before the first byte of the command to the last of the reply, looked at.  One line of output: round trips,
 * seconds, and latencies in nanoseconds:
 *   count seconds p50 p99 p999 max
 */
#include "client.h"
#include <signal.h>
#include <sys/uio.h>

#define KEYS_MAX 100000
#define LARGE_BYTES_MAX (512 << 20)
/* The value of a key's SET number n begins n steps into the pool, and some for the key; both are prime, so that nothing that is cut in
   round sizes repeats, and up to VERSION_COUNT keys have different ones. */
#define VERSION_COUNT 1021
#define VERSION_STEP 61
#define KEY_VERSIONS 7
#define SAMPLE_BYTES 16
#define SAMPLE_STEP 4093
#define HEADER_BYTES_MAX 64

enum { GET = 1, SET = 2 };

static int s;
static size_t value_bytes;
static uint64_t keys, next_key;
static char *pool, *reply;
static uint32_t set_count[KEYS_MAX];
static char get_request[HEADER_BYTES_MAX], set_header[HEADER_BYTES_MAX], value_header[HEADER_BYTES_MAX];
static size_t get_length, get_key_at, set_length, set_key_at;
static volatile sig_atomic_t stopped;

static void on_term(int signal)
{
	(void)signal;
	stopped = 1;
}

static void wrong(const char *what, uint64_t key)
{
	fprintf(stderr, "largevalues: big:%012llu: %s\n", (unsigned long long)key, what);
	exit(1);
}

static const char *value_of(uint64_t key)
{
	return pool + (set_count[key] + KEY_VERSIONS * key) % VERSION_COUNT * VERSION_STEP;
}

static void put_large_key(char *at, uint64_t key)
{
	put_key(at, key);
	memcpy(at, "big:", 4);
}

static void make_commands(void)
{
	get_key_at = sprintf(get_request, "*2\r\n$3\r\nGET\r\n$%d\r\n", KEY_BYTES);
	get_length = get_key_at + KEY_BYTES + 2;
	memcpy(get_request + get_length - 2, "\r\n", 2);
	set_key_at = sprintf(set_header, "*3\r\n$3\r\nSET\r\n$%d\r\n", KEY_BYTES);
	set_length = set_key_at + KEY_BYTES;
	set_length += sprintf(set_header + set_length, "\r\n$%zu\r\n", value_bytes);
	sprintf(value_header, "$%zu\r\n", value_bytes);
}

static void make_pool(void)
{
	size_t bytes = value_bytes + VERSION_COUNT * VERSION_STEP + sizeof(uint64_t);
	uint64_t state = 88172645463325252ull;
	pool = malloc(bytes);
	reply = malloc(value_bytes + HEADER_BYTES_MAX);
	if (!pool || !reply)
		fail("memory");
	for (size_t at = 0; at + sizeof state <= bytes; at += sizeof state) {
		uint64_t word = next_random(&state);
		memcpy(pool + at, &word, sizeof word);
	}
	memset(reply, 0, value_bytes + HEADER_BYTES_MAX);
}

static void send_all(struct iovec *parts, int count)
{
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = count };
	while (message.msg_iovlen) {
		ssize_t sent = sendmsg(s, &message, MSG_NOSIGNAL);
		if (sent < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (sent < 0)
			fail("send");
		while (message.msg_iovlen && (size_t)sent >= message.msg_iov->iov_len) {
			sent -= message.msg_iov->iov_len;
			message.msg_iov++;
			message.msg_iovlen--;
		}
		if (message.msg_iovlen) {
			message.msg_iov->iov_base = (char *)message.msg_iov->iov_base + sent;
			message.msg_iov->iov_len -= sent;
		}
	}
}

/* Reads a whole reply, and nothing behind it may be there. */
static size_t receive(uint64_t key)
{
	size_t have = 0, wanted = 0;
	do {
		ssize_t count = recv(s, reply + have, value_bytes + HEADER_BYTES_MAX - have, 0);
		if (count < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (count <= 0)
			fail("recv");
		have += count;
		if (!wanted)
			wanted = resp_reply_length(reply, have);
		if (wanted > value_bytes + HEADER_BYTES_MAX)
			wrong("the reply is too long", key);
	} while (!wanted || have < wanted);
	if (have > wanted)
		wrong("there is something behind the reply", key);
	return have;
}

static void set(uint64_t key)
{
	set_count[key]++;
	put_large_key(set_header + set_key_at, key);
	struct iovec parts[] = {
		{ set_header, set_length }, { (void *)value_of(key), value_bytes }, { "\r\n", 2 },
	};
	send_all(parts, 3);
	if (receive(key) != 5 || memcmp(reply, "+OK\r\n", 5))
		wrong("SET was not answered with OK", key);
}

static void get(uint64_t key)
{
	put_large_key(get_request + get_key_at, key);
	struct iovec part = { get_request, get_length };
	send_all(&part, 1);
	size_t length = receive(key), header = strlen(value_header);
	const char *found = reply + header, *due = value_of(key);
	if (length != header + value_bytes + 2 || memcmp(reply, value_header, header) || memcmp(found + value_bytes, "\r\n", 2))
		wrong("the value has another length", key);
	for (size_t at = 0; at + SAMPLE_BYTES <= value_bytes; at += SAMPLE_STEP)
		if (memcmp(found + at, due + at, SAMPLE_BYTES))
			wrong("the value is another one", key);
	if (memcmp(found + value_bytes - SAMPLE_BYTES, due + value_bytes - SAMPLE_BYTES, SAMPLE_BYTES))
		wrong("the value ends differently", key);
}

/* The next command of both is a GET of what was just written. */
static int round_trip(int command, int commands)
{
	if (command == SET)
		set(next_key);
	else
		get(next_key);
	if (command == SET && commands & GET)
		return GET;
	next_key = (next_key + 1) % keys;
	return commands & SET ? SET : GET;
}

static int commands_of(const char *word)
{
	if (!strcmp(word, "get"))
		return GET;
	if (!strcmp(word, "set"))
		return SET;
	return strcmp(word, "both") ? 0 : GET | SET;
}

int main(int argc, char **argv)
{
	int commands = argc == 8 ? commands_of(argv[3]) : 0;
	if (!commands) {
		fprintf(stderr, "usage: largevalues ADDRESS PORT get|set|both KEYS VALUE_BYTES WARMUP_SECONDS SECONDS\n");
		return 2;
	}
	keys = strtoull(argv[4], 0, 10);
	value_bytes = strtoull(argv[5], 0, 10);
	uint64_t warmup = atof(argv[6]) * 1e9, duration = atof(argv[7]) * 1e9;
	if (!keys || keys > KEYS_MAX || value_bytes < SAMPLE_BYTES || value_bytes > LARGE_BYTES_MAX) {
		errno = EINVAL;
		fail("arguments");
	}
	struct sigaction term = { .sa_handler = on_term };
	sigaction(SIGTERM, &term, 0);
	make_commands();
	make_pool();
	s = connect_tcp(argv[1], atoi(argv[2]));
	for (uint64_t key = 0; commands == GET && key < keys; key++)
		set(key);

	uint64_t start = now_ns(), measured = start + warmup, end = measured + duration;
	uint64_t before = start, after = start, first = 0;
	int command = commands & SET ? SET : GET;
	while ((before < end && !stopped) || !latency_count) {
		command = round_trip(command, commands);
		after = now_ns();
		if (before >= measured) {
			first = first ? first : before;
			record_latency(after - before);
		}
		before = after;
	}
	for (uint64_t key = 0; commands & SET && key < keys; key++)
		if (set_count[key])
			get(key);
	print_latencies(after - first);
	return 0;
}

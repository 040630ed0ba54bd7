/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a server costs that stores nothing: TCP, and the sync.  One thread; it takes each piece of input
 * for one command, answers +OK, and with "always" writes what came in one turn to a file whose blocks are there, and syncs it, before
 * it answers, as Redis does.  Only for clients that wait for each reply.
 *
 *   bareserver none|always FILE
 *
 * Says on which port it listens; ends when it is told to.
 */
#include "client.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/uio.h>

#define EVENTS_MAX 1024
#define BACKLOG 1024
#define INPUT_BYTES (1 << 16)
#define FILE_BYTES (64 << 20)

static const char ok[] = "+OK\r\n";
/* redis-benchmark asks for two settings before it begins, in one piece or two */
static const char setting[] = "*2\r\n$4\r\nnone\r\n$0\r\n\r\n";

static char input[EVENTS_MAX][INPUT_BYTES];
static char zeros[1 << 20];

static void finish(int signal)
{
	(void)signal;
	_exit(0);
}

static int open_log(const char *path)
{
	int log = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (log < 0)
		fail(path);
	for (int at = 0; at < FILE_BYTES; at += sizeof zeros)
		if (write(log, zeros, sizeof zeros) != sizeof zeros)
			fail("write");
	if (fsync(log))
		fail("fsync");
	return log;
}

static int listen_on_loopback(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof address;
	int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (s < 0 || bind(s, (void *)&address, sizeof address) || listen(s, BACKLOG) || getsockname(s, (void *)&address, &length))
		fail("listen");
	printf("ready: listening on 127.0.0.1 port %d, nothing is stored\n", ntohs(address.sin_port));
	fflush(stdout);
	return s;
}

static void answer(int s, const char *command, size_t length)
{
	int settings = 0;
	for (const char *at = command; (at = memmem(at, command + length - at, "CONFIG", 6)); at++)
		settings++;
	for (int i = 0; i < settings; i++)
		if (send(s, setting, sizeof setting - 1, MSG_NOSIGNAL) < 0)
			return;
	if (!settings && send(s, ok, sizeof ok - 1, MSG_NOSIGNAL) < 0)
		return;
}

int main(int argc, char **argv)
{
	if (argc != 3 || (strcmp(argv[1], "none") && strcmp(argv[1], "always"))) {
		fprintf(stderr, "usage: bareserver none|always FILE\n");
		return 2;
	}
	signal(SIGTERM, finish);
	int log = strcmp(argv[1], "always") ? -1 : open_log(argv[2]);
	int listener = listen_on_loopback(), poll = epoll_create1(0);
	struct epoll_event event = { .events = EPOLLIN, .data.fd = listener };
	if (poll < 0 || epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event))
		fail("epoll");
	off_t at = 0;
	for (;;) {
		struct epoll_event ready[EVENTS_MAX];
		ssize_t length[EVENTS_MAX];
		struct iovec pieces[EVENTS_MAX];
		ssize_t bytes = 0;
		int count = epoll_wait(poll, ready, EVENTS_MAX, -1), piece_count = 0;
		for (int i = 0; i < count; i++) {
			length[i] = 0;
			if (ready[i].data.fd == listener) {
				int one = 1, s = accept4(listener, 0, 0, SOCK_NONBLOCK);
				event.data.fd = s;
				setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
				if (s >= 0 && epoll_ctl(poll, EPOLL_CTL_ADD, s, &event))
					fail("epoll_ctl");
				continue;
			}
			length[i] = recv(ready[i].data.fd, input[i], INPUT_BYTES, 0);
			if (length[i] == 0 || (length[i] < 0 && errno != EAGAIN))
				close(ready[i].data.fd);
			if (length[i] > 0) {
				pieces[piece_count++] = (struct iovec){ input[i], length[i] };
				bytes += length[i];
			}
		}
		if (bytes && log >= 0) {
			at = at + bytes > FILE_BYTES ? 0 : at;
			if (pwritev(log, pieces, piece_count, at) != bytes)
				fail("pwritev");
			if (fdatasync(log))
				fail("fdatasync");
			at += bytes;
		}
		for (int i = 0; i < count; i++)
			if (length[i] > 0)
				answer(ready[i].data.fd, input[i], length[i]);
	}
}

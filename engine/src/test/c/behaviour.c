// SPDX-License-Identifier: Apache-2.0
// How a client's socket behaves, one trait after another: behaviour ADDRESS PORT prints a line each,
//
//     name: what was seen; complete
//
// "complete" means that in the end exactly the expected replies had come, byte by byte, and nothing behind them.  Compiled and run by
// OnHostBehaviourIT.  Each check has a process of its own that ends after CHECK_SECONDS_MAX, whatever it waits for.
//
// A third argument replaces the command that the server holds back for HELD_MS, for servers without WAITAOF: "WAIT 1 1000".
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHECK_SECONDS_MAX 10
#define ALL_SECONDS_MAX 100
#define REPLY_MS_MAX 5000
#define LATER_MS 100                    /* inside the time that the held reply takes */
#define QUIET_MS 30
#define SETTLE_MS 1000                  /* a busy server has answered, and the kernel acknowledged */
#define STREAM_BYTES_MAX (4 << 20)
#define ECHO_BYTES 60000
#define ECHO_COUNT 8
#define MIXED_COMMANDS 2000

#define PING "*1\r\n$4\r\nPING\r\n"
#define PONG "+PONG\r\n"
#define COLD "*2\r\n$6\r\nCLIENT\r\n$7\r\nGETNAME\r\n"
#define NAMELESS "$-1\r\n"

static struct sockaddr_in server;
static const char *held_command = "*4\r\n$7\r\nWAITAOF\r\n$1\r\n0\r\n$1\r\n1\r\n$4\r\n1000\r\n";
static const char *held_reply = "*2\r\n:1\r\n:0\r\n";
static char seen[512];

/* ---- a connection, what it must get and what it got ---- */

struct talk {
	int fd;
	char *expected, *got;
	size_t expected_bytes, got_bytes;
};

static void fail(const char *what)
{
	printf("%s failed: %s\n", what, strerror(errno));
	fflush(stdout);
	_exit(1);
}

static long now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void see(const char *format, ...)
{
	size_t n = strlen(seen);
	va_list arguments;
	va_start(arguments, format);
	if (n)
		n += (size_t)snprintf(seen + n, sizeof seen - n, ", ");
	vsnprintf(seen + n, sizeof seen - n, format, arguments);
	va_end(arguments);
}

static void expect(struct talk *t, const char *reply)
{
	size_t n = strlen(reply);
	if (t->expected_bytes + n > STREAM_BYTES_MAX)
		fail("too much expected, memory");
	memcpy(t->expected + t->expected_bytes, reply, n);
	t->expected_bytes += n;
}

static void say(struct talk *t, const char *bytes, int flags, const char *reply)
{
	expect(t, reply);
	if (send(t->fd, bytes, strlen(bytes), flags) != (ssize_t)strlen(bytes))
		fail("send");
}

/* As what a read returned reads in the output; what it brought is kept. */
static const char *note(struct talk *t, const char *bytes, ssize_t n)
{
	static char text[32];
	if (n < 0)
		return errno == EAGAIN ? "EAGAIN" : errno == EINTR ? "EINTR" : strerror(errno);
	if (!n)
		return "end";
	if (t->got_bytes + (size_t)n > STREAM_BYTES_MAX)
		fail("too much read, memory");
	memcpy(t->got + t->got_bytes, bytes, (size_t)n);
	t->got_bytes += (size_t)n;
	snprintf(text, sizeof text, "%zd bytes", n);
	return text;
}

static const char *take(struct talk *t, size_t bytes, int flags)
{
	char buffer[4096];
	return note(t, buffer, recv(t->fd, buffer, bytes, flags));
}

static int readable(struct talk *t, int ms)
{
	struct pollfd p = { .fd = t->fd, .events = POLLIN };
	return poll(&p, 1, ms) > 0 && (p.revents & POLLIN);
}

/* Reads until nothing is missing, and whether more comes. */
static const char *finish(struct talk *t)
{
	static char buffer[1 << 16];
	long end = now_ms() + REPLY_MS_MAX;
	while (t->got_bytes < t->expected_bytes && now_ms() < end)
		if (readable(t, 100)) {
			ssize_t n = recv(t->fd, buffer, sizeof buffer, MSG_DONTWAIT);
			note(t, buffer, n);
			if (!n)
				break;
		}
	size_t n = t->got_bytes < t->expected_bytes ? t->got_bytes : t->expected_bytes;
	if (memcmp(t->got, t->expected, n))
		return "WRONG";
	if (t->got_bytes < t->expected_bytes)
		return "INCOMPLETE";
	if (t->got_bytes > t->expected_bytes || (readable(t, QUIET_MS) && recv(t->fd, buffer, 1, MSG_DONTWAIT) > 0))
		return "MORE THAN ASKED FOR";
	return "complete";
}

/* Connected, and known to the server: what it sends next can be served on-host. */
static struct talk start(void)
{
	struct talk t = { .expected = malloc(STREAM_BYTES_MAX), .got = malloc(STREAM_BYTES_MAX) };
	int one = 1;
	t.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (!t.expected || !t.got || t.fd < 0 || connect(t.fd, (struct sockaddr *)&server, sizeof server))
		fail("connect");
	setsockopt(t.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	for (int i = 0; i < 2; i++) {
		say(&t, PING, 0, PONG);
		if (strcmp(finish(&t), "complete"))
			fail("PING");
	}
	return t;
}

static void set(struct talk *t, int level, int option, int value)
{
	if (setsockopt(t->fd, level, option, &value, sizeof value))
		fail("setsockopt");
}

static void set_timeout(struct talk *t, long ms)
{
	struct timeval v = { ms / 1000, ms % 1000 * 1000 };
	if (setsockopt(t->fd, SOL_SOCKET, SO_RCVTIMEO, &v, sizeof v))
		fail("SO_RCVTIMEO");
}

/* ---- things that happen while the check waits ---- */

struct later {
	pthread_t thread, main;
	int ms, signal, fd;
	const char *bytes;
	size_t count;
};

static void *happen(void *argument)
{
	struct later *l = argument;
	usleep((useconds_t)l->ms * 1000);
	if (l->signal)
		pthread_kill(l->main, l->signal);
	for (size_t sent = 0; sent < l->count;) {
		ssize_t n = send(l->fd, l->bytes + sent, l->count - sent, MSG_NOSIGNAL);
		if (n < 0)
			break;
		sent += (size_t)n;
	}
	return NULL;
}

static void begin(struct later *l)
{
	sigset_t all, old;
	l->main = pthread_self();
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);       /* signals are the main thread's */
	if (pthread_create(&l->thread, NULL, happen, l))
		fail("pthread_create");
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static void on_signal(int number)
{
	(void)number;
}

static void handle(int flags)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = flags };
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGALRM, &action, NULL);
}

static void wait_signalled(struct talk *t, int flags)
{
	struct later l = { .ms = LATER_MS, .signal = SIGUSR1 };
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = flags };
	sigaction(SIGUSR1, &action, NULL);
	say(t, held_command, 0, held_reply);
	begin(&l);
	see("%s", take(t, 64, 0));
	pthread_join(l.thread, NULL);
}

/* ---- blocking reads that are woken without data ---- */

static void signal_restart(struct talk *t)
{
	wait_signalled(t, SA_RESTART);
}

static void signal_no_restart(struct talk *t)
{
	wait_signalled(t, 0);
}

static void signal_with_timeout(struct talk *t)
{
	set_timeout(t, 2000);
	wait_signalled(t, SA_RESTART);
}

/* poll() first, as most clients do. */
static void signal_in_poll(struct talk *t)
{
	struct later l = { .ms = LATER_MS, .signal = SIGUSR1 };
	struct pollfd p = { .fd = t->fd, .events = POLLIN };
	handle(SA_RESTART);
	say(t, held_command, 0, held_reply);
	begin(&l);
	see("%s", poll(&p, 1, REPLY_MS_MAX) < 0 && errno == EINTR ? "EINTR" : "no EINTR");
	see("%s", poll(&p, 1, REPLY_MS_MAX) == 1 ? take(t, 64, 0) : "not ready");
	pthread_join(l.thread, NULL);
}

/* No handler at all: what a shell's Ctrl-Z and fg do. */
static void stop_continue(struct talk *t)
{
	pid_t child;
	say(t, held_command, 0, held_reply);
	child = fork();
	if (!child) {
		usleep(LATER_MS * 1000);
		kill(getppid(), SIGSTOP);
		usleep(QUIET_MS * 1000);
		kill(getppid(), SIGCONT);
		_exit(0);
	}
	see("%s", take(t, 64, 0));
	waitpid(child, NULL, 0);
}

/* Another thread's send() waits for room and gets it, again and again. */
static void write_space(struct talk *t)
{
	static char commands[ECHO_COUNT * (ECHO_BYTES + 64)], reply[ECHO_BYTES + 64], buffer[1 << 16];
	size_t bytes = 0;
	int wakes = 0, n = sprintf(reply, "$%d\r\n", ECHO_BYTES);
	memset(reply + n, 'x', ECHO_BYTES);
	strcpy(reply + n + ECHO_BYTES, "\r\n");
	set(t, SOL_SOCKET, SO_SNDBUF, 4096);
	say(t, held_command, 0, held_reply);
	for (int i = 0; i < ECHO_COUNT; i++) {
		bytes += (size_t)sprintf(commands + bytes, "*2\r\n$4\r\nECHO\r\n%s", reply);
		expect(t, reply);
	}
	struct later l = { .ms = LATER_MS / 2, .fd = t->fd, .bytes = commands, .count = bytes };
	begin(&l);
	long end = now_ms() + REPLY_MS_MAX;
	ssize_t got;
	while ((got = recv(t->fd, buffer, sizeof buffer, 0)) < 0 && errno == EAGAIN && now_ms() < end)
		wakes++;
	see("%s", wakes ? "EAGAIN" : "no EAGAIN");
	note(t, buffer, got);
	while (t->got_bytes < t->expected_bytes && readable(t, REPLY_MS_MAX)) {
		got = recv(t->fd, buffer, sizeof buffer, MSG_DONTWAIT);
		if (!got)
			break;
		note(t, buffer, got);
	}
	if (t->got_bytes < t->expected_bytes)
		shutdown(t->fd, SHUT_RDWR);     /* ends the sender too */
	pthread_join(l.thread, NULL);
}

static void idle_limit(const char *seconds)
{
	char command[128];
	struct talk t = start();
	snprintf(command, sizeof command, "*4\r\n$6\r\nCONFIG\r\n$3\r\nSET\r\n$7\r\ntimeout\r\n$1\r\n%s\r\n", seconds);
	say(&t, command, 0, "+OK\r\n");
	if (strcmp(finish(&t), "complete"))
		fail("CONFIG SET");
	close(t.fd);
}

/* The server closes the connection, which has been idle for too long, while its client waits for it. */
static void closed_while_waiting(struct talk *t)
{
	const char *text;
	idle_limit("1");
	text = take(t, 64, 0);
	see("%s", text);
	if (strcmp(text, "end"))
		see("then %s", take(t, 64, 0));
	idle_limit("0");
}

/* ---- how much is there? ---- */

static void fionread(struct talk *t, const char *command, const char *reply)
{
	int bytes = -1;
	say(t, command, 0, reply);
	readable(t, REPLY_MS_MAX);
	ioctl(t->fd, FIONREAD, &bytes);
	see("%d of %zu", bytes, strlen(reply));
}

static void fionread_served(struct talk *t)
{
	fionread(t, PING, PONG);
}

static void fionread_passed(struct talk *t)
{
	fionread(t, COLD, NAMELESS);
}

static void peek(struct talk *t)
{
	char one[64], two[64];
	say(t, PING, 0, PONG);
	readable(t, REPLY_MS_MAX);
	ssize_t n = recv(t->fd, one, 3, MSG_PEEK), m = recv(t->fd, two, sizeof two, MSG_PEEK);
	see("%zd bytes", n);
	see("%zd bytes", m);
	see("%s", take(t, 2, 0));
	see("%zd bytes", recv(t->fd, two, sizeof two, MSG_PEEK | MSG_DONTWAIT));
}

static void peek_passed(struct talk *t)
{
	char two[64];
	say(t, COLD, 0, NAMELESS);
	readable(t, REPLY_MS_MAX);
	see("%zd bytes", recv(t->fd, two, 3, MSG_PEEK));
	see("%zd bytes", recv(t->fd, two, sizeof two, MSG_PEEK | MSG_DONTWAIT));
}

/* A reply of each door is there. */
static void peek_over_both(struct talk *t)
{
	char both[64];
	say(t, PING, 0, PONG);
	say(t, COLD, 0, NAMELESS);
	usleep(SETTLE_MS * 1000);
	see("%zd of 12 bytes", recv(t->fd, both, sizeof both, MSG_PEEK));
}

static void recv_over_both(struct talk *t)
{
	say(t, PING, 0, PONG);
	say(t, COLD, 0, NAMELESS);
	usleep(SETTLE_MS * 1000);
	see("%s", take(t, 64, 0));
}

static void tcp_inq(struct talk *t)
{
	char byte, control[64];
	struct iovec v = { &byte, 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
	set(t, IPPROTO_TCP, TCP_INQ, 1);
	say(t, PING, 0, PONG);
	readable(t, REPLY_MS_MAX);
	note(t, &byte, recvmsg(t->fd, &m, 0));
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	if (c && c->cmsg_type == TCP_CM_INQ)
		see("%d left", *(int *)CMSG_DATA(c));
	else
		see("not told");
}

/* ---- waiting for more than one reply ---- */

static void waitall_both_there(struct talk *t)
{
	say(t, PING, 0, PONG);
	say(t, PING, 0, PONG);
	readable(t, REPLY_MS_MAX);
	see("%s", take(t, 14, MSG_WAITALL));
}

static void another_ping(struct talk *t, struct later *l)
{
	*l = (struct later){ .ms = LATER_MS, .fd = t->fd, .bytes = PING, .count = strlen(PING) };
	say(t, PING, 0, PONG);
	expect(t, PONG);
	begin(l);
}

static void waitall_second_later(struct talk *t)
{
	struct later l;
	another_ping(t, &l);
	see("%s", take(t, 14, MSG_WAITALL));
	pthread_join(l.thread, NULL);
}

static void waitall_passed(struct talk *t)
{
	say(t, COLD, 0, NAMELESS);
	say(t, COLD, 0, NAMELESS);
	see("%s", take(t, 10, MSG_WAITALL));
}

/* Both while recv() waits: plain TCP wakes nobody who has already taken less than SO_RCVLOWAT for himself when the rest, less too, comes. */
static void lowat_recv(struct talk *t)
{
	struct later first = { .ms = SETTLE_MS, .fd = t->fd, .bytes = PING, .count = strlen(PING) }, second = first;
	second.ms = SETTLE_MS + LATER_MS;
	set(t, SOL_SOCKET, SO_RCVLOWAT, 14);
	expect(t, PONG PONG);
	begin(&first);
	begin(&second);
	see("%s", take(t, 64, 0));
	pthread_join(first.thread, NULL);
	pthread_join(second.thread, NULL);
	set(t, SOL_SOCKET, SO_RCVLOWAT, 1);
}

static void lowat_poll(struct talk *t)
{
	set(t, SOL_SOCKET, SO_RCVLOWAT, 14);
	say(t, PING, 0, PONG);
	see("one of two: %s", readable(t, LATER_MS) ? "ready" : "not ready");
	say(t, PING, 0, PONG);
	see("both: %s", readable(t, REPLY_MS_MAX) ? "ready" : "not ready");
	set(t, SOL_SOCKET, SO_RCVLOWAT, 1);
}

/* ---- waiting, and not ---- */

static void timed(struct talk *t, long ms_min)
{
	long begun = now_ms();
	const char *text = take(t, 64, 0);
	long took = now_ms() - begun;
	see("%s%s", text, took < ms_min ? " early" : "");
}

static void timeout_idle(struct talk *t)
{
	set_timeout(t, LATER_MS);
	timed(t, LATER_MS - 10);
}

static void timeout_held(struct talk *t)
{
	set_timeout(t, LATER_MS);
	say(t, held_command, 0, held_reply);
	timed(t, LATER_MS - 10);
}

static void timeout_served(struct talk *t)
{
	set_timeout(t, REPLY_MS_MAX);
	say(t, PING, 0, PONG);
	see("%s", take(t, 64, 0));
}

static void dont_wait(struct talk *t)
{
	see("%s", take(t, 64, MSG_DONTWAIT));
	say(t, PING, 0, PONG);
	readable(t, REPLY_MS_MAX);
	see("%s", take(t, 64, MSG_DONTWAIT));
	fcntl(t->fd, F_SETFL, O_NONBLOCK);
	see("%s", take(t, 64, 0));
}

static void poll_ready(struct talk *t)
{
	struct pollfd p = { .fd = t->fd, .events = POLLIN | POLLOUT };
	see("%s", readable(t, QUIET_MS) ? "ready" : "not ready");
	say(t, PING, 0, PONG);
	see("%s", readable(t, REPLY_MS_MAX) ? "ready" : "not ready");
	poll(&p, 1, 0);
	see("%s%s", p.revents & POLLIN ? "in" : "", p.revents & POLLOUT ? "out" : "");
	see("%s", take(t, 64, 0));
	see("%s", readable(t, QUIET_MS) ? "ready" : "not ready");
	say(t, COLD, 0, NAMELESS);
	see("%s", readable(t, REPLY_MS_MAX) ? "ready" : "not ready");
}

static void select_ready(struct talk *t)
{
	fd_set in;
	struct timeval limit = { REPLY_MS_MAX / 1000, 0 };
	FD_ZERO(&in);
	FD_SET(t->fd, &in);
	say(t, PING, 0, PONG);
	see("%s", select(t->fd + 1, &in, NULL, NULL, &limit) == 1 ? "ready" : "not ready");
	see("%s", take(t, 64, 0));
}

/* Events of one wait: 1 for each that the socket is in. */
static void see_epoll(int epoll, int ms)
{
	struct epoll_event e;
	see("%s", epoll_wait(epoll, &e, 1, ms) == 1 && (e.events & EPOLLIN) ? "in" : "none");
}

static void epoll(struct talk *t, unsigned mode)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event e = { .events = EPOLLIN | mode };
	epoll_ctl(fd, EPOLL_CTL_ADD, t->fd, &e);
	see_epoll(fd, QUIET_MS);
	say(t, PING, 0, PONG);
	see_epoll(fd, REPLY_MS_MAX);
	see_epoll(fd, QUIET_MS);        /* unread: level-triggered says it again */
	say(t, PING, 0, PONG);
	see_epoll(fd, REPLY_MS_MAX);
	usleep(SETTLE_MS * 1000);
	see("%s", take(t, 64, 0));
	see_epoll(fd, QUIET_MS);
	say(t, COLD, 0, NAMELESS);
	see_epoll(fd, REPLY_MS_MAX);
	close(fd);
}

static void epoll_level(struct talk *t)
{
	epoll(t, 0);
}

static void epoll_edge(struct talk *t)
{
	epoll(t, EPOLLET);
}

/* ---- reading in other ways ---- */

static void splice_to_pipe(struct talk *t, const char *command, const char *reply)
{
	int ends[2];
	char buffer[64];
	if (pipe(ends))
		fail("pipe");
	set_timeout(t, 5 * LATER_MS);
	say(t, command, 0, reply);
	readable(t, REPLY_MS_MAX);
	ssize_t n = splice(t->fd, NULL, ends[1], NULL, sizeof buffer, 0);
	see("%s", note(t, buffer, n > 0 ? read(ends[0], buffer, sizeof buffer) : n));
	close(ends[0]);
	close(ends[1]);
}

static void splice_served(struct talk *t)
{
	splice_to_pipe(t, PING, PONG);
}

static void splice_passed(struct talk *t)
{
	splice_to_pipe(t, COLD, NAMELESS);
}

/* MSG_TRUNC throws the bytes away without writing them anywhere. */
static void discard(struct talk *t)
{
	char buffer[8] = "untouch";
	say(t, PING, 0, PONG);
	readable(t, REPLY_MS_MAX);
	see("%zd bytes", recv(t->fd, buffer, 7, MSG_TRUNC));
	see("buffer %s", memcmp(buffer, "untouch", 7) ? "written" : "untouched");
	t->expected_bytes -= 7;
}

static void one_byte(struct talk *t)
{
	for (int i = 0; i < 20; i++)
		say(t, PING, 0, PONG);
	say(t, COLD, 0, NAMELESS);
	for (int i = 0; i < 20 * 7 + 5; i++)
		if (strcmp(take(t, 1, 0), "1 bytes"))
			fail("recv of one byte");
	see("145 times 1 byte");
}

static void read_vector(struct talk *t)
{
	char parts[3][3] = { { 0 } };
	struct iovec v[3] = { { parts[0], 3 }, { parts[1], 3 }, { parts[2], 3 } };
	say(t, PING, 0, PONG);
	readable(t, REPLY_MS_MAX);
	see("%s", note(t, parts[0], readv(t->fd, v, 3)));
}

/* ---- sending in other ways ---- */

static void half_close(struct talk *t)
{
	say(t, PING, 0, PONG);
	say(t, COLD, 0, NAMELESS);
	say(t, PING, 0, PONG);
	shutdown(t->fd, SHUT_WR);
	while (t->got_bytes < t->expected_bytes && take(t, 64, 0)[0] != 'e') {
	}
	see("then %s", take(t, 64, 0));
}

static void iovecs(struct talk *t)
{
	char bytes[] = PING;
	struct iovec v[sizeof bytes - 1];
	struct msghdr m = { .msg_iov = v, .msg_iovlen = sizeof bytes - 1 };
	for (size_t i = 0; i < sizeof bytes - 1; i++)
		v[i] = (struct iovec){ bytes + i, 1 };
	expect(t, PONG);
	see("%zd sent", sendmsg(t->fd, &m, 0));
	see("%s", take(t, 64, 0));
}

static void more_half(struct talk *t)
{
	say(t, "*1\r\n$4\r\n", MSG_MORE, "");
	see("%s", readable(t, QUIET_MS) ? "reply to a half" : "no reply to a half");
	say(t, "PING\r\n", 0, PONG);
	see("%s", take(t, 64, 0));
}

static void more_whole(struct talk *t)
{
	say(t, PING, MSG_MORE, PONG);
	see("%s", readable(t, QUIET_MS) ? "reply at once" : "held back");
	say(t, PING, 0, PONG);
}

static void cork(struct talk *t)
{
	set(t, IPPROTO_TCP, TCP_CORK, 1);
	say(t, PING, 0, PONG);
	see("%s", readable(t, QUIET_MS) ? "reply at once" : "held back");
	set(t, IPPROTO_TCP, TCP_CORK, 0);
}

static void send_file(struct talk *t)
{
	int file = memfd_create("commands", MFD_CLOEXEC);
	if (file < 0 || write(file, PING PING PING, 3 * strlen(PING)) != (ssize_t)(3 * strlen(PING)))
		fail("memfd");
	off_t at = 0;
	for (int i = 0; i < 3; i++)
		expect(t, PONG);
	see("%zd sent", sendfile(t->fd, file, &at, 3 * strlen(PING)));
	close(file);
}

static void zero_copy(struct talk *t)
{
	char control[256];
	struct msghdr m = { .msg_control = control, .msg_controllen = sizeof control };
	struct pollfd p = { .fd = t->fd };
	set(t, SOL_SOCKET, SO_ZEROCOPY, 1);
	say(t, PING, MSG_ZEROCOPY, PONG);
	see("%s", take(t, 64, 0));
	poll(&p, 1, SETTLE_MS);
	see("%s", recvmsg(t->fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0 ? "notified" : "not notified");
}

/* What monitoring sees of ten commands. */
static void tcp_counters(struct talk *t)
{
	struct tcp_info before, after;
	socklen_t n = sizeof before, m = sizeof after;
	int queued = -1;
	usleep(SETTLE_MS * 1000);        /* acknowledgements */
	getsockopt(t->fd, IPPROTO_TCP, TCP_INFO, &before, &n);
	for (int i = 0; i < 10; i++) {
		say(t, PING, 0, PONG);
		take(t, 64, 0);
	}
	usleep(SETTLE_MS * 1000);
	getsockopt(t->fd, IPPROTO_TCP, TCP_INFO, &after, &m);
	ioctl(t->fd, SIOCOUTQ, &queued);
	see("%llu acknowledged", (unsigned long long)(after.tcpi_bytes_acked - before.tcpi_bytes_acked));
	see("%llu received", (unsigned long long)(after.tcpi_bytes_received - before.tcpi_bytes_received));
	see("%d queued", queued);
}

/* ---- everything at once ---- */

static unsigned next_random(unsigned *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

struct stream {
	struct talk *talk;
	char *bytes;
	size_t command_end[MIXED_COMMANDS], reply_end[MIXED_COMMANDS];
};

/* Whole commands mostly, some cut; half of the time behind the replies to all earlier ones, so that both doors have something to do. */
static void *send_in_pieces(void *argument)
{
	struct stream *s = argument;
	unsigned random = 1;
	size_t at = 0;
	for (int i = 0; i < MIXED_COMMANDS;) {
		if (i && next_random(&random) % 2)
			for (int ms = 0; ms < 100 && __atomic_load_n(&s->talk->got_bytes, __ATOMIC_RELAXED) < s->reply_end[i - 1]; ms++)
				usleep(100);
		int to = i + (int)(next_random(&random) % 6);
		size_t end = s->command_end[to < MIXED_COMMANDS ? to : MIXED_COMMANDS - 1];
		if (next_random(&random) % 8 == 0)
			end = at + 1 + next_random(&random) % (end - at);
		ssize_t n = send(s->talk->fd, s->bytes + at, end - at, MSG_NOSIGNAL);
		if (n < 0)
			break;
		at += (size_t)n;
		while (i < MIXED_COMMANDS && s->command_end[i] <= at)
			i++;
	}
	return NULL;
}

/* Commands for both doors, cut anywhere, sent by one thread and read by another one that signals interrupt all the time. */
static void mixed(struct talk *t)
{
	static struct stream s;
	size_t count = 0;
	struct itimerval often = { { 0, 500 }, { 0, 500 } }, never = { { 0, 0 }, { 0, 0 } };
	sigset_t all, old;
	pthread_t sender;
	unsigned random = 7;
	char text[64], reply[64], buffer[512];
	s.talk = t;
	s.bytes = malloc(STREAM_BYTES_MAX);
	if (!s.bytes)
		fail("malloc");
	for (int i = 0; i < MIXED_COMMANDS; i++) {
		const char *command = text;
		int digits = sprintf(reply, "%d", i);
		switch (next_random(&random) % 8) {
		case 0:
			command = COLD;
			strcpy(reply, NAMELESS);
			break;
		case 1:
			sprintf(text, "PING %d\r\n", i);        /* inline, so the server's */
			sprintf(reply, "$%d\r\n%d\r\n", digits, i);
			break;
		default:
			sprintf(text, "*2\r\n$4\r\nECHO\r\n$%d\r\n%d\r\n", digits, i);
			sprintf(reply, "$%d\r\n%d\r\n", digits, i);
		}
		memcpy(s.bytes + count, command, strlen(command));
		count += strlen(command);
		expect(t, reply);
		s.command_end[i] = count;
		s.reply_end[i] = t->expected_bytes;
	}
	alarm(0);                       /* the timer is the same; the parent still has its bound */
	handle(SA_RESTART);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	if (pthread_create(&sender, NULL, send_in_pieces, &s))
		fail("pthread_create");
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	long end = now_ms() + REPLY_MS_MAX;
	while (t->got_bytes < t->expected_bytes && now_ms() < end) {
		ssize_t n = recv(t->fd, buffer, sizeof buffer, 0);
		if (n > 0) {
			note(t, buffer, n);
			end = now_ms() + REPLY_MS_MAX;
		} else if (!n || (errno != EAGAIN && errno != EINTR)) {
			break;
		}
	}
	setitimer(ITIMER_REAL, &never, NULL);
	if (t->got_bytes < t->expected_bytes)
		shutdown(t->fd, SHUT_RDWR);     /* ends the sender too */
	pthread_join(sender, NULL);
	free(s.bytes);
	see("%d commands", MIXED_COMMANDS);
}

/* ---- the list ---- */

static const struct check {
	const char *name;
	void (*run)(struct talk *);
} checks[] = {
	{ "signal_restart", signal_restart },
	{ "signal_no_restart", signal_no_restart },
	{ "signal_with_timeout", signal_with_timeout },
	{ "signal_in_poll", signal_in_poll },
	{ "stop_continue", stop_continue },
	{ "write_space", write_space },
	{ "closed_while_waiting", closed_while_waiting },
	{ "fionread_served", fionread_served },
	{ "fionread_passed", fionread_passed },
	{ "peek", peek },
	{ "peek_passed", peek_passed },
	{ "peek_over_both", peek_over_both },
	{ "recv_over_both", recv_over_both },
	{ "tcp_inq", tcp_inq },
	{ "waitall_both_there", waitall_both_there },
	{ "waitall_second_later", waitall_second_later },
	{ "waitall_passed", waitall_passed },
	{ "lowat_recv", lowat_recv },
	{ "lowat_poll", lowat_poll },
	{ "timeout_idle", timeout_idle },
	{ "timeout_held", timeout_held },
	{ "timeout_served", timeout_served },
	{ "dont_wait", dont_wait },
	{ "poll", poll_ready },
	{ "select", select_ready },
	{ "epoll_level", epoll_level },
	{ "epoll_edge", epoll_edge },
	{ "splice_served", splice_served },
	{ "splice_passed", splice_passed },
	{ "discard", discard },
	{ "one_byte", one_byte },
	{ "read_vector", read_vector },
	{ "half_close", half_close },
	{ "iovecs", iovecs },
	{ "more_half", more_half },
	{ "more_whole", more_whole },
	{ "cork", cork },
	{ "sendfile", send_file },
	{ "zero_copy", zero_copy },
	{ "tcp_counters", tcp_counters },
	{ "mixed", mixed },
};

static void run(const struct check *check)
{
	alarm(CHECK_SECONDS_MAX);
	struct talk t = start();
	check->run(&t);
	const char *end = finish(&t);
	printf("%s; %s\n", seen, end);
	fflush(stdout);
	close(t.fd);
	free(t.expected);
	free(t.got);
}

/* "WAIT 1 1000" as a server reads it. */
static void hold_with(const char *words)
{
	static char command[256];
	snprintf(command, sizeof command, "%s\r\n", words);
	held_command = command;
	held_reply = ":0\r\n";
}

int main(int count, char **arguments)
{
	int failed = 0;
	if (count < 3) {
		fprintf(stderr, "usage: behaviour ADDRESS PORT [COMMAND]\n");
		return 2;
	}
	server.sin_family = AF_INET;
	server.sin_port = htons((unsigned short)atoi(arguments[2]));
	if (inet_pton(AF_INET, arguments[1], &server.sin_addr) != 1) {
		fprintf(stderr, "not an address: %s\n", arguments[1]);
		return 2;
	}
	if (count > 3)
		hold_with(arguments[3]);
	alarm(ALL_SECONDS_MAX);
	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
		int status;
		printf("%s: ", checks[i].name);
		fflush(stdout);
		pid_t child = fork();
		if (!child) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			run(&checks[i]);
			_exit(0);
		}
		long end = now_ms() + (CHECK_SECONDS_MAX + 5) * 1000;
		while (child > 0 && !waitpid(child, &status, WNOHANG)) {
			if (now_ms() > end)
				kill(child, SIGKILL);
			usleep(1000);
		}
		if (child < 0 || !WIFEXITED(status))
			printf("HANGS\n");
		failed |= child < 0 || !WIFEXITED(status) || WEXITSTATUS(status);
	}
	return failed;
}

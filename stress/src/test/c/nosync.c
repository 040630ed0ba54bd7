// SPDX-License-Identifier: Apache-2.0
// Preloaded into a server by a test that must turn red: data are written as always, and nothing is ever synced.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

int fdatasync(int fd)
{
	(void)fd;
	return 0;
}

int fsync(int fd)
{
	(void)fd;
	return 0;
}

int syncfs(int fd)
{
	(void)fd;
	return 0;
}

int msync(void *address, size_t length, int flags)
{
	(void)address;
	(void)length;
	(void)flags;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The few of the kernel's own structures that the on-host door reads.  Only names and types count: where a member lies is
 * found in the running kernel's BTF when the object is loaded (CO-RE).
 */
#ifndef MARROW_ONHOST_KERNEL_H
#define MARROW_ONHOST_KERNEL_H

#include "maps.h"
#include <bpf/bpf_core_read.h>

#define AF_INET 2
#define AF_INET6 10
#define LOOPBACK_IFINDEX 1              /* include/net/flow.h: in every network namespace */
#define PSOCK_POINTER_MASK (~7ul)       /* include/linux/net.h: the low bits of sk_user_data are flags */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct in6_addr {
	union {
		u32 u6_addr32[4];
	} in6_u;
};

struct sock_common {
	u32 skc_daddr;
	u32 skc_rcv_saddr;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};

struct net_device {
	int ifindex;
};

struct dst_entry {
	struct net_device *dev;
};

struct sock {
	struct sock_common __sk_common;
	struct dst_entry *sk_dst_cache; /* the route that it sends by */
	void *sk_user_data;
};

struct inet_sock {
	struct sock sk;
};

struct inet_connection_sock {
	struct inet_sock icsk_inet;
};

struct tcp_sock {
	struct inet_connection_sock inet_conn;
	u32 rcv_nxt;                    /* next byte expected from the other side */
	u32 copied_seq;                 /* next byte that the application has not read */
	u32 write_seq;                  /* next byte that the application will send */
	u64 bytes_sent;
};

struct list_head {
	struct list_head *next;
};

struct sk_psock {
	struct list_head ingress_msg;   /* redirected and not read */
};

#pragma clang attribute pop

#endif

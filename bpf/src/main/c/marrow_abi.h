/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the kernel side and Java both see: layouts, limits, codes.  This header is the one source: gen_abi.c
 * includes it and writes Abi.java at build time, so the two cannot disagree.
 *
 * Plain C with fixed-width types only; no kernel or libc headers beyond stdint.  Little-endian, x86-64.
 */
#ifndef MARROW_ABI_H
#define MARROW_ABI_H

#ifdef __bpf__
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef int s32;
typedef long long s64;
#else
#include <stdint.h>
typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;
#endif

/* Changed whenever a layout below, or one of a pinned map in maps.h, changes: pins of another version are refused, never guessed at. */
#define ABI_VERSION 4

/* ---- limits (docs/ARCHITECTURE.md, "Bounds") ---- */
#define KEY_BYTES_MAX 512
#define VALUE_BYTES_MAX 65536
#define ARGUMENTS_MAX 12            /* of a command that runs in the kernel, MGET apart; longer ones go to Java */
#define ARGUMENT_MASK 15
#define MGET_KEYS_MAX 1024          /* of an MGET that runs in the kernel; a power of two */
#define REQUESTS_MAX 128            /* connections served by one run */
#define COMMANDS_PER_RUN_MAX 8192
#define ATTEMPTS_MAX 64             /* optimistic attempts of one transaction before the door is told BUSY */
#define OVERFLOW_CHAIN_MAX 8        /* buckets behind a home bucket */
#define SHARDS_MAX 16               /* shards of allocator and counters; the shard is the CPU modulo their number */
#define CAS_ATTEMPTS_MAX 64
#define POP_ATTEMPTS_MAX 32         /* to take a freed record; whoever loses so often in a row looks elsewhere */
#define TAKE_ATTEMPTS_MAX 4         /* to take a block or a chunk, each lost to another processor that has got one */
#define GIVE_ATTEMPTS_MAX 256       /* to give something back, each lost to another processor that did so in these nanoseconds */
#define AHEAD_MAX 16                /* commands of a pipeline whose cache misses are taken together; a power of two */

/* ---- record: a key and its value, immutable while a bucket refers to it ----
 *
 *   0        8        16         24            28          30     31      32
 *   | log_position | version | expire_ms | value_length | key_length | type | flags | key … value … |
 *   |  (free: link)|<--------------------------- redo record ------------------------------------->|
 *
 * The redo record in the ring and in the log is the same bytes from `version` on.
 */
struct record {
	u64 log_position;           /* ring position at or behind the end of its redo record (I3); link while free */
	u64 version;                /* of this key, strictly increasing (I4) */
	u64 expire_ms;              /* Unix time in milliseconds, 0: never */
	u32 value_length;
	u16 key_length;
	u8 type;                    /* enum redo_type */
	u8 flags;                   /* enum record_flag */
};

enum record_flag {
	RECORD_STUB = 1,            /* the value is a struct stub: the bytes it stands for are in tier two */
};

/* In place of a value that is longer than VALUE_BYTES_MAX.  Java makes and resolves it; programs keep it as they keep any value, and leave
 * commands that would look at it or replace it to Java. */
struct stub {
	u64 id;                     /* of the bytes; never given twice in the life of a directory */
	u64 length;
};

#define RECORD_HEADER_BYTES 32
#define RECORD_BYTES_MAX (RECORD_HEADER_BYTES + KEY_BYTES_MAX + VALUE_BYTES_MAX)
#define REDO_HEADER_BYTES 24        /* the record without log_position */

enum redo_type {
	REDO_PUT = 1,               /* key has this value and deadline */
	REDO_DELETE = 2,            /* key is absent; no value */
	REDO_FLUSH = 3,             /* every record with a version below this one's is gone; no key, no value */
	REDO_TRANSACTION = 4,       /* several of the first two, all or none: value_length bytes of ring records instead of a value */
	REDO_CHUNK = 5,             /* a piece of a large value: the key is a struct chunk_key, version and deadline are 0 */
};

struct chunk_key {
	u64 id;
	u32 index;                  /* all pieces but the last are VALUE_BYTES_MAX long */
} __attribute__((packed));

/* ---- heap: slabs of blocks of chunks; a small class cuts its records from chunks, a large one from whole blocks, so that
 * a class that has only begun its last piece keeps little from the others ---- */
#define CHUNK_BYTES 66112           /* one record of the largest class */
#define CHUNKS_PER_BLOCK 8
#define BLOCK_BYTES (CHUNK_BYTES * CHUNKS_PER_BLOCK)
#define BLOCKS_PER_SLAB 8
#define SLABS_MAX 65536             /* 258 GiB of records */

/* Sizes in bytes, ascending, a seventh apart at most.  From 1,240 on they are whole divisors of their chunk or block, so that
 * nothing is lost at its end; some sit just above the powers of two that values like to have. */
#define SIZE_CLASSES(X) \
	X(0, 48) X(1, 56) X(2, 64) X(3, 72) X(4, 80) X(5, 88) X(6, 96) X(7, 104) X(8, 112) X(9, 128) \
	X(10, 144) X(11, 160) X(12, 176) X(13, 192) X(14, 224) X(15, 256) X(16, 296) X(17, 344) X(18, 400) X(19, 464) \
	X(20, 536) X(21, 616) X(22, 712) X(23, 824) X(24, 944) X(25, 1088) X(26, 1240) X(27, 1432) X(28, 1648) X(29, 1888) \
	X(30, 2128) X(31, 2448) X(32, 2752) X(33, 3144) X(34, 3672) X(35, 4160) X(36, 4632) X(37, 5184) X(38, 5808) X(39, 6528) \
	X(40, 7344) X(41, 8264) X(42, 9272) X(43, 10368) X(44, 11752) X(45, 13216) X(46, 14688) X(47, 16528) X(48, 18888) X(49, 21152) \
	X(50, 24040) X(51, 26440) X(52, 29376) X(53, 33056) X(54, 37776) X(55, 44072) X(56, 48080) X(57, 52888) X(58, 58760) X(59, 66112)
#define SIZE_CLASS_COUNT 60
#define SMALL_CLASS_COUNT 35          /* these are cut from chunks */
#define RECORD_CLASS_BYTES_MIN 48
#define RECORD_CLASS_BYTES_MAX 66112

/* ---- reference: where a record is, and 16 bits of its key's hash.  0 means none. ----
 *   63        48 47     46   41 40        17 16      0
 *   |    tag    | 1 | class | block       | offset  |
 */
#define REF_OFFSET_BITS 17          /* in words of eight bytes */
#define REF_BLOCK_BITS 24
#define REF_CLASS_BITS 6
#define REF_BLOCK_SHIFT REF_OFFSET_BITS
#define REF_CLASS_SHIFT (REF_BLOCK_SHIFT + REF_BLOCK_BITS)
#define REF_VALID_SHIFT (REF_CLASS_SHIFT + REF_CLASS_BITS)
#define REF_TAG_SHIFT (REF_VALID_SHIFT + 1)

/* ---- bucket: one cache line ---- */
#define REFS_PER_BUCKET 5
#define BUCKET_BYTES 64
/* A home bucket is sized for this many keys at capacity, times ten; overflow buckets are a share of the home buckets. */
#define KEYS_PER_BUCKET_X10 30
#define OVERFLOW_SHARE_X100 25
#define OVERFLOW_EXTRA 64

/* ---- io slot: the page that a door and the programs share ---- */
#define IN_BYTES 262144             /* power of two */
#define OUT_BYTES 262144            /* power of two */
#define REPLY_TEXT_BYTES_MAX 512    /* header of a value, or an error with everything it quotes */
#define REPLY_BYTES_MAX (VALUE_BYTES_MAX + REPLY_TEXT_BYTES_MAX)

/* What a run does with its slot: the second word of the packet. */
enum run_operation {
	RUN_SERVE = 0, RUN_LOAD = 1, RUN_SWEEP = 2, RUN_FLUSH = 3, RUN_BENCH = 4, RUN_SCAN = 5, RUN_STAGE = 6, RUN_COMMIT = 7,
	RUN_APPEND = 8,
};

/* What the program returns: a slot or operation that does not exist is refused. */
enum run_result { RUN_OK = 0, RUN_REFUSED = 1 };

enum request_flag {
	REQUEST_RESP3 = 1,          /* nil is "_\r\n" */
	REQUEST_FAIL_STALLED = 2,   /* the named time is over: answer RING_FULL and GROWING with an error (I1) */
	REQUEST_PASS_ALL = 4,       /* nothing hot: not authenticated, or Java has a reason */
	REQUEST_READS_ONLY = 8,     /* stop before the first write with STATUS_WRITE */
	REQUEST_NO_STORE_ERRORS = 16, /* a full table or budget ends the share instead of being answered: another door will say it */
	REQUEST_STAGED = 32,        /* commands work on a staged key, whose index is in the bits from REQUEST_STAGED_SHIFT on */
};
#define REQUEST_STAGED_SHIFT 16

/* How a request's share of a run ended.  One code per cause; each has a counter of the same index. */
enum status {
	STATUS_DONE = 0,            /* every whole command answered; what is left is incomplete */
	STATUS_COLD = 1,            /* the command at in_offset is for Java */
	STATUS_OUT_FULL = 2,        /* no room for one more reply, nothing changed: take the replies, run again */
	STATUS_RING_FULL = 3,       /* no space for the redo record; nothing changed (I1) */
	STATUS_GROWING = 4,         /* no free record, memory is on its way; nothing changed */
	STATUS_BUSY = 5,            /* ATTEMPTS_MAX attempts lost to others; nothing changed; run again */
	STATUS_RUN_LIMIT = 6,       /* COMMANDS_PER_RUN_MAX reached: run again */
	STATUS_MEMORY_FULL = 7,     /* answered with -OOM: the memory budget is used up */
	STATUS_TABLE_FULL = 8,      /* answered with -OOM: no overflow bucket left */
	STATUS_INTERNAL = 9,        /* an invariant does not hold; the server stops (I7) */
	STATUS_WRITE = 10,          /* the command at in_offset is a write, and only reads were wanted */
	STATUS_CHANGED = 11,        /* somebody changed what a transaction has staged; nothing changed: stage it again */
};
#define STATUS_COUNT 12

struct request {
	u32 in_offset;              /* next unread byte; the program moves it behind each answered command */
	u32 in_end;
	u32 flags;                  /* enum request_flag */
	u32 status;                 /* enum status */
	u32 out_offset;             /* the replies of this run: [out_offset, out_end) of io.out */
	u32 out_end;
	u32 commands;               /* answered in this run */
	u32 writes;                 /* of those, how many left a redo record */
	u64 wait_position;          /* the replies may leave when durable is at or past this (I3) */
	u64 write_position;         /* highest log position of the request's own writes in this run, 0: none (WAITAOF) */
};

/* State of the transaction that is being executed.  It lives in the slot, not on the 512-byte stack, and the verifier
 * reads it back as unknown values, which keeps its state count small. */
struct transaction {
	u32 op;                     /* enum op (command.h) */
	u32 argument_count;
	u32 argument_offset[16];
	u32 argument_length[16];    /* ARGUMENTS_MAX, and a power of two for the mask */
	u32 next_offset;            /* of the command behind this one */
	u32 pad1;

	u32 key_offset;
	u32 key_length;
	u64 hash;
	u32 home;                   /* bucket index */
	u32 found;
	u32 where;                  /* bucket with the reference, or the tail bucket to insert into */
	u32 slot;                   /* REFS_PER_BUCKET: the tail is full */
	u64 snapshot;               /* the home's version when the attempt began: valid while unchanged */
	u64 version_next;
	u64 removal_position;
	u64 reference;
	struct record old;          /* header of the record that was found */

	u32 reply;                  /* enum reply */
	u32 piece_old;              /* new value = this many bytes of the old value … */
	u32 piece_new_offset;       /* … and these of io.in or io.scratch */
	u32 piece_new_length;
	u32 piece_from_scratch;
	u64 expire_ms;              /* of the new record */
	s64 number;                 /* to be replied */
	s64 increment;
	u32 reply_bytes;            /* of a reply that was written to io.out before the outcome was known to hold */

	u32 flags;                  /* enum option_flag (command.h) */
	u32 value_argument;         /* index of the argument that holds the value */
	u32 time_argument;
	u32 larger;                 /* by how many size classes the new record may be too large: there is no free one of its own */
	u64 deadline_ms;            /* from the command's arguments */
	u64 log_position;           /* of what this attempt wrote */
	u64 now_ms;                 /* 0: not asked for yet (clock.h) */
	u64 redo_version;           /* replay only: version and type of the record being loaded */
	u32 redo_type;
	u32 chain_full;             /* the tail is full and no bucket may follow it */
	u32 given_flags;            /* enum record_flag of the record that a replay or a commit brings */
	u32 value_flags;            /* enum record_flag of the new record */
	s64 parsed;                 /* what parse_number read */
};

struct io {
	u32 request_count;
	u32 request;                /* being served */
	u32 position;               /* in io.in, of the command being served */
	u32 out_position;
	u32 commands;
	u32 shard;
	u32 out_limit;              /* a reply that would end behind it is not given, and its command not executed */
	/* a door with little room (onhost_serve.h) */
	u32 reply_bound;            /* bytes that the replies may take */
	u32 commands_left;          /* behind the one being served; each is kept room for a short reply */
	u32 fits_in_place;          /* up to any command, the replies are not longer than the commands */
	u32 ahead;                  /* commands whose buckets and records were touched (ahead.h) */
	u32 staged;                 /* 1 + index of the staged key that commands work on, 0: on the table */
	u32 batch_count;            /* in: records to load, or buckets to visit; out: see each program */
	u32 batch_status;
	u64 batch_cursor;
	u64 batch_result;
	u64 batch_extra[4];
	u32 ahead_home[AHEAD_MAX];
	u64 ahead_tag[AHEAD_MAX];
	u64 chain[64];              /* references of the home that is being swept or scanned */
	u64 scanned[64];            /* what a scan has given already of a home (scan.h): references and versions */
	u64 scanned_version[64];
	u64 scan_version;           /* the home's, when the scan came to it; 0: not yet */
	u32 scanned_count;
	u32 pad2;
	struct request requests[REQUESTS_MAX];
	struct transaction t;
	u8 probe[RECORD_HEADER_BYTES + KEY_BYTES_MAX + 32];
	u8 scratch[64];
	u8 image[RECORD_CLASS_BYTES_MAX + VALUE_BYTES_MAX + 64];  /* of a new record, or the keys of an MGET; the second half only for the verifier: see fill_image */
	u8 in[IN_BYTES + 4096] __attribute__((aligned(64)));    /* the tail allows reads of eight bytes at any masked offset */
	u8 out[OUT_BYTES + 69632];  /* the tail: one largest reply written before it is known to fit */
} __attribute__((aligned(4096)));

/* ---- staging: where a transaction of several commands or keys works, unseen, until it commits (stage.h, commit.h).  One user at a time. ---- */
#define STAGED_KEYS_MAX 8192        /* a power of two */
#define STAGING_BYTES 4194304       /* of staged records; a power of two */
#define TRANSACTION_BYTES_MAX 2097152   /* of a transaction's redo record; a power of two */
#define STAGED_RECORD_BYTES_MAX 66176   /* one record, in whole words, and what a mask adds */

enum staged_change { STAGED_UNCHANGED = 0, STAGED_PUT = 1, STAGED_DELETE = 2 };

/* A key of the transaction.  Its record, as it was found or has become, is at `offset` of staging.records: a struct record with key and value. */
struct staged_key {
	u32 key_offset;             /* of the key in io.in, while it is being staged */
	u32 key_length;
	u32 with_value;             /* or its header and key suffice */
	u32 home;
	u64 hash;
	u64 snapshot;               /* the home's version when it was staged */
	u64 log_position;           /* that what was found depends on (I3) */
	u32 found;
	u32 change;                 /* enum staged_change */
	u32 offset;
	u32 room;                   /* bytes there that a changed record may use again */

	/* for the commit */
	u32 redo_offset;            /* of its redo record in staging.redo, the ring's header included: a struct record but for the first word */
	u32 record_bytes;           /* of the new record */
	u64 reference;              /* of the new record in the heap */
	u32 marked;
	u32 fresh;                  /* overflow bucket for it */
};

struct staging {
	u32 count;                  /* keys */
	u32 used;                   /* bytes of records */
	u32 redo_bytes;             /* of the whole redo record; 0: the transaction changes nothing */
	u32 inserts;                /* the commit's: new references below the home it is at */
	u32 larger;                 /* the commit's: as in struct transaction */
	u32 pad0;
	u64 floor;                  /* control.version_floor when staging began */
	u64 log_position;           /* of the redo record */
	u64 now_ms;                 /* the transaction's time, at which all its commands run */
	u64 pad[2];
	u32 order[STAGED_KEYS_MAX]; /* for the commit: all keys, by home; of one home what is put first */
	struct staged_key keys[STAGED_KEYS_MAX];
	u8 records[STAGING_BYTES + 2 * STAGED_RECORD_BYTES_MAX];
	u8 redo[TRANSACTION_BYTES_MAX + 2 * STAGED_RECORD_BYTES_MAX];
} __attribute__((aligned(4096)));

/* ---- control page ---- */
enum store_state {
	STATE_BUILDING = 1,         /* maps exist, nothing in them counts */
	STATE_LOADING = 2,          /* a cold start is filling the table */
	STATE_SERVING = 3,          /* the only state that a warm start adopts */
	STATE_FAILED = 4,           /* the log failed (I7) */
};

struct control {
	/* identity: written once, before the state becomes LOADING */
	u32 abi_version;
	u32 state;                  /* enum store_state */
	u8 instance[16];            /* of the data directory */
	u64 hash_seed[2];
	u64 capacity;
	u64 memory_bytes;
	u64 ring_bytes;
	u64 directory_device;       /* of the data directory's identity file: a copy of a directory is another one */
	u64 directory_inode;
	u64 tables_id;              /* of the table, random: the directory's manifest names the one that was filled from it last */
	u32 shard_count;
	u8 pad0[36];

	/* read by every transaction */
	u64 version_floor;          /* a bucket whose version is below is empty: FLUSHALL and start-up move it */
	u64 flush_position;         /* log position of the last FLUSHALL (I3) */
	s64 clock_offset_ns;        /* CLOCK_REALTIME - CLOCK_BOOTTIME */
	u64 clock_fixed_ms;         /* tests: when not 0, this is the time */
	u64 heap_block_count;       /* blocks that the slabs hold now */
	u32 heap_final;             /* no slab will be added: out of blocks is out of memory */
	u32 pad1;
	u64 flush_version;          /* version of the last FLUSHALL: records of a lower one are gone */
	u8 pad2[8];

	/* moved by transactions */
	u64 clock_floor_ms;         /* time never goes back below this: what has expired stays expired */
	u64 heap_next_block;
	u64 overflow_free;          /* stack of freed overflow buckets: tag << 32 | bucket index */
	u64 overflow_next;          /* overflow buckets never used so far start here */
	u64 chunk_cursor;           /* block << 4 | chunks taken of the block that small classes share; 0 at first */
	u64 version_high;           /* every bucket's version is below this + VERSION_STEP */
	u8 pad3[16];

	/* moved by the log writer */
	u64 durable;                /* ring position up to which everything is synced */
	u64 log_lsn;                /* number of the last batch that was written to the log before ring space was given back */
	u64 large_next;             /* user space's: id of the next large value, 0: there has been none in these tables */
	u8 pad4[40];
};
#define VERSION_STEP (1ull << 32)

/* ---- counters, one element a shard; sums are the truth ---- */
struct counters {
	s64 keys;
	u64 commands;
	u64 writes;
	u64 attempts_lost;          /* revalidation failed, tried again */
	u64 purged;                 /* buckets emptied behind FLUSHALL */
	u64 expired;                /* removed because their time had come */
	u64 statuses[16];           /* by enum status */
	u64 pad[10];
};

/* ---- the on-host door (onhost.bpf.c) ---- */
#define ONHOST_CONNECTIONS_MAX 16384    /* served at once; more are served by the server door */
#define ONHOST_SOCKETS_MAX 65536        /* of clients, also those that wait to be accepted */
#define ONHOST_REQUEST_BYTES_MAX 131072 /* longest message that is served */
#define ONHOST_REPLY_BYTES_MAX 65280    /* longest reply; a program reaches no further into a message */
#define ONHOST_UNREAD_MESSAGES_MAX 64   /* replies in a client's receive queue since it was last seen empty … */
#define ONHOST_UNREAD_BYTES_MAX 65536   /* … and their bytes; the one that passes the bound is still given (I10) */
#define ONHOST_LISTENERS_MAX 16         /* addresses to listen on */
#define ONHOST_BUFFERS_PER_GROUP 4      /* io slots that the CPUs of a group share */
#define ONHOST_GROUPS_MAX 16
#define ONHOST_LOG_LATE_MS 500          /* writes are not acknowledged here when nobody has vouched for the log for so long */

enum onhost_mode {
	ONHOST_OPEN = 1,            /* the gate: nothing is served while it is closed */
	ONHOST_WRITES = 2,          /* everysec: writes are acknowledged at once, reads need not be durable */
	ONHOST_AUTHENTICATE = 4,    /* only connections that have authenticated */
};

/* Written by the server, but for the claims. */
struct onhost_page {
	u32 mode;                   /* enum onhost_mode */
	u32 pad0;
	u64 log_alive_ns;           /* when the server last vouched for the log, CLOCK_MONOTONIC */
	u64 pad1[6];
	u32 claims[ONHOST_GROUPS_MAX][16];      /* 1 while a program uses io slot group * ONHOST_BUFFERS_PER_GROUP + index; a line a group */
};

enum onhost_flag {
	ONHOST_RESP3 = 1,
	ONHOST_AUTHENTICATED = 2,
	ONHOST_PASS = 4,            /* the server wants everything of this connection */
};

/* One connection, as the server sees it and as the program has used it. */
struct onhost_connection {
	u64 head;                   /* generation << 32 | enum onhost_flag; generation 0: nobody's */
	u64 progress;               /* bytes of replies generated << 32 | bytes of commands answered, both modulo 2^32 */
	u64 pad0[6];
	u64 messages;               /* served here: the connection is not idle */
	u64 write_position;         /* highest log position of its writes here (WAITAOF) */
	u64 pad1[6];
};

struct onhost_link {
	u32 connection;             /* index of its onhost_connection */
	u32 generation;
};

/* Why a message was left to the server.  One counter each. */
enum onhost_pass {
	ONHOST_SERVED = 0,
	ONHOST_PASS_CLOSED = 1,     /* the gate is closed: the server stops, or its log has failed */
	ONHOST_PASS_STATE = 2,      /* not ESTABLISHED: one side has closed */
	ONHOST_PASS_UNKNOWN = 3,    /* the server has not accepted the connection yet, or no more */
	ONHOST_PASS_AUTHORITY = 4,  /* not authenticated, or the server wants it all */
	ONHOST_PASS_COMMANDS = 5,   /* commands sent before are with the server, unanswered */
	ONHOST_PASS_REPLIES = 6,    /* replies of the server are under way, or not read yet */
	ONHOST_PASS_UNREAD = 7,     /* too many replies of ours are not read yet */
	ONHOST_PASS_BUFFERS = 8,    /* every io slot of the group is in use */
	ONHOST_PASS_SIZE = 9,       /* message or reply too long */
	ONHOST_PASS_COLD = 10,      /* a command that is Java's, or not whole, or not RESP */
	ONHOST_PASS_DURABILITY = 11,/* a write in always; a read of what is not durable yet; a write while the log is late */
	ONHOST_PASS_STORE = 12,     /* ring, memory or table is full, or others were faster: nothing was changed */
	ONHOST_PASS_KERNEL = 13,    /* the kernel had no memory for the reply, before anything was executed */
	ONHOST_LOST = 14,           /* not passed: executed, but the message could not be made the reply; the client's send() fails */
};
#define ONHOST_PASS_COUNT 14

/* One element an io slot. */
struct onhost_counters {
	u64 commands;               /* served */
	u64 messages;
	u64 split;                  /* messages of which only the beginning was served, because room or store did not suffice behind it */
	u64 lost;                   /* ONHOST_LOST */
	u64 passed[16];             /* messages, by enum onhost_pass */
	u64 pad[4];
};

_Static_assert(sizeof(struct onhost_page) == 64 + 64 * ONHOST_GROUPS_MAX, "a line of claims a group");
_Static_assert(sizeof(struct onhost_connection) == 128, "a line for the server, a line for the program");
_Static_assert(sizeof(struct onhost_counters) == 192, "counters are three cache lines");
_Static_assert(sizeof(struct record) == RECORD_HEADER_BYTES, "record header");
_Static_assert(RECORD_BYTES_MAX <= RECORD_CLASS_BYTES_MAX, "largest record fits the largest class");
_Static_assert(RECORD_CLASS_BYTES_MAX == CHUNK_BYTES, "the largest record is a chunk");
_Static_assert(BLOCK_BYTES / 8 < 1 << REF_OFFSET_BITS, "an offset reaches a whole block");
_Static_assert(sizeof(struct request) == 48, "request");
_Static_assert(sizeof(struct staged_key) == 80, "staged key");
_Static_assert(RECORD_CLASS_BYTES_MAX + 8 <= STAGED_RECORD_BYTES_MAX, "one record fits behind the staging area's end");
_Static_assert(sizeof(struct counters) == 256, "counters are four cache lines");
_Static_assert(sizeof(struct control) == 320, "control is five cache lines");
_Static_assert(REFS_PER_BUCKET * (OVERFLOW_CHAIN_MAX + 1) <= 64, "a whole chain fits io.chain");
_Static_assert(sizeof(struct io) % 4096 == 0, "slots are pages");
_Static_assert(__builtin_offsetof(struct io, in) % 8 == 0, "aligned input");

#endif

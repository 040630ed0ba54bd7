package dev.marrow.stress.crash;

/** What a server must have kept over the end it came to. */
enum Promise {
    /** Everything acknowledged and everything read: {@code always} at any end, {@code everysec} while the tables stay pinned (I8). */
    ACKNOWLEDGED_AND_READ,
    /** What WAITAOF acknowledged, and no more: {@code everysec} when tables and ring are gone (I2). */
    SYNCED
}

package dev.marrow.stress.bench;

/**
 * How much of it: what the benchmarks of a whole server have in common.
 *
 * @param rounds   measurements of each row
 * @param seconds  length of one
 * @param clients  connections of redis-benchmark
 * @param keyspace keys, all written before
 * @param payload  bytes of a value
 */
record Load(int rounds, double seconds, int clients, int keyspace, int payload) {}

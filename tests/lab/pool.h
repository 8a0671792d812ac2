/* SPDX-License-Identifier: MIT */
#ifndef IMS_TESTS_LAB_POOL_H
#define IMS_TESTS_LAB_POOL_H

/* Jobs by number, a few at a time, waited for in their order. */

struct lab_pool;

/* Starts at once: work(context, index) for every index below count, on so many threads. */
struct lab_pool *lab_pool_start(unsigned threads, unsigned count,
                                void (*work)(void *context, unsigned index), void *context);
/* Returns when job number index is done. */
void lab_pool_wait(struct lab_pool *pool, unsigned index);
/* Waits for all and releases the pool. */
void lab_pool_finish(struct lab_pool *pool);

#endif

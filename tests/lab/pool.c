/* SPDX-License-Identifier: MIT */
#include "pool.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct lab_pool {
    void (*work)(void *context, unsigned index);
    void *context;
    unsigned count, next;
    bool *done;
    pthread_mutex_t lock;
    pthread_cond_t finished;
    pthread_t *threads;
    unsigned thread_count;
};

static void *run(void *context)
{
    struct lab_pool *pool = context;
    for (;;) {
        pthread_mutex_lock(&pool->lock);
        unsigned index = pool->next++;
        pthread_mutex_unlock(&pool->lock);
        if (index >= pool->count)
            return NULL;
        pool->work(pool->context, index);
        pthread_mutex_lock(&pool->lock);
        pool->done[index] = true;
        pthread_cond_signal(&pool->finished);
        pthread_mutex_unlock(&pool->lock);
    }
}

struct lab_pool *lab_pool_start(unsigned threads, unsigned count,
                                void (*work)(void *context, unsigned index), void *context)
{
    struct lab_pool *pool = calloc(1, sizeof(*pool));
    if (!pool)
        abort();
    *pool = (struct lab_pool){.work = work, .context = context, .count = count};
    pool->done = calloc(count + 1u, sizeof(*pool->done));
    pool->threads = calloc(threads + 1u, sizeof(*pool->threads));
    if (!pool->done || !pool->threads)
        abort();
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->finished, NULL);
    while (pool->thread_count < threads &&
           pthread_create(&pool->threads[pool->thread_count], NULL, run, pool) == 0)
        pool->thread_count++;
    if (pool->thread_count == 0)
        abort();
    return pool;
}

void lab_pool_wait(struct lab_pool *pool, unsigned index)
{
    pthread_mutex_lock(&pool->lock);
    while (!pool->done[index])
        pthread_cond_wait(&pool->finished, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}

void lab_pool_finish(struct lab_pool *pool)
{
    for (unsigned i = 0; i < pool->thread_count; i++)
        pthread_join(pool->threads[i], NULL);
    pthread_cond_destroy(&pool->finished);
    pthread_mutex_destroy(&pool->lock);
    free(pool->threads);
    free(pool->done);
    free(pool);
}

/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"

static void memory_is_zeroed_and_aligned(void **state)
{
    struct ims_arena arena = {0};

    (void)state;
    for (size_t size = 0; size < 3000; size += 7) {
        unsigned char *bytes = ims_arena_alloc(&arena, size);
        assert_non_null(bytes);
        assert_int_equal((uintptr_t)bytes % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(bytes[i], 0);
        memset(bytes, 0xa5, size);
    }
    ims_arena_done(&arena);
}

static void allocations_do_not_overlap(void **state)
{
    enum {
        COUNT = 2000
    };
    struct ims_arena arena = {0};
    unsigned char *items[COUNT];
    size_t sizes[COUNT];

    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        sizes[i] = i % 97 == 0 ? 70000 : i % 50;
        items[i] = ims_arena_alloc(&arena, sizes[i]);
        assert_non_null(items[i]);
        memset(items[i], (int)(i & 0xff), sizes[i]);
    }
    for (size_t i = 0; i < COUNT; i++)
        for (size_t byte = 0; byte < sizes[i]; byte++)
            assert_int_equal(items[i][byte], i & 0xff);
    ims_arena_done(&arena);
}

static void zero_bytes_give_distinct_pointers(void **state)
{
    struct ims_arena arena = {0};
    void *a = ims_arena_alloc(&arena, 0);
    void *b = ims_arena_alloc_array(&arena, 0, 8);

    (void)state;
    assert_non_null(a);
    assert_non_null(b);
    assert_ptr_not_equal(a, b);
    ims_arena_done(&arena);
}

static void sizes_that_overflow_are_refused(void **state)
{
    struct ims_arena arena = {0};

    (void)state;
    assert_null(ims_arena_alloc(&arena, SIZE_MAX));
    assert_null(ims_arena_alloc(&arena, SIZE_MAX - 16));
    assert_null(ims_arena_alloc_array(&arena, SIZE_MAX / 2, 3));
    assert_null(ims_arena_strndup(&arena, "x", SIZE_MAX));
    assert_non_null(ims_arena_alloc(&arena, 16));
    ims_arena_done(&arena);
}

static void text_is_copied_and_formatted(void **state)
{
    struct ims_arena arena = {0};
    char source[] = "abcdef";
    char *copy = ims_arena_strndup(&arena, source, 3);

    (void)state;
    source[0] = 'x';
    assert_string_equal(copy, "abc");
    assert_string_equal(ims_arena_strndup(&arena, NULL, 0), "");
    assert_string_equal(ims_arena_printf(&arena, "%s-%04x", "a", 0x1fu), "a-001f");
    char *wide = ims_arena_printf(&arena, "%*s", 100000, "end");
    assert_int_equal(strlen(wide), 100000);
    ims_arena_done(&arena);
}

static void done_can_be_repeated_and_leaves_it_usable(void **state)
{
    struct ims_arena arena = {0};

    (void)state;
    ims_arena_done(NULL);
    ims_arena_done(&arena);
    assert_non_null(ims_arena_alloc(&arena, 10));
    ims_arena_done(&arena);
    assert_null(arena.blocks);
    assert_non_null(ims_arena_alloc(&arena, 100000));
    assert_non_null(ims_arena_alloc(&arena, 10));
    ims_arena_done(&arena);
    ims_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_and_aligned),
        cmocka_unit_test(allocations_do_not_overlap),
        cmocka_unit_test(zero_bytes_give_distinct_pointers),
        cmocka_unit_test(sizes_that_overflow_are_refused),
        cmocka_unit_test(text_is_copied_and_formatted),
        cmocka_unit_test(done_can_be_repeated_and_leaves_it_usable),
    };
    return cmocka_run_group_tests_name("base-arena", tests, NULL, NULL);
}

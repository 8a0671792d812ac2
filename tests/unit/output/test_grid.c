/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "output/grid.h"
#include "output/utf8.h"

static const struct ims_grid_column columns[] = {
    {"N", true, false, false, false},
    {"NAME", false, true, true, false},
    {"TEXT", false, false, true, false},
};

static void check(struct ims_grid *grid, struct ims_style style, const char *expected)
{
    struct ims_text out = {0};

    assert_int_equal(ims_grid_render(grid, &style, &out), 0);
    assert_string_equal(ims_text_get(&out), expected);
    ims_text_done(&out);
}

static struct ims_grid *sample(void)
{
    struct ims_grid *grid = ims_grid_new(columns, 3);
    uint32_t top;
    uint32_t row;

    assert_non_null(grid);
    top = ims_grid_row(grid, IMS_GRID_NO_ROW);
    ims_grid_cell(grid, top, 0, "1", NULL, false);
    ims_grid_cell(grid, top, 1, "top", NULL, false);
    row = ims_grid_row(grid, top);
    ims_grid_cell(grid, row, 0, "20", NULL, false);
    ims_grid_cell(grid, row, 1, "child", NULL, false);
    ims_grid_cell(grid, row, 2, "a rather long explanation", "red", false);
    return grid;
}

static void a_tree_in_a_table(void **state)
{
    struct ims_grid *grid = sample();

    (void)state;
    check(grid, (struct ims_style){.headings = true},
          " N NAME    TEXT\n 1 top\n20 `-child a rather long explanation\n");
    check(grid, (struct ims_style){0}, " 1 top\n20 `-child a rather long explanation\n");
    ims_grid_free(grid);
}

static void what_is_too_wide_is_cut(void **state)
{
    struct ims_grid *grid = sample();

    (void)state;
    check(grid, (struct ims_style){.headings = true, .width = 30},
          " N NAME    TEXT\n 1 top\n20 `-child a rather long ex...\n");
    /* Columns keep a floor: an unreadable cell helps nobody. */
    check(grid, (struct ims_style){.headings = true, .width = 5},
          " N NAME    TEXT\n 1 top\n20 `-child a rat...\n");
    ims_grid_free(grid);
}

static void colours_are_off_unless_asked_for(void **state)
{
    struct ims_grid *grid = sample();
    struct ims_text out = {0};
    struct ims_style style = {.colour = true};

    (void)state;
    assert_int_equal(ims_grid_render(grid, &style, &out), 0);
    assert_non_null(strchr(ims_text_get(&out), '\x1b'));
    ims_text_clear(&out);
    style.colour = false;
    assert_int_equal(ims_grid_render(grid, &style, &out), 0);
    assert_null(strchr(ims_text_get(&out), '\x1b'));
    ims_text_done(&out);
    ims_grid_free(grid);
}

static void cells_are_made_safe(void **state)
{
    struct ims_grid *grid = ims_grid_new(columns, 3);

    (void)state;
    ims_grid_cell(grid, ims_grid_row(grid, IMS_GRID_NO_ROW), 1, "\x1b]0;title\x07", NULL, false);
    check(grid, (struct ims_style){0}, "  \\x1b]0;title\\x07\n");
    ims_grid_free(grid);
    ims_grid_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tree_in_a_table),
        cmocka_unit_test(what_is_too_wide_is_cut),
        cmocka_unit_test(colours_are_off_unless_asked_for),
        cmocka_unit_test(cells_are_made_safe),
    };

    return cmocka_run_group_tests_name("output-grid", tests, NULL, NULL);
}

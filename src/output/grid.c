/* SPDX-License-Identifier: MIT */
#include "output/grid.h"

#include <errno.h>
#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "output/utf8.h"

/* A column that gives way keeps at least this many columns of text. */
#define SHRINK_FLOOR 8u

struct cell {
    const char *text; /* in the arena, or NULL */
    const char *colour;
};

struct row {
    uint32_t parent;
    struct cell cells[IMS_GRID_COLUMN_MAX];
};

struct ims_grid {
    struct ims_grid_column columns[IMS_GRID_COLUMN_MAX];
    uint32_t column_count;
    struct row *rows;
    uint32_t row_count;
    uint32_t row_capacity;
    struct ims_arena arena;
    bool failed;
};

struct ims_grid *ims_grid_new(const struct ims_grid_column *columns, uint32_t count)
{
    struct ims_grid *grid = calloc(1, sizeof(*grid));

    if (!grid)
        return NULL;
    if (count > IMS_GRID_COLUMN_MAX)
        count = IMS_GRID_COLUMN_MAX;
    memcpy(grid->columns, columns, count * sizeof(*columns));
    grid->column_count = count;
    return grid;
}

void ims_grid_free(struct ims_grid *grid)
{
    if (!grid)
        return;
    ims_arena_done(&grid->arena);
    free(grid->rows);
    free(grid);
}

uint32_t ims_grid_row(struct ims_grid *grid, uint32_t parent)
{
    struct row *rows =
        ims_array_grow(grid->rows, &grid->row_capacity, grid->row_count + 1, sizeof(*rows));

    if (!rows) {
        grid->failed = true;
        return IMS_GRID_NO_ROW;
    }
    grid->rows = rows;
    memset(&rows[grid->row_count], 0, sizeof(*rows));
    rows[grid->row_count].parent = parent;
    return grid->row_count++;
}

/* Line ends of a cell stand; everything between them is made safe. */
static void append_lines(struct ims_text *out, const char *text, bool unicode)
{
    while (*text) {
        size_t length = strcspn(text, "\n");
        struct ims_text line = {0};

        ims_text_append_bytes(&line, text, length);
        if (line.failed)
            out->failed = true;
        else
            ims_utf8_append_safe(out, ims_text_get(&line), unicode);
        ims_text_done(&line);
        if (text[length])
            ims_text_append(out, "\n");
        text += length + (text[length] ? 1 : 0);
    }
}

void ims_grid_cell(struct ims_grid *grid, uint32_t row, uint32_t column, const char *text,
                   const char *colour, bool unicode)
{
    struct ims_text safe = {0};
    struct cell *cell;

    if (row == IMS_GRID_NO_ROW || column >= grid->column_count || !text || !*text)
        return;
    cell = &grid->rows[row].cells[column];
    if (grid->columns[column].lines)
        append_lines(&safe, text, unicode);
    else
        ims_utf8_append_safe(&safe, text, unicode);
    cell->colour = colour;
    cell->text = safe.failed ? NULL : ims_arena_strndup(&grid->arena, safe.data, safe.length);
    if (!cell->text)
        grid->failed = true;
    ims_text_done(&safe);
}

static int add_columns(const struct ims_grid *grid, struct libscols_table *table)
{
    for (uint32_t i = 0; i < grid->column_count; i++) {
        const struct ims_grid_column *column = &grid->columns[i];
        int flags = (column->right ? SCOLS_FL_RIGHT : 0) | (column->tree ? SCOLS_FL_TREE : 0) |
                    (column->lines ? SCOLS_FL_WRAP : 0);
        struct libscols_column *made = scols_table_new_column(table, column->name, 0, flags);

        if (!made)
            return -ENOMEM;
        if (column->lines && scols_column_set_wrapfunc(made, scols_wrapnl_chunksize,
                                                       scols_wrapnl_nextchunk, NULL) != 0)
            return -EINVAL;
    }
    return 0;
}

static int set_cell(struct libscols_line *line, size_t column, const struct cell *cell,
                    size_t limit, const struct ims_style *style)
{
    struct ims_text text = {0};
    int code = 0;

    if (!cell->text)
        return 0;
    ims_utf8_append_cut(&text, cell->text, limit, style->unicode);
    code = text.failed ? -ENOMEM : scols_line_set_data(line, column, ims_text_get(&text));
    ims_text_done(&text);
    if (code == 0 && cell->colour)
        code = scols_cell_set_color(scols_line_get_cell(line, column), cell->colour);
    return code;
}

static int add_rows(const struct ims_grid *grid, const struct ims_style *style,
                    const size_t *limits, struct libscols_table *table,
                    struct libscols_line **lines)
{
    for (uint32_t i = 0; i < grid->row_count; i++) {
        const struct row *row = &grid->rows[i];

        lines[i] =
            scols_table_new_line(table, row->parent == IMS_GRID_NO_ROW ? NULL : lines[row->parent]);
        if (!lines[i])
            return -ENOMEM;
        for (uint32_t column = 0; column < grid->column_count; column++) {
            int code = set_cell(lines[i], column, &row->cells[column], limits[column], style);

            if (code < 0)
                return code;
        }
    }
    return 0;
}

/* *ret is heap text. */
static int draw(const struct ims_grid *grid, const struct ims_style *style, const size_t *limits,
                bool colour, char **ret)
{
    struct libscols_table *table = scols_new_table();
    struct libscols_line **lines =
        calloc(grid->row_count ? grid->row_count : 1, sizeof(struct libscols_line *));
    int code = table && lines ? 0 : -ENOMEM;

    if (code == 0) {
        scols_table_enable_ascii(table, !style->unicode);
        scols_table_enable_noheadings(table, !style->headings);
        scols_table_enable_colors(table, colour);
        scols_table_enable_noencoding(table, 1); /* cells are safe already */
        scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
        code = add_columns(grid, table);
    }
    if (code == 0)
        code = add_rows(grid, style, limits, table, lines);
    if (code == 0)
        code = scols_print_table_to_string(table, ret);
    free(lines);
    scols_unref_table(table);
    return code;
}

static size_t widest_line(char *text)
{
    size_t widest = 0;

    while (*text) {
        size_t length = strcspn(text, "\n");
        char end = text[length];
        size_t width;

        text[length] = '\0';
        width = ims_utf8_width(text);
        if (width > widest)
            widest = width;
        text[length] = end;
        text += length + (end ? 1 : 0);
    }
    return widest;
}

static size_t widest_cell(const struct ims_grid *grid, uint32_t column)
{
    size_t widest = 0;

    for (uint32_t i = 0; i < grid->row_count; i++) {
        const char *text = grid->rows[i].cells[column].text;
        size_t width = text ? ims_utf8_width(text) : 0;

        if (width > widest)
            widest = width;
    }
    return widest;
}

/* What the cells of a column are cut to when the widest of those that give way is cut to level. */
static size_t limit_at(const struct ims_grid_column *column, size_t width, size_t level)
{
    size_t floor = strlen(column->name);

    floor = floor > SHRINK_FLOOR ? floor : SHRINK_FLOOR;
    level = level > floor ? level : floor;
    return width < level ? width : level;
}

/* Takes excess columns of text from those that may shrink: always from the widest of them. */
static void shrink(const struct ims_grid *grid, size_t excess, size_t *limits)
{
    size_t widths[IMS_GRID_COLUMN_MAX] = {0};
    size_t level = 0;
    size_t taken = 0;

    for (uint32_t i = 0; i < grid->column_count; i++) {
        widths[i] = grid->columns[i].shrink ? widest_cell(grid, i) : 0;
        level = widths[i] > level ? widths[i] : level;
    }
    while (taken < excess && level > SHRINK_FLOOR) {
        level--;
        taken = 0;
        for (uint32_t i = 0; i < grid->column_count; i++)
            if (grid->columns[i].shrink) {
                limits[i] = limit_at(&grid->columns[i], widths[i], level);
                taken += widths[i] - limits[i];
            }
    }
}

/* Lines without the blanks that pad the last columns. */
static void append_trimmed(struct ims_text *out, const char *text)
{
    while (*text) {
        size_t length = strcspn(text, "\n");
        size_t kept = length;

        while (kept > 0 && text[kept - 1] == ' ')
            kept--;
        ims_text_append_bytes(out, text, kept);
        ims_text_append(out, "\n");
        text += length + (text[length] ? 1 : 0);
    }
}

int ims_grid_render(const struct ims_grid *grid, const struct ims_style *style,
                    struct ims_text *out)
{
    size_t limits[IMS_GRID_COLUMN_MAX];
    char *text = NULL;
    size_t widest;
    int code;

    if (grid->failed)
        return -ENOMEM;
    for (uint32_t i = 0; i < IMS_GRID_COLUMN_MAX; i++)
        limits[i] = SIZE_MAX;
    code = draw(grid, style, limits, false, &text);
    if (code < 0)
        return code;
    widest = widest_line(text);
    if (style->colour || (style->width > 0 && widest > style->width)) {
        if (style->width > 0 && widest > style->width)
            shrink(grid, widest - style->width, limits);
        free(text);
        text = NULL;
        code = draw(grid, style, limits, style->colour, &text);
        if (code < 0)
            return code;
    }
    append_trimmed(out, text);
    free(text);
    return out->failed ? -ENOMEM : 0;
}

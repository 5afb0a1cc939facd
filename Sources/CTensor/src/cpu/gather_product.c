#include "gather_product.h"

#include <string.h>

#include "output_moments.h"

enum {
    /// Rows of the left operand that are gathered at once: four tiles.
    BLOCK_ROWS = 4 * CT_TILE_ROWS,
    /// Most columns of it that are gathered at once: 9 taps of 512 channels, 884 KiB.
    BLOCK_DEPTH = 4608,
    /// The same where the product runs over rows: 9 taps of 64 channels.
    BLOCK_COLUMNS = 576,
    /// Floats between rows there: an odd number of cache lines, so that rows do not collide in the first-level cache.
    COLUMNS_STRIDE = 592,
    /// Rows that a transposed product sums before it touches the result.
    BLOCK_SUM = 128,
};

int64_t ct_packed_floats(int64_t depth, int32_t columns) { return depth * ct_round_up(columns, CT_TILE_COLUMNS); }

// Gathering.

typedef struct position {
    int64_t image;
    int32_t row, column;
} position;

static position position_of(const ct_gather *gather, int64_t index) {
    int64_t per_image = (int64_t)gather->grid_height * gather->grid_width;
    int64_t inside = index % per_image;
    return (position){.image = index / per_image, .row = (int32_t)(inside / gather->grid_width),
                      .column = (int32_t)(inside % gather->grid_width)};
}

/// The position after `at`.
static inline void advance(const ct_gather *gather, position *at) {
    if (++at->column < gather->grid_width) return;
    at->column = 0;
    if (++at->row < gather->grid_height) return;
    at->row = 0;
    at->image++;
}

/// The channels that tap `tap` reads at a position, or NULL outside the image.
static const void *tap_source(const ct_gather *gather, position at, int32_t tap) {
    int32_t h = at.row * gather->step + gather->dh[tap], w = at.column * gather->step + gather->dw[tap];
    if ((uint32_t)h >= (uint32_t)gather->height || (uint32_t)w >= (uint32_t)gather->width) return NULL;
    return ct_at(gather->source, gather->format,
                 ((at.image * gather->height + h) * gather->width + w) * gather->channels);
}

/// Columns `begin`..<`end` of one row. Taps that lie side by side in memory are copied in one piece.
static void gather_row(const ct_kernels *kernels, const ct_gather *gather, position at, int64_t begin, int64_t end,
                       float *target) {
    int64_t channels = gather->channels;
    int32_t tap = (int32_t)(begin / channels);
    int64_t inside = begin % channels;
    while (begin < end) {
        const void *source = tap_source(gather, at, tap++);
        int64_t run = channels - inside;
        while (source && begin + run < end && tap_source(gather, at, tap) == ct_at(source, gather->format, inside + run)) {
            run += channels;
            tap++;
        }
        run = ct_smaller(run, end - begin);
        if (source) {
            kernels->widen(ct_at(source, gather->format, inside), gather->format, run, target);
        } else {
            memset(target, 0, (size_t)run * sizeof(float));
        }
        target += run;
        begin += run;
        inside = 0;
    }
}

/// Columns `begin`..<`end` of `rows` rows, which are stored `stride` floats apart.
static void gather_rows(const ct_kernels *kernels, const ct_gather *gather, int64_t first, int32_t rows, int64_t begin,
                        int64_t end, float *left, ptrdiff_t stride) {
    position at = position_of(gather, first);
    for (int32_t row = 0; row < rows; row++) {
        gather_row(kernels, gather, at, begin, end, left + row * stride);
        advance(gather, &at);
    }
}

// The product of gathered rows and a packed operand.

typedef struct product {
    const ct_kernels *kernels;
    const ct_gather *gather;
    const ct_scatter *scatter;
    const ct_packed *packed;
    float *scratch;
    int64_t rows, depth;
    int32_t panels;
    /// Units of work: blocks of rows, times groups of panels where there are few rows.
    int64_t blocks, groups;
} product;

/// Pieces of about equal size, each at most `most` long.
static int64_t pieces_of(int64_t depth, int64_t most) { return (depth + most - 1) / most; }

/// Floats between rows of the gathered operand: whole cache lines, and no power of two of them.
static ptrdiff_t left_stride(int64_t depth) { return ct_round_up(ct_smaller(depth, BLOCK_DEPTH), 32) + 16; }

static int64_t block_floats(int64_t depth, int32_t columns) {
    return BLOCK_ROWS * (left_stride(depth) + ct_round_up(columns, CT_TILE_COLUMNS));
}

int64_t ct_product_scratch(const ct_exec *exec, int64_t depth, int32_t columns) {
    return ct_pool_threads(exec->pool) * block_floats(depth, columns) * (int64_t)sizeof(float);
}

static void multiply_block(const product *work, int64_t first, int32_t rows, int32_t panel_begin, int32_t panel_end,
                           float *left, float *sums) {
    ptrdiff_t stride = (ptrdiff_t)work->panels * CT_TILE_COLUMNS;
    ptrdiff_t left_step = left_stride(work->depth);
    int64_t pieces = pieces_of(work->depth, BLOCK_DEPTH);
    for (int64_t piece = 0; piece < pieces; piece++) {
        int64_t begin = work->depth * piece / pieces, end = work->depth * (piece + 1) / pieces;
        gather_rows(work->kernels, work->gather, first, rows, begin, end, left, left_step);
        for (int32_t panel = panel_begin; panel < panel_end; panel++) {
            const float *right = work->packed->floats + (panel * work->depth + begin) * CT_TILE_COLUMNS;
            for (int32_t row = 0; row < rows; row += CT_TILE_ROWS) {
                work->kernels->tile(left + row * left_step, left_step, right,
                                    sums + row * stride + panel * CT_TILE_COLUMNS, stride,
                                    (int32_t)ct_smaller(CT_TILE_ROWS, rows - row), (int32_t)(end - begin), piece > 0);
            }
        }
    }
}

/// Columns `begin`..<`end` of `rows` rows as they are, in bf16, stored `stride` values apart.
static void copy_rows(const ct_gather *gather, int64_t first, int32_t rows, int64_t begin, int64_t end, uint16_t *left,
                      ptrdiff_t stride) {
    position at = position_of(gather, first);
    for (int32_t row = 0; row < rows; row++) {
        uint16_t *target = left + row * stride;
        for (int64_t column = begin; column < end;) {
            int32_t tap = (int32_t)(column / gather->channels);
            int64_t inside = column % gather->channels, run = ct_smaller(gather->channels - inside, end - column);
            const uint16_t *source = tap_source(gather, at, tap);
            if (source) {
                memcpy(target, source + inside, (size_t)run * sizeof *target);
            } else {
                memset(target, 0, (size_t)run * sizeof *target);
            }
            target += run;
            column += run;
        }
        advance(gather, &at);
    }
}

/// As `multiply_block`. The halves take half of the room of floats; behind them come what undoes each group's scale.
static void multiply_half_block(const product *work, int64_t first, int32_t rows, int32_t panel_begin, int32_t panel_end,
                                float *left, float *sums) {
    const ct_half_kernels *half = work->kernels->half;
    ptrdiff_t stride = (ptrdiff_t)work->panels * CT_TILE_COLUMNS, left_step = left_stride(work->depth);
    ptrdiff_t groups = work->depth / CT_GROUP;
    _Float16 *halves = (_Float16 *)left;
    float *scales = left + BLOCK_ROWS * left_step / 2;
    copy_rows(work->gather, first, rows, 0, work->depth, (uint16_t *)left, left_step);
    for (int32_t row = 0; row < rows; row++) {
        for (ptrdiff_t group = 0; group < groups; group++) {
            uint32_t peak = half->convert(halves + row * left_step + group * CT_GROUP, 0, 1);
            scales[row * groups + group] = ct_half_plain_unscale(peak) * work->packed->unscale;
        }
    }
    for (int32_t column = panel_begin * CT_TILE_COLUMNS; column < panel_end * CT_TILE_COLUMNS; column += CT_HALF_COLUMNS) {
        const _Float16 *right = work->packed->halves + column * work->depth;
        for (int32_t row = 0; row < rows; row += CT_TILE_ROWS) {
            half->tile(halves + row * left_step, left_step, scales + row * groups, groups, right,
                       sums + row * stride + column, stride, (int32_t)ct_smaller(CT_TILE_ROWS, rows - row),
                       (int32_t)work->depth);
        }
    }
}

/// Where the row at `position` begins in the target.
static int64_t target_index(const ct_scatter *scatter, position at) {
    int64_t h = at.row * scatter->step + scatter->first_row, w = at.column * scatter->step + scatter->first_column;
    return ((at.image * scatter->height + h) * scatter->width + w) * scatter->columns;
}

static void store_block(const product *work, int64_t first, int32_t rows, int32_t panel_begin, int32_t panel_end,
                        const float *sums) {
    const ct_scatter *scatter = work->scatter;
    int32_t begin = panel_begin * CT_TILE_COLUMNS;
    int32_t count = (int32_t)ct_smaller(panel_end * CT_TILE_COLUMNS, scatter->columns) - begin;
    position at = position_of(work->gather, first);
    for (int32_t row = 0; row < rows; row++) {
        int64_t index = target_index(scatter, at) + begin;
        ct_epilogue epilogue = scatter->epilogue;
        if (epilogue.bias) epilogue.bias += begin;
        if (epilogue.residual) epilogue.residual += index;
        work->kernels->store_row(sums + row * (int64_t)work->panels * CT_TILE_COLUMNS + begin, &epilogue, scatter->add,
                                 count, scatter->format, ct_at(scatter->target, scatter->format, index));
        advance(work->gather, &at);
    }
}

static void take_moments(const product *work, int64_t block, int32_t rows, int32_t panel_begin, int32_t panel_end,
                         const float *sums) {
    int32_t columns = work->scatter->columns, begin = panel_begin * CT_TILE_COLUMNS;
    int32_t end = (int32_t)ct_smaller(panel_end * CT_TILE_COLUMNS, columns);
    float *partial = work->scatter->moments + block * ct_partial_moments_floats(columns);
    if (panel_begin == 0) partial[3 * (int64_t)columns] = (float)rows;
    work->kernels->partial_moments(sums + begin, (ptrdiff_t)work->panels * CT_TILE_COLUMNS, rows, end - begin,
                                   partial + begin, columns);
}

static void product_part(void *context, int32_t part, int32_t parts) {
    const product *work = context;
    float *left = work->scratch + part * block_floats(work->depth, work->scatter->columns);
    float *sums = left + BLOCK_ROWS * left_stride(work->depth);
    if (work->depth == 0) memset(sums, 0, (size_t)BLOCK_ROWS * (size_t)work->panels * CT_TILE_COLUMNS * sizeof(float));
    int64_t unit, end;
    ct_part_range(work->blocks * work->groups, part, parts, &unit, &end);
    for (; unit < end; unit++) {
        int64_t block = unit / work->groups, group = unit % work->groups;
        int64_t first = block * BLOCK_ROWS;
        int32_t rows = (int32_t)ct_smaller(BLOCK_ROWS, work->rows - first);
        int64_t unit_panels = work->packed->halves ? CT_HALF_COLUMNS / CT_TILE_COLUMNS : 1;
        int64_t units = work->panels / unit_panels;
        int32_t panel_begin = (int32_t)(units * group / work->groups * unit_panels);
        int32_t panel_end = (int32_t)(units * (group + 1) / work->groups * unit_panels);
        (work->packed->halves ? multiply_half_block : multiply_block)(work, first, rows, panel_begin, panel_end, left, sums);
        store_block(work, first, rows, panel_begin, panel_end, sums);
        if (work->scatter->moments) take_moments(work, block, rows, panel_begin, panel_end, sums);
    }
}

bool ct_product_uses_halves(const ct_kernels *kernels, const ct_gather *gather, int32_t columns) {
    return kernels->half && gather->format == CT_BF16 && gather->channels % CT_GROUP == 0
        && columns % CT_HALF_COLUMNS == 0 && gather->taps > 0 && ct_gather_depth(gather) <= BLOCK_DEPTH;
}

typedef struct half_packing {
    const ct_kernels *kernels;
    const float *floats;
    int64_t depth;
    int32_t panels;
    float scale;
    _Float16 *halves;
} half_packing;

static void pack_halves_part(void *context, int32_t part, int32_t parts) {
    const half_packing *work = context;
    int64_t panel, end;
    ct_part_range(work->panels, part, parts, &panel, &end);
    for (; panel < end; panel++) {
        const float *from = work->floats + panel * work->depth * CT_TILE_COLUMNS;
        _Float16 *to = work->halves + panel / 2 * work->depth * CT_HALF_COLUMNS + panel % 2 * CT_TILE_COLUMNS;
        for (int32_t k = 0; k < work->depth; k++) {
            work->kernels->half->narrow(from + k * CT_TILE_COLUMNS, CT_TILE_COLUMNS, work->scale,
                                        to + ct_half_place(k) * CT_HALF_COLUMNS);
        }
    }
}

ct_packed ct_pack_halves(ct_exec *exec, const float *weight, int64_t count, const float *floats, int64_t depth,
                         int32_t columns, _Float16 *halves) {
    uint32_t peak = ct_kernels_of(exec)->half->exponent(weight, count);
    half_packing work = {.kernels = ct_kernels_of(exec), .floats = floats, .depth = depth, .halves = halves,
                         .panels = columns / CT_TILE_COLUMNS, .scale = ct_half_plain_scale(peak)};
    ct_pool_run(exec->pool, pack_halves_part, &work);
    return (ct_packed){.floats = floats, .halves = halves, .unscale = ct_half_plain_unscale(peak)};
}

int64_t ct_product_pieces(const ct_gather *gather, int32_t batch) {
    return ((int64_t)batch * gather->grid_height * gather->grid_width + BLOCK_ROWS - 1) / BLOCK_ROWS;
}

void ct_gather_product(ct_exec *exec, const ct_gather *gather, const ct_scatter *scatter, int32_t batch,
                       const ct_packed *packed, void *scratch) {
    int32_t threads = ct_pool_threads(exec->pool);
    product work = {.kernels = ct_kernels_of(exec), .gather = gather, .scatter = scatter, .packed = packed,
                    .scratch = scratch, .depth = ct_gather_depth(gather), .groups = 1};
    work.rows = (int64_t)batch * gather->grid_height * gather->grid_width;
    work.panels = (int32_t)(ct_round_up(scatter->columns, CT_TILE_COLUMNS) / CT_TILE_COLUMNS);
    work.blocks = ct_product_pieces(gather, batch);
    if (threads > 1 && work.blocks < 4 * threads) work.groups = ct_smaller(work.panels, threads);
    ct_pool_run(exec->pool, product_part, &work);
}

// The transposed product: the sum runs over rows.

typedef struct transposed_product {
    const ct_kernels *kernels;
    const ct_gather *gather;
    const void *right;
    ct_format format;
    float *result, *scratch;
    int64_t rows, depth;
    int32_t columns, panels;
    bool halves;
    /// The depth is cut into pieces of whole tiles; each piece belongs to one thread.
    int64_t pieces, piece_depth;
} transposed_product;

static int64_t transposed_floats(int32_t columns) {
    return BLOCK_SUM * (COLUMNS_STRIDE + ct_round_up(columns, CT_TILE_COLUMNS));
}

int64_t ct_transposed_scratch(const ct_exec *exec, int32_t columns) {
    return ct_pool_threads(exec->pool) * transposed_floats(columns) * (int64_t)sizeof(float);
}

int64_t ct_transposed_result_floats(int64_t depth, int32_t columns) {
    return ct_round_up(depth, CT_TILE_ROWS) * ct_round_up(columns, CT_TILE_COLUMNS);
}

/// `rows` rows of the right operand from row `from` to [columns / 32][BLOCK_SUM][32], with zeros beyond the columns.
static void pack_rows(const transposed_product *work, int64_t from, int32_t rows, float *packed) {
    int32_t columns = work->columns;
    for (int32_t first = 0; first < columns; first += CT_TILE_COLUMNS) {
        int32_t some = (int32_t)ct_smaller(CT_TILE_COLUMNS, columns - first);
        for (int32_t row = 0; row < rows; row++) {
            float *target = packed + row * CT_TILE_COLUMNS;
            const void *source = ct_at(work->right, work->format, (from + row) * columns + first);
            work->kernels->widen(source, work->format, some, target);
            if (some < CT_TILE_COLUMNS) memset(target + some, 0, (size_t)(CT_TILE_COLUMNS - some) * sizeof(float));
        }
        packed += BLOCK_SUM * CT_TILE_COLUMNS;
    }
}

static void multiply_transposed_piece(const transposed_product *work, int64_t begin, int64_t end, float *left,
                                      float *packed) {
    ptrdiff_t stride = (ptrdiff_t)work->panels * CT_TILE_COLUMNS;
    for (int64_t first = 0; first < work->rows; first += BLOCK_SUM) {
        int32_t rows = (int32_t)ct_smaller(BLOCK_SUM, work->rows - first);
        gather_rows(work->kernels, work->gather, first, rows, begin, end, left, COLUMNS_STRIDE);
        pack_rows(work, first, rows, packed);
        for (int32_t panel = 0; panel < work->panels; panel++) {
            const float *right = packed + (int64_t)panel * BLOCK_SUM * CT_TILE_COLUMNS;
            for (int64_t k = begin; k < end; k += CT_TILE_ROWS) {
                work->kernels->tile_transposed(left + (k - begin), COLUMNS_STRIDE, right, CT_TILE_COLUMNS,
                                               work->result + k * stride + panel * CT_TILE_COLUMNS, stride,
                                               (int32_t)ct_smaller(CT_TILE_ROWS, end - k), rows, first > 0);
            }
        }
    }
}

/// Turns each 32 x 32 values of `rows` x `columns` into halves; `unscale` gets what undoes it, [rows / 32][columns / each].
static void convert_blocks(const ct_half_kernels *half, _Float16 *values, ptrdiff_t stride, int32_t rows, int64_t columns,
                           int32_t each, float *unscale) {
    for (int32_t row = 0; row < rows; row += CT_GROUP) {
        for (int64_t column = 0; column < columns; column += CT_GROUP) {
            int32_t some = (int32_t)ct_smaller(CT_GROUP, rows - row);
            float undo = ct_half_plain_unscale(half->convert(values + row * stride + column, stride, some));
            for (int32_t i = 0; i < CT_GROUP / each; i++) *unscale++ = undo;
        }
    }
}

/// As `pack_rows`, in bf16 and for panels of 64 columns.
static void pack_half_rows(const transposed_product *work, int64_t from, int32_t rows, uint16_t *packed) {
    const uint16_t *right = (const uint16_t *)work->right + from * work->columns;
    for (int32_t first = 0; first < work->columns; first += CT_HALF_COLUMNS) {
        for (int32_t row = 0; row < rows; row++) {
            memcpy(packed + row * CT_HALF_COLUMNS, right + (int64_t)row * work->columns + first,
                   CT_HALF_COLUMNS * sizeof *packed);
        }
        packed += BLOCK_SUM * CT_HALF_COLUMNS;
    }
}

/// What undoes the scales of a block of the transposed product.
typedef struct transposed_scales {
    /// By run of 32 rows and column of the left operand; by panel, run and group of the right one.
    float left[BLOCK_SUM / CT_GROUP * BLOCK_COLUMNS], right[4096 / CT_HALF_COLUMNS][BLOCK_SUM / CT_GROUP * 2];
} transposed_scales;

static void multiply_half_tiles(const transposed_product *work, int64_t begin, int64_t end, int32_t rows, bool add,
                                const _Float16 *left, const _Float16 *packed, const transposed_scales *scales) {
    ptrdiff_t stride = (ptrdiff_t)work->panels * CT_TILE_COLUMNS;
    for (int32_t panel = 0; panel < work->columns / CT_HALF_COLUMNS; panel++) {
        const _Float16 *right = packed + (int64_t)panel * BLOCK_SUM * CT_HALF_COLUMNS;
        for (int64_t k = begin; k < end; k += CT_TILE_ROWS) {
            float *result = work->result + k * stride + panel * CT_HALF_COLUMNS;
            int32_t some = (int32_t)ct_smaller(CT_TILE_ROWS, end - k);
            for (int32_t row = 0; row < rows; row += CT_GROUP) {
                int32_t run = row / CT_GROUP;
                work->kernels->half->tile_transposed(left + row * (ptrdiff_t)COLUMNS_STRIDE + (k - begin), COLUMNS_STRIDE,
                                                     scales->left + run * (end - begin) + (k - begin),
                                                     right + row * CT_HALF_COLUMNS, CT_HALF_COLUMNS,
                                                     scales->right[panel] + 2 * run, result, stride, some,
                                                     (int32_t)ct_smaller(CT_GROUP, rows - row), add || row > 0);
            }
        }
    }
}

static void multiply_half_piece(const transposed_product *work, int64_t begin, int64_t end, float *left, float *packed) {
    const ct_half_kernels *half = work->kernels->half;
    transposed_scales scales;
    for (int64_t first = 0; first < work->rows; first += BLOCK_SUM) {
        int32_t rows = (int32_t)ct_smaller(BLOCK_SUM, work->rows - first);
        copy_rows(work->gather, first, rows, begin, end, (uint16_t *)left, COLUMNS_STRIDE);
        convert_blocks(half, (_Float16 *)left, COLUMNS_STRIDE, rows, end - begin, 1, scales.left);
        pack_half_rows(work, first, rows, (uint16_t *)packed);
        for (int32_t panel = 0; panel < work->columns / CT_HALF_COLUMNS; panel++) {
            _Float16 *columns = (_Float16 *)packed + (int64_t)panel * BLOCK_SUM * CT_HALF_COLUMNS;
            convert_blocks(half, columns, CT_HALF_COLUMNS, rows, CT_HALF_COLUMNS, CT_GROUP, scales.right[panel]);
        }
        multiply_half_tiles(work, begin, end, rows, first > 0, (_Float16 *)left, (_Float16 *)packed, &scales);
    }
}

bool ct_transposed_uses_halves(const ct_kernels *kernels, const ct_gather *gather, ct_format format, int32_t columns) {
    return format == CT_BF16 && columns <= 4096 && ct_product_uses_halves(kernels, gather, columns);
}

static void transposed_part(void *context, int32_t part, int32_t parts) {
    const transposed_product *work = context;
    float *left = work->scratch + part * transposed_floats(work->columns);
    int64_t piece, end;
    ct_part_range(work->pieces, part, parts, &piece, &end);
    for (; piece < end; piece++) {
        int64_t first = piece * work->piece_depth;
        int64_t last = ct_smaller(first + work->piece_depth, work->depth);
        if (first >= last) continue;
        (work->halves ? multiply_half_piece : multiply_transposed_piece)(work, first, last, left,
                                                                         left + BLOCK_SUM * COLUMNS_STRIDE);
    }
}

void ct_gather_transposed_product(ct_exec *exec, const ct_gather *gather, const void *right, ct_format format,
                                  int32_t columns, int32_t batch, float *result, void *scratch) {
    int32_t threads = ct_pool_threads(exec->pool);
    transposed_product work = {.kernels = ct_kernels_of(exec), .gather = gather, .right = right, .format = format,
                               .result = result,
                               .scratch = scratch, .depth = ct_gather_depth(gather), .columns = columns};
    work.rows = (int64_t)batch * gather->grid_height * gather->grid_width;
    work.panels = (int32_t)(ct_round_up(columns, CT_TILE_COLUMNS) / CT_TILE_COLUMNS);
    work.pieces = ct_round_up(pieces_of(work.depth, BLOCK_COLUMNS), threads);
    work.halves = ct_transposed_uses_halves(work.kernels, gather, format, columns);
    // Pieces of halves are whole groups, so that scales do not depend on the number of threads.
    work.piece_depth = ct_round_up((work.depth + work.pieces - 1) / work.pieces, work.halves ? CT_GROUP : CT_TILE_ROWS);
    ct_pool_run(exec->pool, transposed_part, &work);
}

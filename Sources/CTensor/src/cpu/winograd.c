#include "winograd.h"

#include <string.h>

#include "output_moments.h"
#include "winograd_tiles.h"

bool ct_winograd_fits(const ct_conv2d *op) {
    return op->kernel == 3 && op->stride == 1 && op->in_channels % CT_TILE_COLUMNS == 0
        && op->out_channels % CT_TILE_COLUMNS == 0;
}

bool ct_winograd_uses_halves(const ct_kernels *kernels, ct_format format, int32_t in, int32_t out) {
    return kernels->half && format == CT_BF16 && in % CT_HALF_COLUMNS == 0 && out % CT_HALF_COLUMNS == 0;
}

/// One pass: y (+)= x convolved, whichever tensors of the operation those are.
typedef struct winograd_pass {
    const ct_kernels *kernels;
    ct_tiles tiles;
    int32_t in, out;
    ct_format format;
    const void *x;
    void *y;
    int32_t add;
    /// Whether v and u are halves (half_products.h). They take half of the room of f32; behind v come what undoes the scales
    /// of each tile's groups and of u, of which `weight_unscale` is the latter.
    bool halves;
    float weight_unscale;
    /// A partial result for each piece of MOMENT_TILES tiles (output_moments.h), or NULL.
    float *moments;
    /// The transformed weights, six zero pixels, and the scratch of the threads.
    const float *u;
    float *zeros, *scratch;
    /// What is done with y on its way (ct_tile_target).
    ct_epilogue epilogue;
    /// Blocks of tiles, and groups of output columns where there are fewer blocks than threads.
    int64_t blocks;
    int32_t groups;
    /// Tiles of a block, floats between the 36 planes of v, m and u, and between rows of v and m.
    int32_t block;
    ptrdiff_t v_plane, m_plane, u_plane, v_row, m_row;
} winograd_pass;

enum {
    /// Bytes of v and m together, so that they and the weights stay in the second-level cache.
    BLOCK_BYTES = 600 * 1024,
    /// Weights of more bytes do not stay there: then a block has at least so many tiles that reading them anew pays.
    WEIGHT_BYTES = 1024 * 1024,
    BLOCK_LEAST = 4 * CT_TILE_ROWS,
    /// Blocks are whole pieces.
    MOMENT_TILES = CT_TILE_ROWS,
};

static int64_t u_floats(int32_t in, int32_t out) { return CT_POSITIONS * ct_plane(in, out, false); }

/// Tiles of a block: whole pieces, and a number of blocks that the threads can share evenly.
static int32_t block_tiles(int32_t in, int32_t out, int64_t tiles, int32_t threads) {
    int64_t most = BLOCK_BYTES / (CT_POSITIONS * (int64_t)(in + out) * (int64_t)sizeof(float));
    if (u_floats(in, out) * (int64_t)sizeof(float) > WEIGHT_BYTES) most = ct_larger(most, BLOCK_LEAST);
    most = ct_round_up(most, MOMENT_TILES);
    int64_t rounds = (tiles + most * threads - 1) / (most * threads);
    return (int32_t)ct_round_up((tiles + rounds * threads - 1) / (rounds * threads), MOMENT_TILES);
}

static int64_t pass_scratch(const winograd_pass *pass) { return CT_POSITIONS * (int64_t)(pass->v_plane + pass->m_plane); }

static winograd_pass pass_of(const ct_exec *exec, ct_format format, int32_t in, int32_t out, const ct_tiles *tiles) {
    int32_t threads = ct_pool_threads(exec->pool);
    winograd_pass pass = {.kernels = ct_kernels_of(exec), .tiles = *tiles, .format = format, .in = in, .out = out,
                          .groups = 1};
    pass.halves = ct_winograd_uses_halves(pass.kernels, format, in, out);
    pass.block = block_tiles(in, out, tiles->count, threads);
    pass.blocks = (tiles->count + pass.block - 1) / pass.block;
    // No group without a panel: two that begin at column 0 would both count the rows of the moments.
    int32_t panels = out / (pass.halves ? CT_HALF_COLUMNS : CT_TILE_COLUMNS);
    if (pass.blocks < threads) pass.groups = (int32_t)ct_smaller(panels, threads);
    pass.v_row = ct_spread(in, pass.halves);
    pass.m_row = ct_spread(out, false);
    pass.v_plane = ct_plane(pass.block, (int32_t)pass.v_row, pass.halves);
    pass.m_plane = ct_plane(pass.block, (int32_t)pass.m_row, false);
    pass.u_plane = ct_plane(in, out, pass.halves);
    return pass;
}

/// Places the parts of the workspace: zeros, the scratch of the threads, partial moments, and the weights last.
static float *place_scratch(ct_exec *exec, winograd_pass *pass) {
    pass->zeros = exec->workspace;
    pass->scratch = pass->zeros + CT_PATCH * (int64_t)pass->in;
    memset(pass->zeros, 0, (size_t)(CT_PATCH * pass->in) * sizeof(float));
    return pass->scratch + ct_pool_threads(exec->pool) * pass_scratch(pass);
}

static int64_t moment_pieces(const ct_tiles *tiles) { return (tiles->count + MOMENT_TILES - 1) / MOMENT_TILES; }

static int64_t moment_floats(const ct_tiles *tiles, int32_t out) {
    return ct_round_up(moment_pieces(tiles) * ct_partial_moments_floats(out), 16);
}

static int64_t pass_floats(const ct_exec *exec, ct_format format, int32_t in, int32_t out, const ct_tiles *tiles) {
    winograd_pass pass = pass_of(exec, format, in, out, tiles);
    return CT_PATCH * (int64_t)in + ct_pool_threads(exec->pool) * pass_scratch(&pass) + moment_floats(tiles, out);
}

int64_t ct_winograd_weight_floats(const ct_conv2d *op) {
    return ct_larger(u_floats(op->in_channels, op->out_channels), u_floats(op->out_channels, op->in_channels));
}

int64_t ct_winograd_tiles(const ct_conv2d *op, int32_t batch) { return ct_tiles_forward(op, batch).count; }

int64_t ct_winograd_forward_workspace(const ct_exec *exec, const ct_conv2d *op, int32_t batch) {
    ct_tiles tiles = ct_tiles_forward(op, batch);
    return pass_floats(exec, op->format, op->in_channels, op->out_channels, &tiles) * (int64_t)sizeof(float);
}

int64_t ct_winograd_workspace(const ct_exec *exec, const ct_conv2d *op, int32_t batch) {
    ct_tiles backward = ct_tiles_backward(op, batch);
    int64_t data = pass_floats(exec, op->format, op->out_channels, op->in_channels, &backward) * (int64_t)sizeof(float);
    int64_t scratch = ct_larger(ct_winograd_forward_workspace(exec, op, batch), data);
    return ct_larger(scratch + ct_winograd_weight_floats(op) * (int64_t)sizeof(float),
                     ct_winograd_weights_workspace(exec, op, batch));
}

// The steps of a block.

static float *scales_of(const winograd_pass *pass, float *v) { return v + CT_POSITIONS * pass->v_plane / 2; }

static void transform_halves(const winograd_pass *pass, const ct_patch *patch, _Float16 *v, float *scales) {
    const ct_half_kernels *half = pass->kernels->half;
    for (int32_t c = 0; c < pass->in; c += CT_GROUP) {
        uint32_t peak = half->input_peak(patch, c);
        scales[c / CT_GROUP] = ct_half_unscale(peak) * pass->weight_unscale;
        half->input(patch, c, ct_half_scale(peak), v + c, pass->v_plane);
    }
}

static void transform_inputs(const winograd_pass *pass, int64_t first, int32_t count, float *v) {
    for (int32_t t = 0; t < count; t++) {
        ct_patch patch = ct_input_patch(&pass->tiles, first + t, pass->format, pass->x, pass->in, pass->zeros);
        if (pass->halves) {
            transform_halves(pass, &patch, (_Float16 *)v + t * pass->v_row, scales_of(pass, v) + t * (pass->in / CT_GROUP));
        } else {
            pass->kernels->winograd_input(&patch, pass->in, v + t * pass->v_row, pass->v_plane);
        }
    }
}

static void multiply_halves(const winograd_pass *pass, int32_t count, int32_t begin, int32_t end, float *v, float *m) {
    const float *scales = scales_of(pass, v);
    int32_t groups = pass->in / CT_GROUP;
    for (int32_t position = 0; position < CT_POSITIONS; position++) {
        const _Float16 *left = (const _Float16 *)v + position * pass->v_plane;
        const _Float16 *right = (const _Float16 *)pass->u + position * pass->u_plane + (ptrdiff_t)begin * pass->in;
        for (int32_t column = begin; column < end; column += CT_HALF_COLUMNS) {
            float *result = m + position * pass->m_plane + column;
            for (int32_t row = 0; row < count; row += CT_TILE_ROWS) {
                pass->kernels->half->tile(left + row * pass->v_row, pass->v_row, scales + row * (ptrdiff_t)groups, groups,
                                          right, result + row * pass->m_row, pass->m_row,
                                          (int32_t)ct_smaller(CT_TILE_ROWS, count - row), pass->in);
            }
            right += (ptrdiff_t)pass->in * CT_HALF_COLUMNS;
        }
    }
}

/// Columns `begin`..<`end` of m.
static void multiply(const winograd_pass *pass, int32_t count, int32_t begin, int32_t end, float *v, float *m) {
    for (int32_t position = 0; position < CT_POSITIONS; position++) {
        const float *left = v + position * pass->v_plane;
        const float *right = pass->u + position * pass->u_plane + (ptrdiff_t)begin * pass->in;
        for (int32_t column = begin; column < end; column += CT_TILE_COLUMNS) {
            float *result = m + position * pass->m_plane + column;
            for (int32_t row = 0; row < count; row += CT_TILE_ROWS) {
                pass->kernels->tile(left + row * pass->v_row, pass->v_row, right, result + row * pass->m_row,
                                    pass->m_row, (int32_t)ct_smaller(CT_TILE_ROWS, count - row), pass->in, 0);
            }
            right += (ptrdiff_t)pass->in * CT_TILE_COLUMNS;
        }
    }
}

static void take_moments(const winograd_pass *pass, int64_t tile, int32_t begin, ct_tile_target *target) {
    float *piece = pass->moments + tile / MOMENT_TILES * ct_partial_moments_floats(pass->out);
    float *rows = piece + 3 * (int64_t)pass->out;
    target->moments = piece + begin;
    target->moments_step = pass->out;
    target->first_of_moments = tile % MOMENT_TILES == 0;
    if (begin == 0) *rows = (target->first_of_moments ? 0 : *rows) + (float)(target->rows * target->columns);
}

static void transform_outputs(const winograd_pass *pass, int64_t first, int32_t count, int32_t begin, int32_t end,
                              const float *m) {
    for (int32_t t = 0; t < count; t++) {
        ct_tile_target target = ct_output_target(&pass->tiles, first + t, pass->out);
        target.at += begin;
        target.y = pass->y;
        target.format = pass->format;
        target.add = pass->add;
        target.relu = pass->epilogue.relu;
        if (pass->epilogue.bias) target.bias = pass->epilogue.bias + begin;
        target.residual = pass->epilogue.residual;
        if (pass->moments) take_moments(pass, first + t, begin, &target);
        pass->kernels->winograd_output(m + t * pass->m_row + begin, pass->m_plane, end - begin, &target);
    }
}

static void pass_part(void *context, int32_t part, int32_t parts) {
    const winograd_pass *pass = context;
    float *v = pass->scratch + part * pass_scratch(pass), *m = v + CT_POSITIONS * pass->v_plane;
    int32_t panel = pass->halves ? CT_HALF_COLUMNS : CT_TILE_COLUMNS;
    int64_t unit, last, panels = pass->out / panel;
    ct_part_range(pass->blocks * pass->groups, part, parts, &unit, &last);
    for (; unit < last; unit++) {
        int64_t first = unit / pass->groups * pass->block, group = unit % pass->groups;
        int32_t count = (int32_t)ct_smaller(pass->block, pass->tiles.count - first);
        int32_t begin = (int32_t)(panels * group / pass->groups) * panel;
        int32_t end = (int32_t)(panels * (group + 1) / pass->groups) * panel;
        transform_inputs(pass, first, count, v);
        (pass->halves ? multiply_halves : multiply)(pass, count, begin, end, v, m);
        transform_outputs(pass, first, count, begin, end, m);
    }
}

// The weights.

typedef struct weight_work {
    const ct_kernels *kernels;
    const float *weight;
    int32_t in_channels;
    float *u;
    /// Rows and columns of the right operand: input and output channels forward, the other way round backward.
    int32_t rows, columns;
    bool turned, halves;
    /// Of halves: what all of them are multiplied by.
    float scale;
} weight_work;

enum {
    /// Rows of weights that are gathered at once: an output channel's lie side by side.
    ROWS_AT_ONCE = 8,
    TAPS_FLOATS = 9 * CT_TILE_COLUMNS,
};

/// taps[rows][9][32] from row `row` for columns from `first`: weight[o, i], or turned round weight[i, o] backwards.
static void gather_taps(const weight_work *work, int32_t row, int32_t rows, int32_t first, float *taps) {
    for (int32_t lane = 0; lane < CT_TILE_COLUMNS; lane++) {
        for (int32_t r = 0; r < rows; r++) {
            int64_t o = work->turned ? row + r : first + lane, i = work->turned ? first + lane : row + r;
            const float *from = work->weight + (o * work->in_channels + i) * 9;
            float *to = taps + r * TAPS_FLOATS + lane;
            for (int32_t tap = 0; tap < 9; tap++) to[(work->turned ? 8 - tap : tap) * CT_TILE_COLUMNS] = from[tap];
        }
    }
}

/// Row `row` of 32 columns of u. As halves u is [36][columns / 64][rows][64], the rows in the order of v's channels.
static void transform_taps(const weight_work *work, int64_t panel, int32_t row, const float *taps) {
    if (!work->halves) {
        work->kernels->winograd_weights(taps, work->u + (panel * work->rows + row) * CT_TILE_COLUMNS,
                                        ct_plane(work->rows, work->columns, false));
        return;
    }
    int64_t lane = panel * CT_TILE_COLUMNS % CT_HALF_COLUMNS, whole = panel * CT_TILE_COLUMNS - lane;
    _Float16 *u = (_Float16 *)work->u + whole * work->rows + ct_half_place(row) * (int64_t)CT_HALF_COLUMNS + lane;
    work->kernels->half->weights(taps, work->scale, u, ct_plane(work->rows, work->columns, true));
}

static void weights_part(void *context, int32_t part, int32_t parts) {
    const weight_work *work = context;
    float taps[ROWS_AT_ONCE * TAPS_FLOATS];
    int64_t panel, end;
    ct_part_range(work->columns / CT_TILE_COLUMNS, part, parts, &panel, &end);
    for (; panel < end; panel++) {
        for (int32_t row = 0; row < work->rows; row += ROWS_AT_ONCE) {
            gather_taps(work, row, ROWS_AT_ONCE, (int32_t)panel * CT_TILE_COLUMNS, taps);
            for (int32_t r = 0; r < ROWS_AT_ONCE; r++) transform_taps(work, panel, row + r, taps + r * TAPS_FLOATS);
        }
    }
}

void ct_winograd_transform_weights(ct_exec *exec, const ct_conv2d *op, const float *weight, float *u) {
    weight_work work = {.kernels = ct_kernels_of(exec), .weight = weight, .in_channels = op->in_channels, .u = u,
                        .rows = op->in_channels, .columns = op->out_channels};
    ct_pool_run(exec->pool, weights_part, &work);
}

/// Transforms the operation's weights for `pass`, forward or turned round.
static void transform_weights(ct_exec *exec, const ct_conv2d *op, bool turned, float *u, winograd_pass *pass) {
    weight_work work = {.kernels = ct_kernels_of(exec), .weight = ct_floats(op->weight), .in_channels = op->in_channels,
                        .u = u, .rows = pass->in, .columns = pass->out, .turned = turned, .halves = pass->halves};
    if (pass->halves) {
        uint32_t peak = work.kernels->half->exponent(work.weight, 9 * (int64_t)op->in_channels * op->out_channels);
        work.scale = ct_half_weight_scale(peak);
        pass->weight_unscale = ct_half_weight_unscale(peak);
    }
    pass->u = u;
    ct_pool_run(exec->pool, weights_part, &work);
}

// The passes.

void ct_winograd_forward(ct_exec *exec, const ct_conv2d *op, int32_t batch) {
    ct_tiles tiles = ct_tiles_forward(op, batch);
    winograd_pass pass = pass_of(exec, op->format, op->in_channels, op->out_channels, &tiles);
    float *moments = place_scratch(exec, &pass), *u = moments + moment_floats(&tiles, pass.out);
    pass.x = ct_address(op->x);
    pass.y = ct_address(op->y);
    if (op->moments.buffer) pass.moments = moments;
    transform_weights(exec, op, false, u, &pass);
    ct_pool_run(exec->pool, pass_part, &pass);
    if (pass.moments) ct_combine_moments(pass.moments, moment_pieces(&tiles), pass.out, ct_floats(op->moments));
}

void ct_winograd_forward_prepared(ct_exec *exec, const ct_conv2d *op, int32_t batch, const float *u,
                                  const ct_epilogue *epilogue) {
    ct_tiles tiles = ct_tiles_forward(op, batch);
    winograd_pass pass = pass_of(exec, op->format, op->in_channels, op->out_channels, &tiles);
    place_scratch(exec, &pass);
    pass.x = ct_address(op->x);
    pass.y = ct_address(op->y);
    pass.u = u;
    pass.epilogue = *epilogue;
    ct_pool_run(exec->pool, pass_part, &pass);
}

void ct_winograd_backward_data(ct_exec *exec, const ct_conv2d *op, int32_t batch) {
    ct_tiles tiles = ct_tiles_backward(op, batch);
    winograd_pass pass = pass_of(exec, op->format, op->out_channels, op->in_channels, &tiles);
    float *u = place_scratch(exec, &pass) + moment_floats(&tiles, pass.out);
    pass.x = ct_address(op->dy);
    pass.y = ct_address(op->dx);
    pass.add = op->accumulate_dx;
    transform_weights(exec, op, true, u, &pass);
    ct_pool_run(exec->pool, pass_part, &pass);
}

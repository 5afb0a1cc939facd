#include "winograd.h"

#include <string.h>

#include "output_moments.h"
#include "winograd_tiles.h"

bool ct_winograd_fits(const ct_conv2d *op) {
    return op->kernel == 3 && op->stride == 1 && op->in_channels % CT_TILE_COLUMNS == 0
        && op->out_channels % CT_TILE_COLUMNS == 0;
}

/// One pass: y (+)= x convolved, whichever tensors of the operation those are.
typedef struct winograd_pass {
    const ct_kernels *kernels;
    ct_tiles tiles;
    int32_t in, out;
    const float *x;
    float *y;
    int32_t add;
    /// A partial result for each piece of MOMENT_TILES tiles (output_moments.h), or NULL.
    float *moments;
    /// The transformed weights, six rows of zero pixels, then the scratch of the threads.
    float *u, *zeros, *scratch;
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

static int64_t u_floats(int32_t in, int32_t out) { return CT_POSITIONS * ct_plane(in, out); }

/// Tiles of a block: whole rows of register tiles, and no more than give each thread a block.
static int32_t block_tiles(int32_t in, int32_t out, int64_t tiles, int32_t threads) {
    int64_t block = BLOCK_BYTES / (CT_POSITIONS * (int64_t)(in + out) * (int64_t)sizeof(float));
    if (u_floats(in, out) * (int64_t)sizeof(float) > WEIGHT_BYTES) block = ct_larger(block, BLOCK_LEAST);
    block = ct_smaller(block, (tiles + threads - 1) / threads);
    return (int32_t)ct_round_up(block, CT_TILE_ROWS);
}

static int64_t pass_scratch(const winograd_pass *pass) { return CT_POSITIONS * (int64_t)(pass->v_plane + pass->m_plane); }

static winograd_pass pass_of(const ct_exec *exec, int32_t in, int32_t out, const ct_tiles *tiles) {
    winograd_pass pass = {.kernels = ct_kernels_of(exec), .tiles = *tiles, .in = in, .out = out};
    pass.block = block_tiles(in, out, tiles->count, ct_pool_threads(exec->pool));
    pass.v_row = ct_spread(in);
    pass.m_row = ct_spread(out);
    pass.v_plane = ct_plane(pass.block, (int32_t)pass.v_row);
    pass.m_plane = ct_plane(pass.block, (int32_t)pass.m_row);
    pass.u_plane = ct_plane(in, out);
    pass.u = exec->workspace;
    if (!pass.u) return pass;
    pass.zeros = pass.u + u_floats(in, out);
    pass.scratch = pass.zeros + CT_PATCH * in;
    memset(pass.zeros, 0, (size_t)(CT_PATCH * in) * sizeof(float));
    return pass;
}

static int64_t moment_pieces(const ct_tiles *tiles) { return (tiles->count + MOMENT_TILES - 1) / MOMENT_TILES; }

static int64_t pass_floats(const ct_exec *exec, int32_t in, int32_t out, const ct_tiles *tiles) {
    ct_exec dry = {.pool = exec->pool, .state = exec->state};
    winograd_pass pass = pass_of(&dry, in, out, tiles);
    return u_floats(in, out) + CT_PATCH * (int64_t)in + ct_pool_threads(exec->pool) * pass_scratch(&pass)
        + moment_pieces(tiles) * ct_partial_moments_floats(out);
}

int64_t ct_winograd_workspace(const ct_exec *exec, const ct_conv2d *op, int32_t batch) {
    ct_tiles forward = ct_tiles_forward(op, batch), backward = ct_tiles_backward(op, batch);
    int64_t floats = ct_larger(pass_floats(exec, op->in_channels, op->out_channels, &forward),
                               pass_floats(exec, op->out_channels, op->in_channels, &backward));
    return ct_larger(floats * (int64_t)sizeof(float), ct_winograd_weights_workspace(exec, op, batch));
}

// The steps of a block.

static void transform_inputs(const winograd_pass *pass, int64_t first, int32_t count, float *v) {
    for (int32_t t = 0; t < count; t++) {
        ct_patch patch = ct_input_patch(&pass->tiles, first + t, pass->x, pass->in, pass->zeros);
        pass->kernels->winograd_input(&patch, pass->in, v + t * pass->v_row, pass->v_plane);
    }
}

static void multiply(const winograd_pass *pass, int32_t count, const float *v, float *m) {
    for (int32_t position = 0; position < CT_POSITIONS; position++) {
        const float *left = v + position * pass->v_plane, *right = pass->u + position * pass->u_plane;
        for (int32_t column = 0; column < pass->out; column += CT_TILE_COLUMNS) {
            float *result = m + position * pass->m_plane + column;
            for (int32_t row = 0; row < count; row += CT_TILE_ROWS) {
                pass->kernels->tile(left + row * pass->v_row, pass->v_row, right,
                                    result + row * pass->m_row, pass->m_row,
                                    (int32_t)ct_smaller(CT_TILE_ROWS, count - row), pass->in, 0);
            }
            right += (ptrdiff_t)pass->in * CT_TILE_COLUMNS;
        }
    }
}

static void take_moments(const winograd_pass *pass, int64_t tile, ct_tile_target *target) {
    float *piece = pass->moments + tile / MOMENT_TILES * ct_partial_moments_floats(pass->out);
    float *rows = piece + 3 * (int64_t)pass->out;
    target->moments = piece;
    target->first_of_moments = tile % MOMENT_TILES == 0;
    *rows = (target->first_of_moments ? 0 : *rows) + (float)(target->rows * target->columns);
}

static void transform_outputs(const winograd_pass *pass, int64_t first, int32_t count, const float *m) {
    for (int32_t t = 0; t < count; t++) {
        ct_tile_target target = ct_output_target(&pass->tiles, first + t, pass->y, pass->out);
        target.add = pass->add;
        if (pass->moments) take_moments(pass, first + t, &target);
        pass->kernels->winograd_output(m + t * pass->m_row, pass->m_plane, pass->out, &target);
    }
}

static void pass_part(void *context, int32_t part, int32_t parts) {
    const winograd_pass *pass = context;
    float *v = pass->scratch + part * pass_scratch(pass), *m = v + CT_POSITIONS * pass->v_plane;
    int64_t block, end, blocks = (pass->tiles.count + pass->block - 1) / pass->block;
    ct_part_range(blocks, part, parts, &block, &end);
    for (; block < end; block++) {
        int64_t first = block * pass->block;
        int32_t count = (int32_t)ct_smaller(pass->block, pass->tiles.count - first);
        transform_inputs(pass, first, count, v);
        multiply(pass, count, v, m);
        transform_outputs(pass, first, count, m);
    }
}

// The weights.

typedef struct weight_work {
    const ct_kernels *kernels;
    const ct_conv2d *op;
    float *u;
    /// Rows and columns of the right operand: input and output channels forward, the other way round backward.
    int32_t rows, columns;
    bool turned;
} weight_work;

/// taps[9][32] for row `row` and columns from `first`: weight[o, i], or turned round weight[i, o] backwards.
static void gather_taps(const weight_work *work, int32_t row, int32_t first, float *taps) {
    const float *weight = ct_floats(work->op->weight);
    for (int32_t lane = 0; lane < CT_TILE_COLUMNS; lane++) {
        int64_t o = work->turned ? row : first + lane, i = work->turned ? first + lane : row;
        const float *from = weight + (o * work->op->in_channels + i) * 9;
        for (int32_t tap = 0; tap < 9; tap++) taps[(work->turned ? 8 - tap : tap) * CT_TILE_COLUMNS + lane] = from[tap];
    }
}

static void weights_part(void *context, int32_t part, int32_t parts) {
    const weight_work *work = context;
    ptrdiff_t plane = ct_plane(work->rows, work->columns);
    float taps[9 * CT_TILE_COLUMNS];
    int64_t panel, end;
    ct_part_range(work->columns / CT_TILE_COLUMNS, part, parts, &panel, &end);
    for (; panel < end; panel++) {
        for (int32_t row = 0; row < work->rows; row++) {
            gather_taps(work, row, (int32_t)panel * CT_TILE_COLUMNS, taps);
            work->kernels->winograd_weights(taps, work->u + (panel * work->rows + row) * CT_TILE_COLUMNS, plane);
        }
    }
}

// The passes.

void ct_winograd_forward(ct_exec *exec, const ct_conv2d *op, int32_t batch) {
    ct_tiles tiles = ct_tiles_forward(op, batch);
    winograd_pass pass = pass_of(exec, op->in_channels, op->out_channels, &tiles);
    pass.x = ct_floats(op->x);
    pass.y = ct_floats(op->y);
    if (op->moments.buffer) pass.moments = pass.scratch + ct_pool_threads(exec->pool) * pass_scratch(&pass);
    weight_work weights = {.kernels = pass.kernels, .op = op, .u = pass.u, .rows = pass.in, .columns = pass.out};
    ct_pool_run(exec->pool, weights_part, &weights);
    ct_pool_run(exec->pool, pass_part, &pass);
    if (pass.moments) ct_combine_moments(pass.moments, moment_pieces(&tiles), pass.out, ct_floats(op->moments));
}

void ct_winograd_backward_data(ct_exec *exec, const ct_conv2d *op, int32_t batch) {
    ct_tiles tiles = ct_tiles_backward(op, batch);
    winograd_pass pass = pass_of(exec, op->out_channels, op->in_channels, &tiles);
    pass.x = ct_floats(op->dy);
    pass.y = ct_floats(op->dx);
    pass.add = op->accumulate_dx;
    weight_work weights = {.kernels = pass.kernels, .op = op, .u = pass.u, .rows = pass.in, .columns = pass.out,
                           .turned = true};
    ct_pool_run(exec->pool, weights_part, &weights);
    ct_pool_run(exec->pool, pass_part, &pass);
}

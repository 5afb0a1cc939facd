/// Gradient of the weights: dg = G' (sum over tiles of v * dm) G. Work is cut into chunks of input by output channels
/// whose 36 sums stay in the second-level cache while all tiles pass by; the tiles of neighbouring chunks are transformed
/// anew, which is cheaper than keeping them. Each element is summed over blocks of tiles of a fixed size in order, so the
/// cutting does not change the bits.
#include <string.h>

#include "winograd.h"
#include "winograd_tiles.h"

enum {
    /// Most channels of a chunk, input and output.
    CHUNK_IN = 64,
    CHUNK_OUT = 128,
    /// Tiles that are summed before the sums are touched.
    BLOCK = 24,
};

typedef struct weights_pass {
    const ct_kernels *kernels;
    const ct_conv2d *op;
    ct_tiles tiles;
    const float *x, *dy;
    float *zeros, *scratch;
    /// Channels of a chunk and how many chunks there are.
    int32_t in, out, in_chunks, out_chunks;
    /// Floats between planes and rows of v, dm and the sums.
    ptrdiff_t v_plane, d_plane, sum_plane, v_row, d_row;
} weights_pass;

static int32_t chunk_of(int32_t channels, int32_t most, int32_t wanted) {
    int32_t chunk = channels < most ? channels : most;
    while (channels / chunk < wanted && chunk > CT_TILE_COLUMNS) chunk -= CT_TILE_COLUMNS;
    return chunk;
}

static int64_t scratch_floats(const weights_pass *pass) {
    return CT_POSITIONS * (int64_t)(pass->v_plane + pass->d_plane + pass->sum_plane);
}

static int64_t zeros_floats(const ct_conv2d *op) { return CT_PATCH * ct_larger(op->in_channels, op->out_channels); }

static weights_pass pass_of(const ct_exec *exec, const ct_conv2d *op, int32_t batch) {
    weights_pass pass = {.kernels = ct_kernels_of(exec), .op = op, .tiles = ct_tiles_forward(op, batch)};
    pass.out = chunk_of(op->out_channels, CHUNK_OUT, 1);
    pass.out_chunks = (op->out_channels + pass.out - 1) / pass.out;
    int32_t threads = ct_pool_threads(exec->pool);
    pass.in = chunk_of(op->in_channels, CHUNK_IN, (threads + pass.out_chunks - 1) / pass.out_chunks);
    pass.in_chunks = (op->in_channels + pass.in - 1) / pass.in;
    pass.v_row = ct_spread(pass.in);
    pass.d_row = ct_spread(pass.out);
    pass.v_plane = ct_plane(BLOCK, (int32_t)pass.v_row);
    pass.d_plane = ct_plane(BLOCK, (int32_t)pass.d_row);
    pass.sum_plane = ct_plane(pass.in, pass.out);
    return pass;
}

int64_t ct_winograd_weights_workspace(const ct_exec *exec, const ct_conv2d *op, int32_t batch) {
    weights_pass pass = pass_of(exec, op, batch);
    return (zeros_floats(op) + ct_pool_threads(exec->pool) * scratch_floats(&pass)) * (int64_t)sizeof(float);
}

/// The 4 x 4 pixels of dy at a tile.
static ct_patch gradient_patch(const weights_pass *pass, int64_t index) {
    const ct_tiles *tiles = &pass->tiles;
    ct_tile_place place = ct_place_of_tile(tiles, index);
    int32_t pixel = pass->op->out_channels;
    const float *image = pass->dy + place.image * tiles->out_height * tiles->out_width * pixel;
    ct_patch patch = {.pixel = pixel, .end_column = (int32_t)ct_smaller(CT_TILE_EXTENT, tiles->out_width - place.column)};
    for (int32_t i = 0; i < CT_TILE_EXTENT; i++) {
        int32_t h = place.row + i;
        patch.rows[i] = h < tiles->out_height ? image + ((int64_t)h * tiles->out_width + place.column) * pixel : pass->zeros;
    }
    return patch;
}

static void shift_patch(ct_patch *patch, int32_t rows, int32_t channel, const float *zeros) {
    for (int32_t i = 0; i < rows; i++) {
        if (patch->rows[i] != zeros) patch->rows[i] += channel;
    }
}

typedef struct chunk {
    int32_t in_first, in_count, out_first, out_count;
    float *v, *d, *sums;
} chunk;

static void transform_block(const weights_pass *pass, const chunk *part, int64_t first, int32_t count) {
    for (int32_t t = 0; t < count; t++) {
        int32_t pixel = pass->op->in_channels;
        ct_patch input = ct_input_patch(&pass->tiles, first + t, pass->x, pixel, pass->zeros);
        shift_patch(&input, CT_PATCH, part->in_first, pass->zeros);
        pass->kernels->winograd_input(&input, part->in_count, part->v + t * pass->v_row, pass->v_plane);
        ct_patch gradient = gradient_patch(pass, first + t);
        shift_patch(&gradient, CT_TILE_EXTENT, part->out_first, pass->zeros);
        pass->kernels->winograd_gradient(&gradient, part->out_count, part->d + t * pass->d_row, pass->d_plane);
    }
}

static void multiply_block(const weights_pass *pass, const chunk *part, int32_t count, int32_t add) {
    for (int32_t position = 0; position < CT_POSITIONS; position++) {
        const float *v = part->v + position * pass->v_plane, *d = part->d + position * pass->d_plane;
        float *sums = part->sums + position * pass->sum_plane;
        for (int32_t column = 0; column < part->out_count; column += CT_TILE_COLUMNS) {
            for (int32_t row = 0; row < part->in_count; row += CT_TILE_ROWS) {
                int32_t rows = (int32_t)ct_smaller(CT_TILE_ROWS, part->in_count - row);
                pass->kernels->tile_transposed(v + row, pass->v_row, d + column, pass->d_row,
                                               sums + row * (ptrdiff_t)pass->out + column, pass->out, rows, count, add);
            }
        }
    }
}

/// The 3 x 3 gradients of one input channel and 32 output channels.
static void store_gradient(const weights_pass *pass, int32_t i, int32_t first_out, const float *taps) {
    for (int32_t lane = 0; lane < CT_TILE_COLUMNS; lane++) {
        int64_t o = first_out + lane;
        float *target = ct_floats(pass->op->dweight) + (o * pass->op->in_channels + i) * 9;
        for (int32_t tap = 0; tap < 9; tap++) target[tap] = taps[tap * CT_TILE_COLUMNS + lane];
    }
}

static void finish_chunk(const weights_pass *pass, const chunk *part) {
    float taps[9 * CT_TILE_COLUMNS];
    for (int32_t column = 0; column < part->out_count; column += CT_TILE_COLUMNS) {
        for (int32_t row = 0; row < part->in_count; row++) {
            pass->kernels->winograd_weight_gradient(part->sums + row * (ptrdiff_t)pass->out + column, pass->sum_plane, taps);
            store_gradient(pass, part->in_first + row, part->out_first + column, taps);
        }
    }
}

static void weights_part(void *context, int32_t part, int32_t parts) {
    const weights_pass *pass = context;
    float *scratch = pass->scratch + part * scratch_floats(pass);
    chunk some = {.v = scratch, .d = scratch + CT_POSITIONS * pass->v_plane};
    some.sums = some.d + CT_POSITIONS * pass->d_plane;
    int64_t unit, end;
    ct_part_range((int64_t)pass->in_chunks * pass->out_chunks, part, parts, &unit, &end);
    for (; unit < end; unit++) {
        some.in_first = (int32_t)(unit / pass->out_chunks) * pass->in;
        some.out_first = (int32_t)(unit % pass->out_chunks) * pass->out;
        some.in_count = (int32_t)ct_smaller(pass->in, pass->op->in_channels - some.in_first);
        some.out_count = (int32_t)ct_smaller(pass->out, pass->op->out_channels - some.out_first);
        for (int64_t first = 0; first < pass->tiles.count; first += BLOCK) {
            int32_t count = (int32_t)ct_smaller(BLOCK, pass->tiles.count - first);
            transform_block(pass, &some, first, count);
            multiply_block(pass, &some, count, first > 0);
        }
        finish_chunk(pass, &some);
    }
}

void ct_winograd_backward_weights(ct_exec *exec, const ct_conv2d *op, int32_t batch) {
    weights_pass pass = pass_of(exec, op, batch);
    pass.x = ct_floats(op->x);
    pass.dy = ct_floats(op->dy);
    pass.zeros = exec->workspace;
    pass.scratch = pass.zeros + zeros_floats(op);
    memset(pass.zeros, 0, (size_t)zeros_floats(op) * sizeof(float));
    ct_pool_run(exec->pool, weights_part, &pass);
}

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
    /// Tiles that are summed before the sums are touched; of halves, as many as may be summed.
    BLOCK = 24,
    HALF_BLOCK = CT_GROUP,
    /// Bytes of transformed halves that are kept for all chunks rather than made anew for each: as much as the weights of
    /// the other passes take.
    KEPT_BYTES = 37 * 1024 * 1024,
};

typedef struct weights_pass {
    const ct_kernels *kernels;
    const ct_conv2d *op;
    ct_tiles tiles;
    const void *x, *dy;
    float *zeros, *scratch, *kept;
    /// Whether v and dm are halves (half_products.h), and tiles of a block.
    bool halves, keeps;
    int32_t block;
    int64_t blocks;
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
    pass.halves = ct_winograd_uses_halves(pass.kernels, op->format, op->in_channels, op->out_channels);
    pass.block = pass.halves ? HALF_BLOCK : BLOCK;
    pass.blocks = (pass.tiles.count + pass.block - 1) / pass.block;
    pass.out = chunk_of(op->out_channels, CHUNK_OUT, 1);
    pass.out_chunks = (op->out_channels + pass.out - 1) / pass.out;
    int32_t threads = ct_pool_threads(exec->pool);
    pass.in = chunk_of(op->in_channels, CHUNK_IN, (threads + pass.out_chunks - 1) / pass.out_chunks);
    pass.in_chunks = (op->in_channels + pass.in - 1) / pass.in;
    pass.v_row = ct_spread(pass.in, pass.halves);
    pass.d_row = ct_spread(pass.out, pass.halves);
    pass.v_plane = ct_plane(pass.block, (int32_t)pass.v_row, pass.halves);
    pass.d_plane = ct_plane(pass.block, (int32_t)pass.d_row, pass.halves);
    pass.sum_plane = ct_plane(pass.in, pass.out, false);
    return pass;
}


// Halves that are kept: the blocks of each chunk of inputs, then those of each chunk of gradients, each as floats for what
// undoes its scales and then the halves.

static int64_t kept_input_floats(const weights_pass *pass) { return CHUNK_IN + CT_POSITIONS * (int64_t)pass->v_plane / 2; }

static int64_t kept_gradient_floats(const weights_pass *pass) {
    return CT_GROUP + CT_POSITIONS * (int64_t)pass->d_plane / 2;
}

static int64_t kept_floats(const weights_pass *pass) {
    return pass->blocks * (pass->in_chunks * kept_input_floats(pass) + pass->out_chunks * kept_gradient_floats(pass));
}

/// Worth it where a block is used by more than one chunk.
static bool keeps_halves(const weights_pass *pass) {
    return pass->halves && pass->in_chunks * pass->out_chunks > 1
        && kept_floats(pass) * (int64_t)sizeof(float) <= KEPT_BYTES;
}

static float *kept_input(const weights_pass *pass, int64_t chunk, int64_t block) {
    return pass->kept + (chunk * pass->blocks + block) * kept_input_floats(pass);
}

static float *kept_gradient(const weights_pass *pass, int64_t chunk, int64_t block) {
    return kept_input(pass, pass->in_chunks, 0) + (chunk * pass->blocks + block) * kept_gradient_floats(pass);
}

int64_t ct_winograd_weights_workspace(const ct_exec *exec, const ct_conv2d *op, int32_t batch) {
    weights_pass pass = pass_of(exec, op, batch);
    int64_t scratch = zeros_floats(op) + ct_pool_threads(exec->pool) * scratch_floats(&pass);
    return (scratch + (keeps_halves(&pass) ? kept_floats(&pass) : 0)) * (int64_t)sizeof(float);
}

/// The 4 x 4 pixels of dy at a tile.
static ct_patch gradient_patch(const weights_pass *pass, int64_t index) {
    const ct_tiles *tiles = &pass->tiles;
    ct_tile_place place = ct_place_of_tile(tiles, index);
    int32_t pixel = pass->op->out_channels;
    ct_format format = pass->op->format;
    ct_patch patch = {.format = format, .pixel = pixel,
                      .end_column = (int32_t)ct_smaller(CT_TILE_EXTENT, tiles->out_width - place.column)};
    for (int32_t i = 0; i < CT_TILE_EXTENT; i++) {
        int32_t h = place.row + i;
        int64_t at = ((place.image * tiles->out_height + h) * tiles->out_width + place.column) * pixel;
        patch.rows[i] = h < tiles->out_height ? ct_at(pass->dy, format, at) : pass->zeros;
    }
    return patch;
}

static void shift_patch(ct_patch *patch, int32_t rows, int32_t channel, const float *zeros) {
    for (int32_t i = 0; i < rows; i++) {
        if (patch->rows[i] != zeros) patch->rows[i] = ct_at(patch->rows[i], patch->format, channel);
    }
}

typedef struct chunk {
    int32_t in_first, in_count, out_first, out_count;
    float *v, *d, *sums;
} chunk;

static ct_patch chunk_input(const weights_pass *pass, int32_t channel, int64_t index) {
    ct_patch patch = ct_input_patch(&pass->tiles, index, pass->op->format, pass->x, pass->op->in_channels, pass->zeros);
    shift_patch(&patch, CT_PATCH, channel, pass->zeros);
    return patch;
}

static ct_patch chunk_gradient(const weights_pass *pass, int32_t channel, int64_t index) {
    ct_patch patch = gradient_patch(pass, index);
    shift_patch(&patch, CT_TILE_EXTENT, channel, pass->zeros);
    return patch;
}

/// The largest exponent of 32 channels over the patches of a block: its products are summed over the tiles, so one scale
/// has to serve them all.
static uint32_t peak_of_block(uint32_t (*peak_of)(const ct_patch *, ptrdiff_t), const ct_patch *patches, int32_t count,
                              int32_t c) {
    uint32_t largest = 0;
    for (int32_t t = 0; t < count; t++) {
        uint32_t peak = peak_of(&patches[t], c);
        largest = peak > largest ? peak : largest;
    }
    return largest;
}

static int32_t tiles_of_block(const weights_pass *pass, int64_t block) {
    return (int32_t)ct_smaller(pass->block, pass->tiles.count - block * pass->block);
}

/// `channels` channels from `channel` of the inputs of a block as v; `unscale` gets what undoes the scale of each channel.
static void transform_half_inputs(const weights_pass *pass, int32_t channel, int32_t channels, int64_t block, _Float16 *v,
                                  float *unscale) {
    const ct_half_kernels *half = pass->kernels->half;
    ct_patch patches[HALF_BLOCK];
    int32_t count = tiles_of_block(pass, block);
    for (int32_t t = 0; t < count; t++) patches[t] = chunk_input(pass, channel, block * pass->block + t);
    for (int32_t c = 0; c < channels; c += CT_GROUP) {
        uint32_t peak = peak_of_block(half->input_peak, patches, count, c);
        for (int32_t i = 0; i < CT_GROUP; i++) unscale[c + i] = ct_half_unscale(peak);
        for (int32_t t = 0; t < count; t++) {
            half->input(&patches[t], c, ct_half_scale(peak), v + t * pass->v_row + c, pass->v_plane);
        }
    }
}

/// The same for gradients; `unscale` has one value a group.
static void transform_half_gradients(const weights_pass *pass, int32_t channel, int32_t channels, int64_t block,
                                     _Float16 *d, float *unscale) {
    const ct_half_kernels *half = pass->kernels->half;
    ct_patch patches[HALF_BLOCK];
    int32_t count = tiles_of_block(pass, block);
    for (int32_t t = 0; t < count; t++) patches[t] = chunk_gradient(pass, channel, block * pass->block + t);
    for (int32_t c = 0; c < channels; c += CT_GROUP) {
        uint32_t peak = peak_of_block(half->gradient_peak, patches, count, c);
        unscale[c / CT_GROUP] = ct_half_unscale(peak);
        for (int32_t t = 0; t < count; t++) {
            half->gradient(&patches[t], c, ct_half_scale(peak), d + t * pass->d_row + c, pass->d_plane);
        }
    }
}

/// `inputs` and `gradients` are blocks as they are kept: what undoes their scales, then the halves.
static void multiply_half_block(const weights_pass *pass, const chunk *part, const float *inputs, const float *gradients,
                                int32_t count, int32_t add) {
    for (int32_t position = 0; position < CT_POSITIONS; position++) {
        const _Float16 *v = (const _Float16 *)(inputs + CHUNK_IN) + position * pass->v_plane;
        const _Float16 *d = (const _Float16 *)(gradients + CT_GROUP) + position * pass->d_plane;
        float *sums = part->sums + position * pass->sum_plane;
        for (int32_t column = 0; column < part->out_count; column += CT_HALF_COLUMNS) {
            for (int32_t row = 0; row < part->in_count; row += CT_TILE_ROWS) {
                int32_t rows = (int32_t)ct_smaller(CT_TILE_ROWS, part->in_count - row);
                pass->kernels->half->tile_transposed(v + row, pass->v_row, inputs + row, d + column, pass->d_row,
                                                     gradients + column / CT_GROUP,
                                                     sums + row * (ptrdiff_t)pass->out + column, pass->out, rows, count,
                                                     add);
            }
        }
    }
}

static void transform_block(const weights_pass *pass, const chunk *part, int64_t first, int32_t count) {
    for (int32_t t = 0; t < count; t++) {
        ct_patch input = chunk_input(pass, part->in_first, first + t);
        ct_patch gradient = chunk_gradient(pass, part->out_first, first + t);
        pass->kernels->winograd_input(&input, part->in_count, part->v + t * pass->v_row, pass->v_plane);
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
        int64_t o = first_out + (pass->halves ? ct_half_channel(lane) : lane);
        float *target = ct_floats(pass->op->dweight) + (o * pass->op->in_channels + i) * 9;
        for (int32_t tap = 0; tap < 9; tap++) target[tap] = taps[tap * CT_TILE_COLUMNS + lane];
    }
}

static void finish_chunk(const weights_pass *pass, const chunk *part) {
    float taps[9 * CT_TILE_COLUMNS];
    for (int32_t column = 0; column < part->out_count; column += CT_TILE_COLUMNS) {
        for (int32_t row = 0; row < part->in_count; row++) {
            pass->kernels->winograd_weight_gradient(part->sums + row * (ptrdiff_t)pass->out + column, pass->sum_plane, taps);
            int32_t channel = pass->halves ? ct_half_channel(row) : row;
            store_gradient(pass, part->in_first + channel, part->out_first + column, taps);
        }
    }
}

static chunk chunk_of_unit(const weights_pass *pass, int64_t unit, float *scratch) {
    chunk part = {.v = scratch, .d = scratch + CT_POSITIONS * pass->v_plane};
    part.sums = part.d + CT_POSITIONS * pass->d_plane;
    part.in_first = (int32_t)(unit / pass->out_chunks) * pass->in;
    part.out_first = (int32_t)(unit % pass->out_chunks) * pass->out;
    part.in_count = (int32_t)ct_smaller(pass->in, pass->op->in_channels - part.in_first);
    part.out_count = (int32_t)ct_smaller(pass->out, pass->op->out_channels - part.out_first);
    return part;
}

static void sum_block(const weights_pass *pass, const chunk *part, int64_t block) {
    int32_t count = tiles_of_block(pass, block);
    transform_block(pass, part, block * pass->block, count);
    multiply_block(pass, part, count, block > 0);
}

static void sum_half_block(const weights_pass *pass, const chunk *part, int64_t block) {
    float *inputs = part->v, *gradients = part->d;
    if (pass->keeps) {
        inputs = kept_input(pass, part->in_first / pass->in, block);
        gradients = kept_gradient(pass, part->out_first / pass->out, block);
    } else {
        transform_half_inputs(pass, part->in_first, part->in_count, block, (_Float16 *)(inputs + CHUNK_IN), inputs);
        transform_half_gradients(pass, part->out_first, part->out_count, block, (_Float16 *)(gradients + CT_GROUP),
                                 gradients);
    }
    multiply_half_block(pass, part, inputs, gradients, tiles_of_block(pass, block), block > 0);
}

static void keep_part(void *context, int32_t part, int32_t parts) {
    const weights_pass *pass = context;
    int64_t unit, end, inputs = pass->in_chunks * pass->blocks;
    ct_part_range(inputs + pass->out_chunks * pass->blocks, part, parts, &unit, &end);
    for (; unit < end; unit++) {
        int64_t index = unit < inputs ? unit : unit - inputs, block = index % pass->blocks, chunk = index / pass->blocks;
        if (unit < inputs) {
            int32_t first = (int32_t)chunk * pass->in, count = (int32_t)ct_smaller(pass->in, pass->op->in_channels - first);
            float *kept = kept_input(pass, chunk, block);
            transform_half_inputs(pass, first, count, block, (_Float16 *)(kept + CHUNK_IN), kept);
        } else {
            int32_t first = (int32_t)chunk * pass->out;
            int32_t count = (int32_t)ct_smaller(pass->out, pass->op->out_channels - first);
            float *kept = kept_gradient(pass, chunk, block);
            transform_half_gradients(pass, first, count, block, (_Float16 *)(kept + CT_GROUP), kept);
        }
    }
}

static void weights_part(void *context, int32_t part, int32_t parts) {
    const weights_pass *pass = context;
    int64_t unit, end;
    ct_part_range((int64_t)pass->in_chunks * pass->out_chunks, part, parts, &unit, &end);
    for (; unit < end; unit++) {
        chunk some = chunk_of_unit(pass, unit, pass->scratch + part * scratch_floats(pass));
        for (int64_t block = 0; block < pass->blocks; block++) {
            (pass->halves ? sum_half_block : sum_block)(pass, &some, block);
        }
        finish_chunk(pass, &some);
    }
}

void ct_winograd_backward_weights(ct_exec *exec, const ct_conv2d *op, int32_t batch) {
    weights_pass pass = pass_of(exec, op, batch);
    pass.x = ct_address(op->x);
    pass.dy = ct_address(op->dy);
    pass.zeros = exec->workspace;
    pass.scratch = pass.zeros + zeros_floats(op);
    pass.kept = pass.scratch + ct_pool_threads(exec->pool) * scratch_floats(&pass);
    pass.keeps = keeps_halves(&pass);
    memset(pass.zeros, 0, (size_t)zeros_floats(op) * sizeof(float));
    if (pass.keeps) ct_pool_run(exec->pool, keep_part, &pass);
    ct_pool_run(exec->pool, weights_part, &pass);
}

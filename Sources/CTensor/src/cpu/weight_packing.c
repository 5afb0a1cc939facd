#include "weight_packing.h"

#include "kernels.h"

/// Input channels that are moved at once, so that both sides stay in the first-level cache.
enum { BLOCK = 16 };

typedef struct packing {
    const ct_weights *shape;
    const float *source;
    float *target;
    const int32_t *order;
    int32_t count;
} packing;

static int32_t panels_of(int32_t channels) { return (channels + CT_TILE_COLUMNS - 1) / CT_TILE_COLUMNS; }

static void pack_forward_lane(const ct_weights *shape, const float *row, int32_t begin, int32_t end, float *lane) {
    for (int32_t i = begin; i < end; i++) {
        for (int32_t tap = 0; tap < shape->taps; tap++) {
            lane[((int64_t)tap * shape->in_channels + i) * CT_TILE_COLUMNS] = row ? row[(int64_t)i * shape->taps + tap] : 0;
        }
    }
}

static void pack_forward_part(void *context, int32_t part, int32_t parts) {
    const packing *work = context;
    const ct_weights *shape = work->shape;
    int64_t row_floats = (int64_t)shape->in_channels * shape->taps;
    int64_t panel, end;
    ct_part_range(panels_of(shape->out_channels), part, parts, &panel, &end);
    for (; panel < end; panel++) {
        float *target = work->target + panel * row_floats * CT_TILE_COLUMNS;
        for (int32_t i = 0; i < shape->in_channels; i += BLOCK) {
            int32_t last = (int32_t)ct_smaller(i + BLOCK, shape->in_channels);
            for (int32_t lane = 0; lane < CT_TILE_COLUMNS; lane++) {
                int64_t o = panel * CT_TILE_COLUMNS + lane;
                const float *row = o < shape->out_channels ? work->source + o * row_floats : NULL;
                pack_forward_lane(shape, row, i, last, target + lane);
            }
        }
    }
}

void ct_pack_forward(ct_exec *exec, const ct_weights *shape, const float *weight, float *packed) {
    packing work = {.shape = shape, .source = weight, .target = packed};
    ct_pool_run(exec->pool, pack_forward_part, &work);
}

static void pack_backward_row(const packing *work, const float *row, int64_t panel, float *target) {
    int64_t first = panel * CT_TILE_COLUMNS;
    for (int32_t lane = 0; lane < CT_TILE_COLUMNS; lane++) {
        int64_t i = first + lane;
        target[lane] = i < work->shape->in_channels ? row[i * work->shape->taps] : 0;
    }
}

static void pack_backward_part(void *context, int32_t part, int32_t parts) {
    const packing *work = context;
    const ct_weights *shape = work->shape;
    int64_t depth = (int64_t)work->count * shape->out_channels;
    int64_t panel, end;
    ct_part_range(panels_of(shape->in_channels), part, parts, &panel, &end);
    for (; panel < end; panel++) {
        float *target = work->target + panel * depth * CT_TILE_COLUMNS;
        for (int64_t o = 0; o < shape->out_channels; o++) {
            const float *row = work->source + o * shape->in_channels * shape->taps;
            for (int32_t t = 0; t < work->count; t++) {
                pack_backward_row(work, row + work->order[t], panel,
                                  target + ((int64_t)t * shape->out_channels + o) * CT_TILE_COLUMNS);
            }
        }
    }
}

void ct_pack_backward(ct_exec *exec, const ct_weights *shape, const float *weight, const int32_t *order, int32_t count,
                      float *packed) {
    packing work = {.shape = shape, .source = weight, .target = packed, .order = order, .count = count};
    ct_pool_run(exec->pool, pack_backward_part, &work);
}

static void unpack_row(const packing *work, int64_t o, int32_t begin, int32_t end) {
    const ct_weights *shape = work->shape;
    int64_t stride = ct_round_up(shape->out_channels, CT_TILE_COLUMNS);
    int64_t column = shape->halves ? ct_half_place((int32_t)o) : o;
    float *row = work->target + o * shape->in_channels * shape->taps;
    for (int32_t i = begin; i < end; i++) {
        for (int32_t tap = 0; tap < shape->taps; tap++) {
            int64_t from = (int64_t)tap * shape->in_channels + (shape->halves ? ct_half_place(i) : i);
            row[(int64_t)i * shape->taps + tap] = work->source[from * stride + column];
        }
    }
}

static void unpack_part(void *context, int32_t part, int32_t parts) {
    const packing *work = context;
    const ct_weights *shape = work->shape;
    int64_t panel, end;
    ct_part_range(panels_of(shape->out_channels), part, parts, &panel, &end);
    for (; panel < end; panel++) {
        int64_t last = ct_smaller((panel + 1) * CT_TILE_COLUMNS, shape->out_channels);
        for (int32_t i = 0; i < shape->in_channels; i += BLOCK) {
            int32_t some = (int32_t)ct_smaller(i + BLOCK, shape->in_channels);
            for (int64_t o = panel * CT_TILE_COLUMNS; o < last; o++) unpack_row(work, o, i, some);
        }
    }
}

void ct_unpack_gradient(ct_exec *exec, const ct_weights *shape, const float *result, float *weight) {
    packing work = {.shape = shape, .source = result, .target = weight};
    ct_pool_run(exec->pool, unpack_part, &work);
}

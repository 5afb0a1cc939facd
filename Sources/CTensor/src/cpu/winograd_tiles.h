/// Where the tiles of a Winograd pass lie in their tensors.
#ifndef CT_WINOGRAD_TILES_H
#define CT_WINOGRAD_TILES_H

#include "kernels.h"

enum {
    CT_PATCH = 6,
    CT_TILE_EXTENT = 4,
    CT_POSITIONS = CT_PATCH * CT_PATCH,
};

/// The tiles of a convolution of images of `in_height` x `in_width` to `out_height` x `out_width` pixels.
typedef struct ct_tiles {
    int32_t in_height, in_width, out_height, out_width, padding;
    int32_t rows, columns;
    int64_t count;
} ct_tiles;

static inline ct_tiles ct_tiles_of(int32_t in_height, int32_t in_width, int32_t padding, int32_t batch) {
    ct_tiles tiles = {.in_height = in_height, .in_width = in_width, .padding = padding,
                      .out_height = in_height + 2 * padding - 2, .out_width = in_width + 2 * padding - 2};
    tiles.rows = (tiles.out_height + CT_TILE_EXTENT - 1) / CT_TILE_EXTENT;
    tiles.columns = (tiles.out_width + CT_TILE_EXTENT - 1) / CT_TILE_EXTENT;
    tiles.count = (int64_t)batch * tiles.rows * tiles.columns;
    return tiles;
}

static inline ct_tiles ct_tiles_forward(const ct_conv2d *op, int32_t batch) {
    return ct_tiles_of(op->in_height, op->in_width, op->padding, batch);
}

/// The gradient of the input is the convolution of dy with the weights turned round.
static inline ct_tiles ct_tiles_backward(const ct_conv2d *op, int32_t batch) {
    return ct_tiles_of(ct_conv_out_height(op), ct_conv_out_width(op), 2 - op->padding, batch);
}

/// Values from row to row, and from plane to plane, so that neither is a multiple of the caches' periods: a cache line
/// more, which is 16 floats or 32 halves.
static inline int32_t ct_spread(int32_t channels, bool halves) { return channels + (halves ? 32 : 16); }

static inline ptrdiff_t ct_plane(int32_t rows, int32_t row, bool halves) {
    return (ptrdiff_t)rows * row + (halves ? 32 : 16);
}

typedef struct ct_tile_place {
    int64_t image;
    int32_t row, column;
} ct_tile_place;

static inline ct_tile_place ct_place_of_tile(const ct_tiles *tiles, int64_t index) {
    int64_t per_image = (int64_t)tiles->rows * tiles->columns, inside = index % per_image;
    return (ct_tile_place){.image = index / per_image, .row = (int32_t)(inside / tiles->columns) * CT_TILE_EXTENT,
                           .column = (int32_t)(inside % tiles->columns) * CT_TILE_EXTENT};
}

/// The 6 x 6 pixels that tile `index` reads from x, of which pixels have `pixel` channels. Rows outside the image are
/// `zeros`: six pixels of zeros.
static inline ct_patch ct_input_patch(const ct_tiles *tiles, int64_t index, ct_format format, const void *x,
                                      int32_t pixel, const float *zeros) {
    ct_tile_place place = ct_place_of_tile(tiles, index);
    int32_t top = place.row - tiles->padding, left = place.column - tiles->padding;
    ct_patch patch = {.format = format, .pixel = pixel, .first_column = (int32_t)ct_larger(0, -left),
                      .end_column = (int32_t)ct_smaller(CT_PATCH, tiles->in_width - left)};
    for (int32_t i = 0; i < CT_PATCH; i++) {
        int32_t h = top + i, w = left + patch.first_column;
        int64_t at = ((place.image * tiles->in_height + h) * tiles->in_width + w) * pixel;
        patch.rows[i] = h >= 0 && h < tiles->in_height ? ct_at(x, format, at) : zeros;
    }
    return patch;
}

/// The pixels of tile `index` that lie inside y, which have `pixel` channels.
static inline ct_tile_target ct_output_target(const ct_tiles *tiles, int64_t index, int32_t pixel) {
    ct_tile_place place = ct_place_of_tile(tiles, index);
    int64_t first = (place.image * tiles->out_height + place.row) * tiles->out_width + place.column;
    return (ct_tile_target){.at = first * pixel, .row = (ptrdiff_t)tiles->out_width * pixel, .pixel = pixel,
                            .rows = (int32_t)ct_smaller(CT_TILE_EXTENT, tiles->out_height - place.row),
                            .columns = (int32_t)ct_smaller(CT_TILE_EXTENT, tiles->out_width - place.column)};
}

/// Scratch bytes of the pass for weights (winograd_weights.c).
int64_t ct_winograd_weights_workspace(const ct_exec *exec, const ct_conv2d *op, int32_t batch);

#endif

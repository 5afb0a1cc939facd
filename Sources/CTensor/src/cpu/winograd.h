/// Convolutions of 3 x 3 taps and stride 1 by Winograd's minimal filtering F(4x4, 3x3) (Lavin & Gray 2015): 36 products
/// for 16 outputs where the definition needs 144. Values move in tiles of 4 x 4 outputs; for each of the 36 positions of a
/// transformed tile there is one matrix product of tiles x channels with channels x channels.
///
/// Tiles are numbered (image, tile row, tile column). They are transformed in blocks that stay in the second-level
/// cache: v as [36][tiles][in], the products m as [36][tiles][out], the weights u as [36][out / 32][in][32].
#ifndef CT_WINOGRAD_H
#define CT_WINOGRAD_H

#include "kernels.h"

/// Whether these functions can do `op`: 3 x 3 taps, stride 1, both numbers of channels multiples of 32.
bool ct_winograd_fits(const ct_conv2d *op);

/// Whether a pass from `in` to `out` channels multiplies halves (half_products.h).
bool ct_winograd_uses_halves(const ct_kernels *kernels, ct_format format, int32_t in, int32_t out);

/// Scratch bytes of all passes for all threads.
int64_t ct_winograd_workspace(const ct_exec *exec, const ct_conv2d *op, int32_t batch);

/// Tiles of a forward pass: with few, the larger weights do not pay.
int64_t ct_winograd_tiles(const ct_conv2d *op, int32_t batch);

/// Floats of transformed weights, in either direction.
int64_t ct_winograd_weight_floats(const ct_conv2d *op);

/// u from weight [out, in, 3, 3], for forward passes.
void ct_winograd_transform_weights(ct_exec *exec, const ct_conv2d *op, const float *weight, float *u);

/// A forward pass with weights that were transformed before, and its scratch bytes. Reads x and y of the operation.
int64_t ct_winograd_forward_workspace(const ct_exec *exec, const ct_conv2d *op, int32_t batch);
void ct_winograd_forward_prepared(ct_exec *exec, const ct_conv2d *op, int32_t batch, const float *u,
                                  const ct_epilogue *epilogue);

void ct_winograd_forward(ct_exec *exec, const ct_conv2d *op, int32_t batch);
void ct_winograd_backward_data(ct_exec *exec, const ct_conv2d *op, int32_t batch);
void ct_winograd_backward_weights(ct_exec *exec, const ct_conv2d *op, int32_t batch);

#endif

/// The operations, each as one value that names its shape and all operands of its forward and backward passes.
///
/// Activations are NHWC, in the operation's `format`: element (n, h, w, c) of a tensor is at
/// ((n * height + h) * width + w) * channels + c.
/// Weights are f32 in PyTorch's layouts: convolutions O, I, kernel row, kernel column; linear layers out, in.
/// A pass needs only its own operands; the others may be views without a buffer. "Adds" below means that the pass adds
/// to what the destination holds when the operation's `accumulate_*` field is not 0, and overwrites it otherwise.
#ifndef CT_OPS_H
#define CT_OPS_H

#include <stdint.h>

#include "ct_tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Convolution with square kernel (1 to 7), zero padding, no bias, no groups.
///   forward:          y[n,oh,ow,o] = sum over i,r,s of
///                     x[n, oh*stride+r-padding, ow*stride+s-padding, i] * weight[o,i,r,s]
///                     and, where `moments` [2, out_channels] is given, mean and biased variance of y over n, oh, ow
///   backward data:    dx from dy and weight; adds
///   backward weights: dweight from x and dy; overwrites
typedef struct ct_conv2d {
    int32_t in_height, in_width, in_channels, out_channels, kernel, stride, padding;
    int32_t accumulate_dx;
    /// Of x, y and their gradients.
    ct_format format;
    ct_view x, weight, y;
    /// Optional.
    ct_view moments;
    ct_view dx, dweight, dy;
} ct_conv2d;

/// Batch normalisation over n, h, w (Ioffe & Szegedy 2015), with the residual sum and the ReLU that usually follow it:
///   y = relu?((x - mean) / sqrt(variance + epsilon) * gamma + beta + residual?)
///   forward train: statistics of the batch (biased variance), kept in `saved` [2, channels] as mean and 1/sqrt(variance
///                  + epsilon); running = (1 - momentum) * running + momentum * batch, with the unbiased variance.
///                  They are taken from `moments` [2, channels], mean and biased variance of x, where that is given
///   forward eval:  statistics are the running ones
///   forward again: y from `saved`, with nothing else touched: for a caller that did not keep y
///   backward:      from x, dy, saved, gamma, beta, and y where there is a residual: dx, dgamma and dbeta overwrite,
///                  dresidual adds. dx or dresidual may lie where dy lies
typedef struct ct_batch_norm {
    int32_t height, width, channels;
    float epsilon, momentum;
    int32_t relu;
    int32_t accumulate_dresidual;
    /// Of x, y, the residual and their gradients.
    ct_format format;
    ct_view x, gamma, beta, running_mean, running_variance, saved, y;
    /// Optional: without a buffer nothing is added.
    ct_view residual;
    /// Optional.
    ct_view moments;
    ct_view dx, dgamma, dbeta, dy;
    /// In the backward pass: given exactly when the forward pass had a residual.
    ct_view dresidual;
} ct_batch_norm;

/// Convolution with the batch normalisation behind it folded into its weights, for inference:
///   y = relu?((conv(x) - running_mean) / sqrt(running_variance + epsilon) * gamma + beta + residual?)
///   prepare: `prepared` from weight to running_variance, in a form of the backend's own, which suits `max_batch`;
///            its size is `ct_folded_conv2d_bytes`
///   forward: y from x, `prepared` and the optional residual; all of them f32
typedef struct ct_folded_conv2d {
    int32_t in_height, in_width, in_channels, out_channels, kernel, stride, padding;
    int32_t max_batch;
    float epsilon;
    int32_t relu;
    ct_view weight, gamma, beta, running_mean, running_variance;
    ct_view prepared;
    ct_view x, y, residual;
} ct_folded_conv2d;

/// y = max(x, 0) over `elements` per image. Backward: dx = dy where y > 0, else 0; adds.
typedef struct ct_relu {
    int32_t elements;
    int32_t accumulate_dx;
    ct_format format;
    ct_view x, y, dx, dy;
} ct_relu;

/// Maximum over windows of `size` x `size`, side by side: output (height / size) x (width / size), rows and columns left
/// over are not read. Backward gives dy to the first element of the window, in row order, that equals y; overwrites.
typedef struct ct_max_pool {
    int32_t height, width, channels, size;
    ct_format format;
    ct_view x, y, dx, dy;
} ct_max_pool;

/// y[n, c] = mean over h, w of x[n, h, w, c]. Backward: dx = dy / (height * width); overwrites.
typedef struct ct_average_pool {
    int32_t height, width, channels;
    ct_format format;
    ct_view x, y, dx, dy;
} ct_average_pool;

/// y[n, o] = sum over i of x[n, i] * weight[o, i] + bias[o]
///   backward data: dx adds.   backward weights: dweight and dbias overwrite.
typedef struct ct_linear {
    int32_t in_features, out_features;
    int32_t accumulate_dx;
    /// Of x and dx, and of y and dy.
    ct_format format, result_format;
    ct_view x, weight, bias, y;
    ct_view dx, dweight, dbias, dy;
} ct_linear;

/// Mean over the batch of the cross entropy of softmax(logits) against (1 - smoothing) * onehot + smoothing / classes.
/// `labels` is i32 [batch], each in 0..<classes (the caller's duty); `loss` is one f32.
/// One pass writes `loss` and `dlogits`, the gradient of that mean.
typedef struct ct_cross_entropy {
    int32_t classes;
    float smoothing;
    /// Of logits and dlogits.
    ct_format format;
    ct_view logits, labels, loss, dlogits;
} ct_cross_entropy;

/// Images from bytes: `rows` is u8 [batch, channels, height, width] (planes, as CIFAR's rows are), `y` NHWC.
///   y[n, h, w, c] = (rows[n, c, h + dy, (flip ? width - 1 - w : w) + dx] / 255 - mean[c]) / deviation[c]
/// `placement` is i32 [batch, 3] = (dy, dx, flip); without a buffer all are 0. A source pixel outside the image is 0
/// before normalisation. Up to 4 channels.
/// Then y is 0 in the square of `cutout_size` pixels (DeVries & Taylor 2017) whose first row and column stand in `cutout`,
/// i32 [batch, 2]; it may lie partly outside the image, and without a buffer there is none.
typedef struct ct_image_input {
    int32_t channels, height, width;
    int32_t cutout_size;
    /// Of y.
    ct_format format;
    float mean[4], deviation[4];
    ct_view rows, placement, cutout, y;
} ct_image_input;

/// SGD over a flat range, as torch.optim.SGD (dampening 0):
///   g = gradient + weight_decay * parameter;  velocity = momentum * velocity + g
///   parameter -= lr * (nesterov ? g + momentum * velocity : velocity)
/// `hyper` is f32 [4]: lr, and three unused.
typedef struct ct_sgd {
    int64_t elements;
    float momentum, weight_decay;
    int32_t nesterov;
    ct_view parameter, gradient, velocity, hyper;
} ct_sgd;

/// AdamW over a flat range, as torch.optim.AdamW (Loshchilov & Hutter 2019):
///   parameter *= 1 - lr * weight_decay;  m = beta1 * m + (1 - beta1) * g;  v = beta2 * v + (1 - beta2) * g * g
///   parameter -= lr / correction1 * m / (sqrt(v) / correction2 + epsilon)
/// `hyper` is f32 [4]: lr, correction1 = 1 - beta1^t, correction2 = sqrt(1 - beta2^t), and one unused.
typedef struct ct_adamw {
    int64_t elements;
    /// Doubles, as PyTorch's are: 1 - 0.999 in f32 is off by 5e-5.
    double beta1, beta2;
    float epsilon, weight_decay;
    ct_view parameter, gradient, first_moment, second_moment, hyper;
} ct_adamw;

#ifdef __cplusplus
}
#endif

#endif

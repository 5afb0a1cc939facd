/// The loops of batch normalisation. All of them wait for memory: what counts is how often each tensor is read.
///
/// Reductions over rows sum short runs in float and fold them into double, so that the error does not grow with the
/// number of rows.

enum {
    ROWS_PER_FOLD = 64,
    /// Vectors of channels that a reduction works on at once.
    FOLD_VECTORS = 64 / CT_LANES,
};

/// Up to CT_LANES values; the rest is 0.
static inline vector load_some(const float *from, int32_t count) {
    if (count >= CT_LANES) return load(from);
    vector result = {0};
    for (int32_t lane = 0; lane < count; lane++) result[lane] = from[lane];
    return result;
}

static inline void store_some(float *to, vector value, int32_t count) {
    if (count >= CT_LANES) {
        store(to, value);
        return;
    }
    for (int32_t lane = 0; lane < count; lane++) to[lane] = value[lane];
}

static void fold(const vector *sum, const vector *other, int32_t count, int32_t channels, double *sums) {
    for (int32_t c = 0; c < count; c++) {
        sums[c] += (double)sum[c / CT_LANES][c % CT_LANES];
        sums[channels + c] += (double)other[c / CT_LANES][c % CT_LANES];
    }
}

static void moments_of_block(const float *x, const float *pivot, int64_t rows, int32_t channels, int32_t count,
                             double *sums) {
    vector sum[FOLD_VECTORS] = {0}, square[FOLD_VECTORS] = {0};
    for (int64_t row = 0; row < rows; row++) {
        for (int32_t c = 0; c < count; c += CT_LANES) {
            vector centred = load_some(x + row * channels + c, count - c) - load_some(pivot + c, count - c);
            sum[c / CT_LANES] += centred;
            square[c / CT_LANES] += centred * centred;
        }
    }
    fold(sum, square, count, channels, sums);
}

static void moments(const float *x, const float *pivot, int64_t rows, int32_t channels, double *sums) {
    for (int64_t row = 0; row < rows; row += ROWS_PER_FOLD) {
        int64_t some = ct_smaller(ROWS_PER_FOLD, rows - row);
        for (int32_t c = 0; c < channels; c += CT_CHANNEL_BLOCK) {
            int32_t count = (int32_t)ct_smaller(CT_CHANNEL_BLOCK, channels - c);
            moments_of_block(x + row * channels + c, pivot + c, some, channels, count, sums + c);
        }
    }
}

static void partial_moments(const float *y, ptrdiff_t stride, int32_t rows, int32_t count, float *partial,
                            int32_t channels) {
    for (int32_t c = 0; c < count; c += CT_LANES) {
        vector pivot = load_some(y + c, count - c), sum = {0}, square = {0};
        for (int32_t row = 0; row < rows; row++) {
            vector centred = load_some(y + row * stride + c, count - c) - pivot;
            sum += centred;
            square += centred * centred;
        }
        store_some(partial + c, pivot, count - c);
        store_some(partial + channels + c, sum, count - c);
        store_some(partial + 2 * (int64_t)channels + c, square, count - c);
    }
}

static void scale_shift(const float *restrict x, const float *restrict scale, const float *restrict shift,
                        const float *restrict residual, int32_t relu, float *restrict y, int64_t rows, int32_t channels) {
    float least = relu ? 0 : -INFINITY;
    for (int64_t row = 0; row < rows; row++) {
        int64_t at = row * channels;
        if (residual) {
            for (int32_t c = 0; c < channels; c++) {
                float value = x[at + c] * scale[c] + shift[c] + residual[at + c];
                y[at + c] = value < least ? least : value;
            }
        } else {
            for (int32_t c = 0; c < channels; c++) {
                float value = x[at + c] * scale[c] + shift[c];
                y[at + c] = value < least ? least : value;
            }
        }
    }
}

/// dy behind the ReLU, for the channels from `c` of the row at `at`. `mask` is a constant at each call.
static inline __attribute__((always_inline)) vector masked_gradient(const ct_norm_gradient *in, ct_mask mask, vector x,
                                                                    int64_t at, int32_t c, int32_t count) {
    vector dy = load_some(in->dy + at, count);
    if (mask == CT_MASK_NONE) return dy;
    vector seen = mask == CT_MASK_Y ? load_some(in->y + at, count)
        : x * load_some(in->scale + c, count) + load_some(in->shift + c, count);
    return (vector)((integers)dy & (seen > (vector){0}));
}

static inline __attribute__((always_inline)) void gradient_moments_of_block(const ct_norm_gradient *in, ct_mask mask,
                                                                            int64_t first, int64_t rows, int32_t channel,
                                                                            int32_t count, double *sums) {
    vector sum[FOLD_VECTORS] = {0}, product[FOLD_VECTORS] = {0};
    for (int64_t row = first; row < first + rows; row++) {
        for (int32_t c = 0; c < count; c += CT_LANES) {
            int64_t at = row * in->channels + channel + c;
            vector x = load_some(in->x + at, count - c);
            vector gradient = masked_gradient(in, mask, x, at, channel + c, count - c);
            sum[c / CT_LANES] += gradient;
            product[c / CT_LANES] += gradient * (x - load_some(in->mean + channel + c, count - c));
        }
    }
    fold(sum, product, count, in->channels, sums + channel);
}

static void gradient_moments(const ct_norm_gradient *in, int64_t begin, int64_t end, double *sums) {
    for (int64_t row = begin; row < end; row += ROWS_PER_FOLD) {
        int64_t some = ct_smaller(ROWS_PER_FOLD, end - row);
        for (int32_t c = 0; c < in->channels; c += CT_CHANNEL_BLOCK) {
            int32_t count = (int32_t)ct_smaller(CT_CHANNEL_BLOCK, in->channels - c);
            switch (in->mask) {
            case CT_MASK_NONE: gradient_moments_of_block(in, CT_MASK_NONE, row, some, c, count, sums); break;
            case CT_MASK_Y: gradient_moments_of_block(in, CT_MASK_Y, row, some, c, count, sums); break;
            case CT_MASK_X: gradient_moments_of_block(in, CT_MASK_X, row, some, c, count, sums); break;
            }
        }
    }
}

static inline __attribute__((always_inline)) void input_gradient_of_row(const ct_norm_gradient *in, ct_mask mask,
                                                                        int64_t row) {
    const float *of_gradient = in->factors, *of_x = of_gradient + in->channels, *constant = of_x + in->channels;
    for (int32_t c = 0; c < in->channels; c += CT_LANES) {
        int32_t count = in->channels - c;
        int64_t at = row * in->channels + c;
        vector x = load_some(in->x + at, count);
        vector gradient = masked_gradient(in, mask, x, at, c, count);
        if (in->dresidual) {
            float *target = in->dresidual + at;
            store_some(target, in->add_residual ? load_some(target, count) + gradient : gradient, count);
        }
        vector dx = load_some(of_gradient + c, count) * gradient + load_some(of_x + c, count) * x;
        store_some(in->dx + at, dx + load_some(constant + c, count), count);
    }
}

static void input_gradient(const ct_norm_gradient *in, int64_t begin, int64_t end) {
    switch (in->mask) {
    case CT_MASK_NONE:
        for (int64_t row = begin; row < end; row++) input_gradient_of_row(in, CT_MASK_NONE, row);
        break;
    case CT_MASK_Y:
        for (int64_t row = begin; row < end; row++) input_gradient_of_row(in, CT_MASK_Y, row);
        break;
    case CT_MASK_X:
        for (int64_t row = begin; row < end; row++) input_gradient_of_row(in, CT_MASK_X, row);
        break;
    }
}

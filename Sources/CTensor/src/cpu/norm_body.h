/// The loops of batch normalisation. All of them wait for memory: what counts is how often each tensor is read.
///
/// Reductions over rows sum short runs in float and fold them into double, so that the error does not grow with the
/// number of rows.

enum {
    ROWS_PER_FOLD = 64,
    /// Vectors of channels that a reduction works on at once.
    FOLD_VECTORS = 64 / CT_LANES,
};

static void fold(const vector *sum, const vector *other, int32_t count, int32_t channels, double *sums) {
    for (int32_t c = 0; c < count; c++) {
        sums[c] += (double)sum[c / CT_LANES][c % CT_LANES];
        sums[channels + c] += (double)other[c / CT_LANES][c % CT_LANES];
    }
}

INLINE void moments_of_block(ct_format format, const void *x, int64_t first, const float *pivot, int64_t rows,
                             int32_t channels, int32_t count,
                             double *sums) {
    vector sum[FOLD_VECTORS] = {0}, square[FOLD_VECTORS] = {0};
    for (int64_t row = 0; row < rows; row++) {
        for (int32_t c = 0; c < count; c += CT_LANES) {
            vector centred = fetch_some(format, x, first + row * channels + c, count - c) - load_some(pivot + c, count - c);
            sum[c / CT_LANES] += centred;
            square[c / CT_LANES] += centred * centred;
        }
    }
    fold(sum, square, count, channels, sums);
}

INLINE void moments_as(ct_format format, const void *x, const float *pivot, int64_t rows, int32_t channels, double *sums) {
    for (int64_t row = 0; row < rows; row += ROWS_PER_FOLD) {
        int64_t some = ct_smaller(ROWS_PER_FOLD, rows - row);
        for (int32_t c = 0; c < channels; c += CT_CHANNEL_BLOCK) {
            int32_t count = (int32_t)ct_smaller(CT_CHANNEL_BLOCK, channels - c);
            moments_of_block(format, x, row * channels + c, pivot + c, some, channels, count, sums + c);
        }
    }
}

static void moments(const void *x, ct_format format, const float *pivot, int64_t rows, int32_t channels, double *sums) {
    BY_FORMAT(format, moments_as, x, pivot, rows, channels, sums);
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

/// `with_residual` and `relu` are constants at each call.
INLINE void scale_shift_rows(ct_format format, bool with_residual, bool relu, const void *x, const float *scale,
                             const float *shift, const void *residual, void *y, int64_t rows, int32_t channels) {
    for (int64_t row = 0; row < rows; row++) {
        int64_t at = row * channels;
        for (int32_t c = 0; c < channels; c += CT_LANES) {
            int32_t some = channels - c;
            vector value = fetch_some(format, x, at + c, some) * load_some(scale + c, some) + load_some(shift + c, some);
            if (with_residual) value += fetch_some(format, residual, at + c, some);
            put_some(format, y, at + c, relu ? rectified(value) : value, some);
        }
    }
}

INLINE void scale_shift_as(ct_format format, const void *x, const float *scale, const float *shift, const void *residual,
                           int32_t relu, void *y, int64_t rows, int32_t channels) {
    if (residual && relu) {
        scale_shift_rows(format, true, true, x, scale, shift, residual, y, rows, channels);
    } else if (residual) {
        scale_shift_rows(format, true, false, x, scale, shift, residual, y, rows, channels);
    } else if (relu) {
        scale_shift_rows(format, false, true, x, scale, shift, residual, y, rows, channels);
    } else {
        scale_shift_rows(format, false, false, x, scale, shift, residual, y, rows, channels);
    }
}

static void scale_shift(const void *x, const float *scale, const float *shift, const void *residual, int32_t relu,
                        ct_format format, void *y, int64_t rows, int32_t channels) {
    BY_FORMAT(format, scale_shift_as, x, scale, shift, residual, relu, y, rows, channels);
}

/// dy behind the ReLU, for the channels from `c` of the row at `at`. `mask` is a constant at each call.
INLINE vector masked_gradient(ct_format format, const ct_norm_gradient *in, ct_mask mask, vector x, int64_t at, int32_t c,
                              int32_t count) {
    vector dy = fetch_some(format, in->dy, at, count);
    if (mask == CT_MASK_NONE) return dy;
    vector seen = mask == CT_MASK_Y ? fetch_some(format, in->y, at, count)
        : x * load_some(in->scale + c, count) + load_some(in->shift + c, count);
    return (vector)((integers)dy & (seen > (vector){0}));
}

INLINE void gradient_moments_of_block(ct_format format, const ct_norm_gradient *in, ct_mask mask, int64_t first,
                                      int64_t rows, int32_t channel, int32_t count, double *sums) {
    vector sum[FOLD_VECTORS] = {0}, product[FOLD_VECTORS] = {0};
    for (int64_t row = first; row < first + rows; row++) {
        for (int32_t c = 0; c < count; c += CT_LANES) {
            int64_t at = row * in->channels + channel + c;
            vector x = fetch_some(format, in->x, at, count - c);
            vector gradient = masked_gradient(format, in, mask, x, at, channel + c, count - c);
            sum[c / CT_LANES] += gradient;
            product[c / CT_LANES] += gradient * (x - load_some(in->mean + channel + c, count - c));
        }
    }
    fold(sum, product, count, in->channels, sums + channel);
}

INLINE void gradient_moments_as(ct_format format, const ct_norm_gradient *in, int64_t begin, int64_t end, double *sums) {
    for (int64_t row = begin; row < end; row += ROWS_PER_FOLD) {
        int64_t some = ct_smaller(ROWS_PER_FOLD, end - row);
        for (int32_t c = 0; c < in->channels; c += CT_CHANNEL_BLOCK) {
            int32_t count = (int32_t)ct_smaller(CT_CHANNEL_BLOCK, in->channels - c);
            switch (in->mask) {
            case CT_MASK_NONE: gradient_moments_of_block(format, in, CT_MASK_NONE, row, some, c, count, sums); break;
            case CT_MASK_Y: gradient_moments_of_block(format, in, CT_MASK_Y, row, some, c, count, sums); break;
            case CT_MASK_X: gradient_moments_of_block(format, in, CT_MASK_X, row, some, c, count, sums); break;
            }
        }
    }
}

static void gradient_moments(const ct_norm_gradient *in, int64_t begin, int64_t end, double *sums) {
    BY_FORMAT(in->format, gradient_moments_as, in, begin, end, sums);
}

INLINE void input_gradient_of_row(ct_format format, const ct_norm_gradient *in, ct_mask mask, int64_t row) {
    const float *of_gradient = in->factors, *of_x = of_gradient + in->channels, *constant = of_x + in->channels;
    for (int32_t c = 0; c < in->channels; c += CT_LANES) {
        int32_t count = in->channels - c;
        int64_t at = row * in->channels + c;
        vector x = fetch_some(format, in->x, at, count);
        vector gradient = masked_gradient(format, in, mask, x, at, c, count);
        if (in->dresidual) {
            vector sum = in->add_residual ? fetch_some(format, in->dresidual, at, count) + gradient : gradient;
            put_some(format, in->dresidual, at, sum, count);
        }
        vector dx = load_some(of_gradient + c, count) * gradient + load_some(of_x + c, count) * x;
        put_some(format, in->dx, at, dx + load_some(constant + c, count), count);
    }
}

INLINE void input_gradient_as(ct_format format, const ct_norm_gradient *in, int64_t begin, int64_t end) {
    switch (in->mask) {
    case CT_MASK_NONE:
        for (int64_t row = begin; row < end; row++) input_gradient_of_row(format, in, CT_MASK_NONE, row);
        break;
    case CT_MASK_Y:
        for (int64_t row = begin; row < end; row++) input_gradient_of_row(format, in, CT_MASK_Y, row);
        break;
    case CT_MASK_X:
        for (int64_t row = begin; row < end; row++) input_gradient_of_row(format, in, CT_MASK_X, row);
        break;
    }
}

static void input_gradient(const ct_norm_gradient *in, int64_t begin, int64_t end) {
    BY_FORMAT(in->format, input_gradient_as, in, begin, end);
}

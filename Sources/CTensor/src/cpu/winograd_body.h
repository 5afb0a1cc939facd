/// The transforms of F(4x4, 3x3) (winograd.h), one vector of channels at a time. With d the 6 x 6 patch that a tile
/// reads, g the 3 x 3 weights and m the 6 x 6 products:
///
///   v = B' d B    u = G g G'    y = A' m A        forward; backward data is the same with the weights turned round
///   dm = A dy A'  dg = G' (sum of v * dm) G       backward weights: the adjoint of the above
///
///        1/4    0    0          4  0 -5  0  1  0
///       -1/6 -1/6 -1/6          0 -4 -4  1  1  0          1  1  1  1  1  0
///   G = -1/6  1/6 -1/6     B' = 0  4 -4 -1  1  0     A' = 0  1 -1  2 -2  0
///       1/24 1/12  1/6          0 -2 -1  2  1  0          0  1  1  4  4  0
///       1/24 -1/12 1/6          0  2 -1 -2  1  0          0  1 -1  8 -8  1
///         0    0    1           0  4  0 -5  0  1

enum { PATCH = 6, TILE = 4, TAPS = 3 };

/// max(value, 0), which keeps what is not a number.
static inline vector rectified(vector value) { return (vector)((integers)value & ~(value < (vector){0})); }

/// to = B' d for one line of six.
static inline void input_line(const vector *d, ptrdiff_t step, vector *to, ptrdiff_t to_step) {
    vector d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step], d5 = d[5 * step];
    vector even = d4 - 4 * d2, odd = d3 - 4 * d1, even2 = d4 - d2, odd2 = 2 * (d3 - d1);
    to[0] = 4 * d0 - 5 * d2 + d4;
    to[to_step] = even + odd;
    to[2 * to_step] = even - odd;
    to[3 * to_step] = even2 + odd2;
    to[4 * to_step] = even2 - odd2;
    to[5 * to_step] = 4 * d1 - 5 * d3 + d5;
}

/// to = A' m for one line of six.
static inline void output_line(const vector *m, ptrdiff_t step, vector *to, ptrdiff_t to_step) {
    vector sum1 = m[step] + m[2 * step], difference1 = m[step] - m[2 * step];
    vector sum2 = m[3 * step] + m[4 * step], difference2 = m[3 * step] - m[4 * step];
    to[0] = m[0] + sum1 + sum2;
    to[to_step] = difference1 + 2 * difference2;
    to[2 * to_step] = sum1 + 4 * sum2;
    to[3 * to_step] = difference1 + 8 * difference2 + m[5 * step];
}

/// to = A dy for one line of four.
static inline void gradient_line(const vector *dy, ptrdiff_t step, vector *to, ptrdiff_t to_step) {
    vector d0 = dy[0], d1 = dy[step], d2 = dy[2 * step], d3 = dy[3 * step];
    vector even = d0 + d2, odd = d1 + d3, even2 = d0 + 4 * d2, odd2 = 2 * d1 + 8 * d3;
    to[0] = d0;
    to[to_step] = even + odd;
    to[2 * to_step] = even - odd;
    to[3 * to_step] = even2 + odd2;
    to[4 * to_step] = even2 - odd2;
    to[5 * to_step] = d3;
}

/// to = G g for one line of three.
static inline void weight_line(const vector *g, ptrdiff_t step, vector *to, ptrdiff_t to_step) {
    vector g0 = g[0], g1 = g[step], g2 = g[2 * step];
    vector outer = (g0 + g2) * (-1.0F / 6), inner = g1 * (1.0F / 6);
    vector outer2 = g0 * (1.0F / 24) + g2 * (1.0F / 6), inner2 = g1 * (1.0F / 12);
    to[0] = g0 * 0.25F;
    to[to_step] = outer - inner;
    to[2 * to_step] = outer + inner;
    to[3 * to_step] = outer2 + inner2;
    to[4 * to_step] = outer2 - inner2;
    to[5 * to_step] = g2;
}

/// to = G' u for one line of six.
static inline void weight_gradient_line(const vector *u, ptrdiff_t step, vector *to, ptrdiff_t to_step) {
    vector sum1 = u[step] + u[2 * step], difference1 = u[2 * step] - u[step];
    vector sum2 = u[3 * step] + u[4 * step], difference2 = u[3 * step] - u[4 * step];
    to[0] = 0.25F * u[0] - (1.0F / 6) * sum1 + (1.0F / 24) * sum2;
    to[to_step] = (1.0F / 6) * difference1 + (1.0F / 12) * difference2;
    to[2 * to_step] = (sum2 - sum1) * (1.0F / 6) + u[5 * step];
}

static void winograd_input(const ct_patch *patch, int32_t channels, float *v, ptrdiff_t plane) {
    int32_t begin = patch->first_column, end = patch->end_column;
    for (int32_t c = 0; c < channels; c += CT_LANES) {
        vector d[PATCH], half[PATCH * PATCH], line[PATCH];
        for (int32_t j = 0; j < PATCH; j++) {
            if (j >= begin && j < end) {
                ptrdiff_t at = (ptrdiff_t)(j - begin) * patch->pixel + c;
                for (int32_t i = 0; i < PATCH; i++) d[i] = load(patch->rows[i] + at);
                input_line(d, 1, half + j, PATCH);
            } else {
                for (int32_t i = 0; i < PATCH; i++) half[i * PATCH + j] = (vector){0};
            }
        }
        for (int32_t i = 0; i < PATCH; i++) {
            input_line(half + i * PATCH, 1, line, 1);
            for (int32_t j = 0; j < PATCH; j++) store(v + (i * PATCH + j) * plane + c, line[j]);
        }
    }
}

static void winograd_gradient(const ct_patch *patch, int32_t channels, float *v, ptrdiff_t plane) {
    for (int32_t c = 0; c < channels; c += CT_LANES) {
        vector d[TILE], half[PATCH * TILE], line[PATCH];
        for (int32_t j = 0; j < TILE; j++) {
            bool inside = j < patch->end_column;
            for (int32_t i = 0; i < TILE; i++) {
                d[i] = inside ? load(patch->rows[i] + (ptrdiff_t)j * patch->pixel + c) : (vector){0};
            }
            gradient_line(d, 1, half + j, TILE);
        }
        for (int32_t i = 0; i < PATCH; i++) {
            gradient_line(half + i * TILE, 1, line, 1);
            for (int32_t j = 0; j < PATCH; j++) store(v + (i * PATCH + j) * plane + c, line[j]);
        }
    }
}

/// y of one tile for one vector of channels.
static inline void tile_result(const float *m, ptrdiff_t plane, vector *y) {
    vector half[TILE * PATCH], column[PATCH];
    for (int32_t j = 0; j < PATCH; j++) {
        for (int32_t i = 0; i < PATCH; i++) column[i] = load(m + (i * PATCH + j) * plane);
        output_line(column, 1, half + j, PATCH);
    }
    for (int32_t i = 0; i < TILE; i++) output_line(half + i * PATCH, 1, y + i * TILE, 1);
}

/// Sums of y - pivot and of its square over the pixels inside the image, for the channels from `c`.
static inline void add_moments(const vector *y, const ct_tile_target *to, int32_t c) {
    bool first = to->first_of_moments;
    ptrdiff_t channels = to->moments_step;
    float *sums = to->moments + c;
    vector pivot = first ? y[0] : load(sums), sum = {0}, square = {0};
    for (int32_t i = 0; i < to->rows; i++) {
        for (int32_t j = 0; j < to->columns; j++) {
            vector centred = y[i * TILE + j] - pivot;
            sum += centred;
            square += centred * centred;
        }
    }
    store(sums, pivot);
    store(sums + channels, first ? sum : load(sums + channels) + sum);
    store(sums + 2 * channels, first ? square : load(sums + 2 * channels) + square);
}

static void winograd_output(const float *m, ptrdiff_t plane, int32_t channels, const ct_tile_target *to) {
    for (int32_t c = 0; c < channels; c += CT_LANES) {
        vector y[TILE * TILE];
        tile_result(m + c, plane, y);
        if (to->moments) add_moments(y, to, c);
        for (int32_t i = 0; i < to->rows; i++) {
            for (int32_t j = 0; j < to->columns; j++) {
                float *target = to->y + i * to->row + j * to->pixel + c;
                vector value = y[i * TILE + j];
                if (to->bias) value += load(to->bias + c);
                if (to->residual) value += load(to->residual + i * to->row + j * to->pixel + c);
                if (to->relu) value = rectified(value);
                store(target, to->add ? load(target) + value : value);
            }
        }
    }
}

/// 32 columns of u for one row of the right operand, from taps[9][32].
static void winograd_weights(const float *taps, float *u, ptrdiff_t plane) {
    for (int32_t c = 0; c < CT_TILE_COLUMNS; c += CT_LANES) {
        vector g[TAPS], half[PATCH * TAPS], line[PATCH];
        for (int32_t j = 0; j < TAPS; j++) {
            for (int32_t i = 0; i < TAPS; i++) g[i] = load(taps + (i * TAPS + j) * CT_TILE_COLUMNS + c);
            weight_line(g, 1, half + j, TAPS);
        }
        for (int32_t i = 0; i < PATCH; i++) {
            weight_line(half + i * TAPS, 1, line, 1);
            for (int32_t j = 0; j < PATCH; j++) store(u + (i * PATCH + j) * plane + c, line[j]);
        }
    }
}

/// taps[9][32] of the gradient, from 32 columns of the summed products.
static void winograd_weight_gradient(const float *u, ptrdiff_t plane, float *taps) {
    for (int32_t c = 0; c < CT_TILE_COLUMNS; c += CT_LANES) {
        vector column[PATCH], half[TAPS * PATCH], line[TAPS];
        for (int32_t j = 0; j < PATCH; j++) {
            for (int32_t i = 0; i < PATCH; i++) column[i] = load(u + (i * PATCH + j) * plane + c);
            weight_gradient_line(column, 1, half + j, PATCH);
        }
        for (int32_t i = 0; i < TAPS; i++) {
            weight_gradient_line(half + i * PATCH, 1, line, 1);
            for (int32_t j = 0; j < TAPS; j++) store(taps + (i * TAPS + j) * CT_TILE_COLUMNS + c, line[j]);
        }
    }
}

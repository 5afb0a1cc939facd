/// The transforms of F(4x4, 3x3) (winograd.h), one vector of channels at a time. With d the 6 x 6 patch that a tile
/// reads, g the 3 x 3 weights and m the 6 x 6 products:
///
///   v = B' d B    u = G g G'    y = A' m A        forward; backward data is the same with the weights turned round
///   dm = A dy A'  dg = G' (sum of v * dm) G       backward weights: the adjoint of the above
///
/// They interpolate at the points 0, +-a, +-b and infinity; a = sqrt(1/2) and b = sqrt(2) lose the least digits: the
/// rounding of m reaches the worst output enlarged by 7, at the usual points 1 and 2 by 31 (root mean square, for noise).
///
///          1    0    0          1   0 -5/2   0   1  0
///       -2/3 -2a/3 -1/3         0 -2a  -2    a   1  0        1  1    1   1   1  0
///   G = -2/3  2a/3 -1/3    B' = 0  2a  -2   -a   1  0   A' = 0  a   -a   b  -b  0
///        1/6  b/6  1/3          0 -b/2 -1/2  b   1  0        0 1/2  1/2  2   2  0
///        1/6 -b/6  1/3          0  b/2 -1/2 -b   1  0        0 a/2 -a/2  2b -2b 1
///          0    0    1          0   1   0  -5/2  0  1

enum { PATCH = 6, TILE = 4, TAPS = 3 };

#define POINT_A 0.707106781F
#define POINT_B 1.41421356F

/// to = B' d for one line of six.
static inline void input_line(const vector *d, ptrdiff_t step, vector *to, ptrdiff_t to_step) {
    vector d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step], d5 = d[5 * step];
    vector even = d4 - 2 * d2, odd = POINT_A * (d3 - 2 * d1);
    vector even2 = d4 - 0.5F * d2, odd2 = POINT_B * (d3 - 0.5F * d1);
    to[0] = d0 - 2.5F * d2 + d4;
    to[to_step] = even + odd;
    to[2 * to_step] = even - odd;
    to[3 * to_step] = even2 + odd2;
    to[4 * to_step] = even2 - odd2;
    to[5 * to_step] = d1 - 2.5F * d3 + d5;
}

/// to = A' m for one line of six.
static inline void output_line(const vector *m, ptrdiff_t step, vector *to, ptrdiff_t to_step) {
    vector sum1 = m[step] + m[2 * step], difference1 = m[step] - m[2 * step];
    vector sum2 = m[3 * step] + m[4 * step], difference2 = m[3 * step] - m[4 * step];
    to[0] = m[0] + sum1 + sum2;
    to[to_step] = POINT_A * difference1 + POINT_B * difference2;
    to[2 * to_step] = 0.5F * sum1 + 2 * sum2;
    to[3 * to_step] = POINT_A / 2 * difference1 + 2 * POINT_B * difference2 + m[5 * step];
}

/// to = A dy for one line of four.
static inline void gradient_line(const vector *dy, ptrdiff_t step, vector *to, ptrdiff_t to_step) {
    vector d0 = dy[0], d1 = dy[step], d2 = dy[2 * step], d3 = dy[3 * step];
    vector even = d0 + 0.5F * d2, odd = POINT_A * (d1 + 0.5F * d3);
    vector even2 = d0 + 2 * d2, odd2 = POINT_B * (d1 + 2 * d3);
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
    vector outer = g0 * (-2.0F / 3) - g2 * (1.0F / 3), inner = g1 * (2 * POINT_A / 3);
    vector outer2 = g0 * (1.0F / 6) + g2 * (1.0F / 3), inner2 = g1 * (POINT_B / 6);
    to[0] = g0;
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
    to[0] = u[0] - (2.0F / 3) * sum1 + (1.0F / 6) * sum2;
    to[to_step] = (2 * POINT_A / 3) * difference1 + (POINT_B / 6) * difference2;
    to[2 * to_step] = (sum2 - sum1) * (1.0F / 3) + u[5 * step];
}

INLINE void winograd_input_as(ct_format format, const ct_patch *patch, int32_t channels, float *v, ptrdiff_t plane) {
    int32_t begin = patch->first_column, end = patch->end_column;
    for (int32_t c = 0; c < channels; c += CT_LANES) {
        vector d[PATCH], half[PATCH * PATCH], line[PATCH];
        for (int32_t j = 0; j < PATCH; j++) {
            if (j >= begin && j < end) {
                ptrdiff_t at = (ptrdiff_t)(j - begin) * patch->pixel + c;
                for (int32_t i = 0; i < PATCH; i++) d[i] = fetch(format, patch->rows[i], at);
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

static void winograd_input(const ct_patch *patch, int32_t channels, float *v, ptrdiff_t plane) {
    BY_FORMAT(patch->format, winograd_input_as, patch, channels, v, plane);
}

INLINE void winograd_gradient_as(ct_format format, const ct_patch *patch, int32_t channels, float *v, ptrdiff_t plane) {
    for (int32_t c = 0; c < channels; c += CT_LANES) {
        vector d[TILE], half[PATCH * TILE], line[PATCH];
        for (int32_t j = 0; j < TILE; j++) {
            bool inside = j < patch->end_column;
            for (int32_t i = 0; i < TILE; i++) {
                d[i] = inside ? fetch(format, patch->rows[i], (ptrdiff_t)j * patch->pixel + c) : (vector){0};
            }
            gradient_line(d, 1, half + j, TILE);
        }
        for (int32_t i = 0; i < PATCH; i++) {
            gradient_line(half + i * TILE, 1, line, 1);
            for (int32_t j = 0; j < PATCH; j++) store(v + (i * PATCH + j) * plane + c, line[j]);
        }
    }
}

static void winograd_gradient(const ct_patch *patch, int32_t channels, float *v, ptrdiff_t plane) {
    BY_FORMAT(patch->format, winograd_gradient_as, patch, channels, v, plane);
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

INLINE void winograd_output_as(ct_format format, const float *m, ptrdiff_t plane, int32_t channels,
                               const ct_tile_target *to) {
    for (int32_t c = 0; c < channels; c += CT_LANES) {
        vector y[TILE * TILE];
        tile_result(m + c, plane, y);
        if (to->moments) add_moments(y, to, c);
        for (int32_t i = 0; i < to->rows; i++) {
            for (int32_t j = 0; j < to->columns; j++) {
                ptrdiff_t at = to->at + i * to->row + j * to->pixel + c;
                vector value = y[i * TILE + j];
                if (to->bias) value += load(to->bias + c);
                if (to->residual) value += load(to->residual + at);
                if (to->relu) value = rectified(value);
                put(format, to->y, at, to->add ? fetch(format, to->y, at) + value : value);
            }
        }
    }
}

static void winograd_output(const float *m, ptrdiff_t plane, int32_t channels, const ct_tile_target *to) {
    BY_FORMAT(to->format, winograd_output_as, m, plane, channels, to);
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

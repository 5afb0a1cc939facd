#include "output_moments.h"

/// Channels that are worked on at once.
enum { BLOCK = 32 };

/// Sums over the pieces of rows * mean.
static double add_means(const float *partials, int64_t count, int32_t channels, int32_t first, int32_t some, double *sums) {
    double rows = 0;
    for (int64_t piece = 0; piece < count; piece++) {
        const float *partial = partials + piece * ct_partial_moments_floats(channels), *pivot = partial + first;
        double own = partial[3 * (int64_t)channels];
        rows += own;
        for (int32_t c = 0; c < some; c++) sums[c] += own * pivot[c] + pivot[channels + c];
    }
    return rows;
}

/// Sums over the pieces of their squared distances from `mean`.
static void add_squares(const float *partials, int64_t count, int32_t channels, int32_t first, int32_t some,
                        const double *mean, double *squares) {
    for (int64_t piece = 0; piece < count; piece++) {
        const float *partial = partials + piece * ct_partial_moments_floats(channels), *pivot = partial + first;
        double own = partial[3 * (int64_t)channels];
        for (int32_t c = 0; c < some; c++) {
            double sum = pivot[channels + c], inside = pivot[2 * channels + c] - sum * sum / own;
            double distance = pivot[c] + sum / own - mean[c];
            squares[c] += inside + own * distance * distance;
        }
    }
}

void ct_combine_moments(const float *partials, int64_t count, int32_t channels, float *moments) {
    for (int32_t first = 0; first < channels; first += BLOCK) {
        double mean[BLOCK] = {0}, squares[BLOCK] = {0};
        int32_t some = (int32_t)ct_smaller(BLOCK, channels - first);
        double rows = add_means(partials, count, channels, first, some, mean);
        for (int32_t c = 0; c < some; c++) mean[c] /= rows;
        add_squares(partials, count, channels, first, some, mean, squares);
        for (int32_t c = 0; c < some; c++) {
            moments[first + c] = (float)mean[c];
            moments[channels + first + c] = (float)(squares[c] > 0 ? squares[c] / rows : 0);
        }
    }
}

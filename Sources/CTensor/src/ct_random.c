/// Normal values by the ziggurat of Marsaglia & Tsang (2000): 128 layers of equal area under the density, of which all but
/// one in 70 draws take one random number, a multiplication and a comparison. The index and the value come from different
/// bits of it, which the paper's own code does not do (Doornik 2005).
#include "ct_random.h"

#include <math.h>
#include <stdlib.h>

#define LAYERS 128
/// Where the tail begins, and the area of a layer.
#define TAIL 3.442619855899
#define AREA 9.91256303526217e-3

typedef struct ziggurat {
    /// Draws below it lie wholly inside the layer.
    uint32_t inside[LAYERS];
    /// From a draw to its value.
    double scale[LAYERS];
    double density[LAYERS];
} ziggurat;

static void prepare(ziggurat *table) {
    const double range = 2147483648.0;
    double edge = TAIL, outer = TAIL, base = AREA / exp(-0.5 * TAIL * TAIL);
    table->inside[0] = (uint32_t)(TAIL / base * range);
    table->inside[1] = 0;
    table->scale[0] = base / range;
    table->scale[LAYERS - 1] = TAIL / range;
    table->density[0] = 1;
    table->density[LAYERS - 1] = exp(-0.5 * TAIL * TAIL);
    for (int layer = LAYERS - 2; layer >= 1; layer--) {
        edge = sqrt(-2 * log(AREA / edge + exp(-0.5 * edge * edge)));
        table->inside[layer + 1] = (uint32_t)(edge / outer * range);
        outer = edge;
        table->density[layer] = exp(-0.5 * edge * edge);
        table->scale[layer] = edge / range;
    }
}

static uint64_t next(uint64_t *state) {
    uint64_t mixed = *state += 0x9E3779B97F4A7C15u;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
    return mixed ^ (mixed >> 31);
}

/// In (0, 1].
static double uniform(uint64_t *state) { return (double)((next(state) >> 11) + 1) * 0x1p-53; }

/// A value beyond `TAIL` (Marsaglia 1964).
static double tail(uint64_t *state) {
    double x, y;
    do {
        x = -log(uniform(state)) / TAIL;
        y = -log(uniform(state));
    } while (y + y < x * x);
    return TAIL + x;
}

static double normal(const ziggurat *table, uint64_t *state) {
    for (;;) {
        uint64_t bits = next(state);
        int32_t draw = (int32_t)(bits >> 32);
        int layer = (int)(bits & (LAYERS - 1));
        double value = draw * table->scale[layer];
        if ((uint32_t)llabs((long long)draw) < table->inside[layer]) return value;
        if (layer == 0) return draw < 0 ? -tail(state) : tail(state);
        double height = table->density[layer] + uniform(state) * (table->density[layer - 1] - table->density[layer]);
        if (height < exp(-0.5 * value * value)) return value;
    }
}

void ct_random_normal(float *values, int64_t count, uint64_t state, float deviation) {
    ziggurat table;
    prepare(&table);
    for (int64_t i = 0; i < count; i++) values[i] = (float)(normal(&table, &state) * deviation);
}

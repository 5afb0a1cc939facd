/// Values in either format as vectors of f32. `format` is a constant at each call: the kernels exist once per format.

#define INLINE static inline __attribute__((always_inline))

/// `body`, which takes the format first, with a constant.
#define BY_FORMAT(format, body, ...)       \
    do {                                   \
        if ((format) == CT_BF16) {         \
            body(CT_BF16, __VA_ARGS__);    \
        } else {                           \
            body(CT_F32, __VA_ARGS__);     \
        }                                  \
    } while (0)

/// max(value, 0), which keeps what is not a number.
INLINE vector rectified(vector value) { return (vector)((integers)value & ~(value < (vector){0})); }

/// Up to CT_LANES values; the rest is 0.
INLINE vector load_some(const float *from, int64_t count) {
    if (count >= CT_LANES) return load(from);
    vector result = {0};
    for (int32_t lane = 0; lane < count; lane++) result[lane] = from[lane];
    return result;
}

INLINE void store_some(float *to, vector value, int64_t count) {
    if (count >= CT_LANES) {
        store(to, value);
        return;
    }
    for (int32_t lane = 0; lane < count; lane++) to[lane] = value[lane];
}

INLINE vector fetch(ct_format format, const void *from, int64_t at) {
    if (format == CT_F32) return load((const float *)from + at);
    halves raw = *(const halves *)((const uint16_t *)from + at);
    return (vector)(__builtin_convertvector(raw, words) << 16);
}

/// To nearest even; what is not a number stays so.
#ifdef CT_ROUNDS_IN_HARDWARE
/// Values below 2^-126 become 0.
INLINE halves rounded(vector value) {
    __m256bh result = _mm512_cvtneps_pbh((__m512)value);
    halves bits;
    memcpy(&bits, &result, sizeof bits);
    return bits;
}
#else
INLINE halves rounded(vector value) {
    words bits = (words)value, number = (words)(value == value);
    words near = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16, quiet = bits >> 16 | 0x40;
    return __builtin_convertvector((near & number) | (quiet & ~number), halves);
}
#endif

INLINE void put(ct_format format, void *to, int64_t at, vector value) {
    if (format == CT_F32) {
        store((float *)to + at, value);
    } else {
        *(halves *)((uint16_t *)to + at) = rounded(value);
    }
}

INLINE vector fetch_some(ct_format format, const void *from, int64_t at, int64_t count) {
    if (count >= CT_LANES) return fetch(format, from, at);
    vector result = {0};
    for (int32_t lane = 0; lane < count; lane++) result[lane] = ct_get(from, format, at + lane);
    return result;
}

INLINE void put_some(ct_format format, void *to, int64_t at, vector value, int64_t count) {
    if (count >= CT_LANES) {
        put(format, to, at, value);
        return;
    }
    for (int32_t lane = 0; lane < count; lane++) ct_put(to, format, at + lane, value[lane]);
}

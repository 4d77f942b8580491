#pragma OPENCL FP_CONTRACT OFF

#ifndef __has_builtin
#define __has_builtin(x) 0
#endif
#if defined(STREAM) && __has_builtin(__builtin_nontemporal_store)
#define STORE(value, place) __builtin_nontemporal_store(value, place)
#else
#define STORE(value, place) *(place) = (value)
#endif

/* Rounds halves to even and leaves the integer in the low bits: 1.5 * 2**23. */
#define SHIFT 12582912.0f

/* Calls `item` for the elements of this work item, one by one or VECTOR at a time. */
#define FOR_MY_ELEMENTS(single, sixteen)                                                   \
  const size_t me = get_global_id(0);                                                      \
  const size_t head = min(size, (size_t)((64 - ((size_t)y & 63)) & 63) / sizeof(*y));      \
  const size_t vectors = (size - head) / 16;                                               \
  if (me < vectors) {                                                                      \
    const size_t i = head + 16 * me;                                                       \
    sixteen;                                                                               \
  } else {                                                                                 \
    const size_t lonely = me - vectors;                                                    \
    const size_t i = lonely < head ? lonely : lonely + 16 * vectors;                       \
    if (i < size) { single; }                                                              \
  }

/* A NaN is not below `highest` and becomes it. */
char encode(float x, float inverse, float lowest, float highest, int zero_point) {
  float v = x * inverse;
  v = v < highest ? v : highest;
  v = v > lowest ? v : lowest;
  return convert_char(as_int(v + SHIFT) - as_int(SHIFT) + zero_point);
}

uchar16 encode16(float16 x, float inverse, float lowest, float highest, int zero_point) {
  float16 v = x * inverse;
  v = select((float16)(highest), v, isless(v, (float16)(highest)));
  v = select((float16)(lowest), v, isgreater(v, (float16)(lowest)));
  return convert_uchar16(as_int16(v + SHIFT)) + (uchar16)((uchar)zero_point);
}

__kernel void quantize(__global const float *x, __global char *y, const ulong n,
                       const float inverse, const float lowest, const float highest,
                       const int zero_point) {
  const size_t size = n;
  FOR_MY_ELEMENTS(
      y[i] = encode(x[i], inverse, lowest, highest, zero_point),
      STORE(encode16(vload16(0, x + i), inverse, lowest, highest, zero_point),
            (__global uchar16 *)(y + i)))
}

__kernel void dequantize(__global const char *x, __global float *y, const ulong n,
                         const float scale, const float zero_point) {
  const size_t size = n;
  FOR_MY_ELEMENTS(
      y[i] = (convert_float(x[i]) - zero_point) * scale,
      STORE((convert_float16(vload16(0, x + i)) - zero_point) * scale,
            (__global float16 *)(y + i)))
}

/* `bias` holds both zero points and the half. */
__kernel void requantize(__global const char *x, __global char *y, const ulong n,
                         const int factor, const int bias) {
  const size_t size = n;
  FOR_MY_ELEMENTS(
      y[i] = convert_char_sat((x[i] * factor + bias) >> 8),
      STORE(convert_char16_sat((convert_int16(vload16(0, x + i)) * factor + bias) >> 8),
            (__global char16 *)(y + i)))
}

/* By a table of 256 codes, and another one for the last elements from `tail` on. */
__kernel void look_up(__global const uchar *x, __global char *y, const ulong n,
                      __global const char *table, const ulong tail) {
  const size_t i = get_global_id(0);
  if (i < n) y[i] = table[x[i] + (i < tail ? 0 : 256)];
}

/* Where the device sees its two buffers. */
__kernel void places(__global const char *x, __global char *y, __global ulong *result) {
  result[0] = (ulong)(size_t)x;
  result[1] = (ulong)(size_t)y;
}

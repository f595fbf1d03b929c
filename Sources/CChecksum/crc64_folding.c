#include "CChecksum.h"
#include "crc64_internal.h"

// CRC by folding, after Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ
// Instruction" (Intel, 2009), in the reflected form.
//
// A 16-byte block, loaded as it lies, is the polynomial X = L * x^64 + H: L its low and H its high
// word, each with bit i as x^(63 - i). Moving it D bits on is X * x^D = L * x^(D + 64) + H * x^D,
// two carry-less products with the constants x^(D + 64) mod P and x^D mod P. The product of two
// reflected words has its last coefficient in bit 126, not 127, so a register holds it times x:
// each constant therefore is one power less. They are computed at start, not written down here.

#if defined(__x86_64__)

#include <immintrin.h>

#define FOLDING __attribute__((target("pclmul,sse4.1")))
#define DOUBLE_FOLDING __attribute__((target("pclmul,sse4.1,avx2,vpclmulqdq")))
#define WIDE_FOLDING __attribute__((target("pclmul,sse4.1,avx512f,vpclmulqdq")))

enum { lanes = 8, block = 16, stride = lanes * block };
enum { double_lanes = 8, double_block = 2 * block, double_stride = double_lanes * double_block };
enum { wide_lanes = 4, wide_block = 4 * block, wide_stride = wide_lanes * wide_block };

/// {x^(D + 63), x^(D - 1)} mod P, for D = what the name says.
static uint64_t stride_constants[2];
static uint64_t block_constants[2];
static uint64_t double_stride_constants[2];
static uint64_t double_block_constants[2];
static uint64_t wide_stride_constants[2];
static uint64_t wide_block_constants[2];

static void prepare(uint64_t constants[2], unsigned distance) {
  constants[0] = osbatch_crc64_power_of_x(distance + 63);
  constants[1] = osbatch_crc64_power_of_x(distance - 1);
}

bool osbatch_crc64_has_folding(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
}

bool osbatch_crc64_has_double_folding(void) {
  return osbatch_crc64_has_folding() && __builtin_cpu_supports("avx2")
         && __builtin_cpu_supports("vpclmulqdq");
}

bool osbatch_crc64_has_wide_folding(void) {
  return osbatch_crc64_has_folding() && __builtin_cpu_supports("avx512f")
         && __builtin_cpu_supports("vpclmulqdq");
}

void osbatch_crc64_prepare_folding(void) {
  prepare(stride_constants, stride * 8);
  prepare(block_constants, block * 8);
  prepare(double_stride_constants, double_stride * 8);
  prepare(double_block_constants, double_block * 8);
  prepare(wide_stride_constants, wide_stride * 8);
  prepare(wide_block_constants, wide_block * 8);
}

FOLDING static inline __m128i load(const void *bytes) { return _mm_loadu_si128(bytes); }

FOLDING static inline __m128i fold(__m128i value, __m128i constants, __m128i next) {
  __m128i low = _mm_clmulepi64_si128(value, constants, 0x00);
  __m128i high = _mm_clmulepi64_si128(value, constants, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

/// Brings the message, which begins with `rest` and goes on with `count` bytes, to its value.
FOLDING static uint64_t finish(__m128i rest, const uint8_t *next, size_t count) {
  __m128i constants = load(block_constants);
  for (; count >= block; count -= block, next += block) {
    rest = fold(rest, constants, load(next));
  }
  // What is left is a 16-byte message with the same remainder; a zero register is the value ~0.
  uint8_t message[block];
  _mm_storeu_si128((__m128i *)message, rest);
  uint64_t reduced = osbatch_crc64_update_tables(~(uint64_t)0, message, block);
  return osbatch_crc64_update_tables(reduced, next, count);
}

FOLDING uint64_t osbatch_crc64_update_folding(uint64_t value, const void *bytes, size_t count) {
  if (count < stride) return osbatch_crc64_update_tables(value, bytes, count);
  const uint8_t *next = bytes;
  __m128i lane[lanes];
  for (int i = 0; i < lanes; i++) lane[i] = load(next + i * block);
  lane[0] = _mm_xor_si128(lane[0], _mm_cvtsi64_si128((long long)~value));
  next += stride;
  count -= stride;

  __m128i constants = load(stride_constants);
  for (; count >= stride; count -= stride, next += stride) {
    for (int i = 0; i < lanes; i++) {
      lane[i] = fold(lane[i], constants, load(next + i * block));
    }
  }
  constants = load(block_constants);
  __m128i rest = lane[0];
  for (int i = 1; i < lanes; i++) rest = fold(rest, constants, lane[i]);
  return finish(rest, next, count);
}

DOUBLE_FOLDING static inline __m256i double_load(const void *bytes) {
  return _mm256_loadu_si256(bytes);
}

DOUBLE_FOLDING static inline __m256i double_constants(const uint64_t constants[2]) {
  return _mm256_broadcastsi128_si256(load(constants));
}

DOUBLE_FOLDING static inline __m256i double_fold(__m256i value, __m256i constants, __m256i next) {
  __m256i low = _mm256_clmulepi64_epi128(value, constants, 0x00);
  __m256i high = _mm256_clmulepi64_epi128(value, constants, 0x11);
  return _mm256_xor_si256(_mm256_xor_si256(low, high), next);
}

// Two blocks in a register, and so half of the instructions.
DOUBLE_FOLDING uint64_t
osbatch_crc64_update_double_folding(uint64_t value, const void *bytes, size_t count) {
  if (count < double_stride) return osbatch_crc64_update_folding(value, bytes, count);
  const uint8_t *next = bytes;
  __m256i lane[double_lanes];
  for (int i = 0; i < double_lanes; i++) lane[i] = double_load(next + i * double_block);
  __m128i before = _mm_cvtsi64_si128((long long)~value);
  lane[0] = _mm256_xor_si256(lane[0], _mm256_zextsi128_si256(before));
  next += double_stride;
  count -= double_stride;

  __m256i constants = double_constants(double_stride_constants);
  for (; count >= double_stride; count -= double_stride, next += double_stride) {
    for (int i = 0; i < double_lanes; i++) {
      lane[i] = double_fold(lane[i], constants, double_load(next + i * double_block));
    }
  }
  constants = double_constants(double_block_constants);
  __m256i last = lane[0];
  for (int i = 1; i < double_lanes; i++) last = double_fold(last, constants, lane[i]);
  for (; count >= double_block; count -= double_block, next += double_block) {
    last = double_fold(last, constants, double_load(next));
  }
  __m128i rest = _mm256_castsi256_si128(last);
  rest = fold(rest, load(block_constants), _mm256_extracti128_si256(last, 1));
  return finish(rest, next, count);
}

WIDE_FOLDING static inline __m512i wide_load(const void *bytes) {
  return _mm512_loadu_si512(bytes);
}

WIDE_FOLDING static inline __m512i wide_constants(const uint64_t constants[2]) {
  return _mm512_broadcast_i32x4(load(constants));
}

WIDE_FOLDING static inline __m512i wide_fold(__m512i value, __m512i constants, __m512i next) {
  enum { exclusive_or_of_three = 0x96 };
  __m512i low = _mm512_clmulepi64_epi128(value, constants, 0x00);
  __m512i high = _mm512_clmulepi64_epi128(value, constants, 0x11);
  return _mm512_ternarylogic_epi64(low, high, next, exclusive_or_of_three);
}

// Four blocks in a register, and so a fourth of the instructions.
WIDE_FOLDING uint64_t
osbatch_crc64_update_wide_folding(uint64_t value, const void *bytes, size_t count) {
  if (count < wide_stride) return osbatch_crc64_update_folding(value, bytes, count);
  const uint8_t *next = bytes;
  __m512i lane[wide_lanes];
  for (int i = 0; i < wide_lanes; i++) lane[i] = wide_load(next + i * wide_block);
  __m128i before = _mm_cvtsi64_si128((long long)~value);
  lane[0] = _mm512_xor_si512(lane[0], _mm512_zextsi128_si512(before));
  next += wide_stride;
  count -= wide_stride;

  __m512i constants = wide_constants(wide_stride_constants);
  for (; count >= wide_stride; count -= wide_stride, next += wide_stride) {
    for (int i = 0; i < wide_lanes; i++) {
      lane[i] = wide_fold(lane[i], constants, wide_load(next + i * wide_block));
    }
  }
  constants = wide_constants(wide_block_constants);
  __m512i last = lane[0];
  for (int i = 1; i < wide_lanes; i++) last = wide_fold(last, constants, lane[i]);
  for (; count >= wide_block; count -= wide_block, next += wide_block) {
    last = wide_fold(last, constants, wide_load(next));
  }
  __m128i single = load(block_constants);
  __m128i rest = _mm512_castsi512_si128(last);
  rest = fold(rest, single, _mm512_extracti32x4_epi32(last, 1));
  rest = fold(rest, single, _mm512_extracti32x4_epi32(last, 2));
  rest = fold(rest, single, _mm512_extracti32x4_epi32(last, 3));
  return finish(rest, next, count);
}

#else

bool osbatch_crc64_has_folding(void) { return false; }

bool osbatch_crc64_has_double_folding(void) { return false; }

bool osbatch_crc64_has_wide_folding(void) { return false; }

void osbatch_crc64_prepare_folding(void) {}

uint64_t osbatch_crc64_update_folding(uint64_t value, const void *bytes, size_t count) {
  return osbatch_crc64_update_tables(value, bytes, count);
}

uint64_t osbatch_crc64_update_double_folding(uint64_t value, const void *bytes, size_t count) {
  return osbatch_crc64_update_tables(value, bytes, count);
}

uint64_t osbatch_crc64_update_wide_folding(uint64_t value, const void *bytes, size_t count) {
  return osbatch_crc64_update_tables(value, bytes, count);
}

#endif

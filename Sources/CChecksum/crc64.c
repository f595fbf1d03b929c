#include "CChecksum.h"
#include "crc64_internal.h"

#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words are loaded little-endian");

/// The ECMA-182 polynomial reflected: bit i is the coefficient of x^(63 - i), x^64 is implied.
static const uint64_t polynomial = 0xC96C5795D7870F42;

/// The polynomial 1 in that form.
static const uint64_t one = 0x8000000000000000;

/// tables[k][b]: the register after byte b and then k zero bytes.
static uint64_t tables[16][256];

/// powers[k] = x^(8 * 2^k) mod P: what 2^k zero bytes do to a register.
static uint64_t powers[64];

static uint64_t (*update)(uint64_t, const void *, size_t) = osbatch_crc64_update_tables;

static uint64_t times_x(uint64_t value) {
  return value & 1 ? value >> 1 ^ polynomial : value >> 1;
}

static uint64_t multiply(uint64_t a, uint64_t b) {
  uint64_t product = 0;
  for (uint64_t bit = one; bit != 0; bit >>= 1) {
    if (a & bit) product ^= b;
    b = times_x(b);
  }
  return product;
}

uint64_t osbatch_crc64_power_of_x(unsigned exponent) {
  uint64_t value = one;
  for (unsigned step = 0; step < exponent; step++) value = times_x(value);
  return value;
}

/// Before main, so that no call needs a lock or a check: 15,000 steps, some 20 microseconds.
__attribute__((constructor)) static void prepare(void) {
  for (unsigned byte = 0; byte < 256; byte++) {
    uint64_t value = byte;
    for (unsigned bit = 0; bit < 8; bit++) value = times_x(value);
    tables[0][byte] = value;
  }
  for (unsigned zeros = 1; zeros < 16; zeros++) {
    for (unsigned byte = 0; byte < 256; byte++) {
      uint64_t value = tables[zeros - 1][byte];
      tables[zeros][byte] = value >> 8 ^ tables[0][value & 0xFF];
    }
  }
  powers[0] = osbatch_crc64_power_of_x(8);
  for (unsigned k = 1; k < 64; k++) powers[k] = multiply(powers[k - 1], powers[k - 1]);
  osbatch_crc64_prepare_folding();
  if (osbatch_crc64_has_wide_folding()) {
    update = osbatch_crc64_update_wide_folding;
  } else if (osbatch_crc64_has_double_folding()) {
    update = osbatch_crc64_update_double_folding;
  } else if (osbatch_crc64_has_folding()) {
    update = osbatch_crc64_update_folding;
  }
}

static uint64_t word(const uint8_t *bytes) {
  uint64_t value;
  memcpy(&value, bytes, sizeof value);
  return value;
}

/// What the eight bytes of `value` contribute when `zeros` bytes follow them.
static inline uint64_t contribution(uint64_t value, unsigned zeros) {
  return tables[zeros + 7][value & 0xFF] ^ tables[zeros + 6][value >> 8 & 0xFF]
         ^ tables[zeros + 5][value >> 16 & 0xFF] ^ tables[zeros + 4][value >> 24 & 0xFF]
         ^ tables[zeros + 3][value >> 32 & 0xFF] ^ tables[zeros + 2][value >> 40 & 0xFF]
         ^ tables[zeros + 1][value >> 48 & 0xFF] ^ tables[zeros][value >> 56];
}

uint64_t osbatch_crc64_update_tables(uint64_t value, const void *bytes, size_t count) {
  const uint8_t *next = bytes;
  uint64_t state = ~value;
  for (; count >= 16; count -= 16, next += 16) {
    state = contribution(state ^ word(next), 8) ^ contribution(word(next + 8), 0);
  }
  for (; count > 0; count--, next++) state = state >> 8 ^ tables[0][(state ^ *next) & 0xFF];
  return ~state;
}

uint64_t osbatch_crc64_update(uint64_t value, const void *bytes, size_t count) {
  return update(value, bytes, count);
}

// Continuing a's register over b is a * x^(8 * length) plus what b alone gives. The complements at
// both ends cancel because the first and the last are the same constant.
uint64_t osbatch_crc64_combine(uint64_t a, uint64_t b, uint64_t lengthOfB) {
  for (unsigned k = 0; lengthOfB != 0; k++, lengthOfB >>= 1) {
    if (lengthOfB & 1) a = multiply(a, powers[k]);
  }
  return a ^ b;
}

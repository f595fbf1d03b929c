#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// CRC-64/XZ, the checksum of OSS. All functions take and give the public value (the register
/// complemented), so the value of no bytes is 0 and a value can be continued with more bytes.

/// Continues `value` with `count` bytes, by the fastest kernel that this processor has.
uint64_t osbatch_crc64_update(uint64_t value, const void *bytes, size_t count);

/// The same by tables alone, sixteen bytes a step: any processor, and the reference for the other.
uint64_t osbatch_crc64_update_tables(uint64_t value, const void *bytes, size_t count);

/// The same by carry-less multiplication; call it only when `osbatch_crc64_has_folding()`.
uint64_t osbatch_crc64_update_folding(uint64_t value, const void *bytes, size_t count);

bool osbatch_crc64_has_folding(void);

/// The same, two products an instruction (AVX2 with VPCLMULQDQ); call it only when
/// `osbatch_crc64_has_double_folding()`.
uint64_t osbatch_crc64_update_double_folding(uint64_t value, const void *bytes, size_t count);

bool osbatch_crc64_has_double_folding(void);

/// The same, four products an instruction (AVX-512 with VPCLMULQDQ); call it only when
/// `osbatch_crc64_has_wide_folding()`.
uint64_t osbatch_crc64_update_wide_folding(uint64_t value, const void *bytes, size_t count);

bool osbatch_crc64_has_wide_folding(void);

/// The value of a followed by `lengthOfB` bytes of which b is the value: O(log lengthOfB).
uint64_t osbatch_crc64_combine(uint64_t a, uint64_t b, uint64_t lengthOfB);

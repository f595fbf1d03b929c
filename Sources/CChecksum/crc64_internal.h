#pragma once

#include <stdbool.h>
#include <stdint.h>

/// x^exponent mod P, reflected.
uint64_t osbatch_crc64_power_of_x(unsigned exponent);

/// Computes the folding constants; false when this processor cannot fold.
bool osbatch_crc64_prepare_folding(void);

#pragma once

#include <stdint.h>

/// x^exponent mod P, reflected.
uint64_t osbatch_crc64_power_of_x(unsigned exponent);

/// Computes the constants of all folding kernels.
void osbatch_crc64_prepare_folding(void);

// Which instruction sets the kernels are compiled for. Included before <hwy/highway.h>, which reads the macro.
#pragma once

/// On x86: AVX2 (with FMA and F16C), AVX3 (AVX-512 of Skylake and later), SSE4 and, for what is older, plain code. What
/// lies between adds build time and no speed, since reductions are bound by memory.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_AVX3_DL)

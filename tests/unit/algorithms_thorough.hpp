// How much the tests of the algorithms try.
#pragma once

namespace treering {

/// Optimized builds without sanitizers try everything; others, ten times slower, the smaller cases.
#if defined(NDEBUG) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
inline constexpr bool thorough = true;
#else
inline constexpr bool thorough = false;
#endif

}  // namespace treering

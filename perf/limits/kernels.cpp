#include "kernels.hpp"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace limits {
namespace {

constexpr std::size_t piece = 1024;  // elements: 4 KiB, which stay in the first-level cache between reading and storing

void store(float* to, const float* from, std::size_t count, Stores stores) {
#ifdef __SSE2__
  constexpr std::size_t lane = 4;
  if (stores == Stores::streaming && reinterpret_cast<std::uintptr_t>(to) % 16 == 0) {
    const std::size_t whole = count - count % lane;
    for (std::size_t k = 0; k < whole; k += lane) _mm_stream_ps(to + k, _mm_loadu_ps(from + k));
    std::memcpy(to + whole, from + whole, (count - whole) * sizeof(float));
    return;
  }
#endif
  std::memcpy(to, from, count * sizeof(float));
}

}  // namespace

void carry_out(const Move& move, std::size_t begin, std::size_t end, Stores stores) {
  alignas(64) std::array<float, piece> sum;
  for (std::size_t at = begin; at < end; at += piece) {
    const std::size_t count = std::min(piece, end - at);
    const float* source = move.from[0] + at;
    for (std::size_t k = 1; k < move.from.size(); ++k) {
      const float* left = k == 1 ? source : sum.data();
      const float* right = move.from[k] + at;
      for (std::size_t i = 0; i < count; ++i) sum[i] = left[i] + right[i];
    }
    if (move.from.size() > 1) source = sum.data();
    for (float* to : move.to) store(to + at, source, count, stores);
  }
#ifdef __SSE2__
  if (stores == Stores::streaming) _mm_sfence();  // before anybody is told
#endif
}

}  // namespace limits

// The loop of every kernel: the words of a sentence, vector by vector. Compiled once for each instruction set, so it
// has an include guard that Highway's foreach_target.h toggles.
#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include "execution/kernel_parts.hpp"

#if defined(TREERING_EXECUTION_KERNEL_SENTENCE) == defined(HWY_TARGET_TOGGLE)
#ifdef TREERING_EXECUTION_KERNEL_SENTENCE
#undef TREERING_EXECUTION_KERNEL_SENTENCE
#else
#define TREERING_EXECUTION_KERNEL_SENTENCE
#endif

HWY_BEFORE_NAMESPACE();
namespace treering::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Elements as they lie in memory, at any alignment, to and from vectors of D. Streaming is for multiples of the size.
#if HWY_TARGET == HWY_SCALAR  // one element a vector; it cannot be taken for several bytes
template <class D>
HWY_INLINE hn::Vec<D> load_bytes(D d, const std::byte* from) {
  hn::TFromD<D> element;
  std::memcpy(&element, from, sizeof(element));
  return hn::Set(d, element);
}
template <class D>
HWY_INLINE void store_bytes(D, hn::Vec<D> v, std::byte* to) {
  const hn::TFromD<D> element = hn::GetLane(v);
  std::memcpy(to, &element, sizeof(element));
}
template <class D>
HWY_INLINE void stream_bytes(D d, hn::Vec<D> v, std::byte* to) {
  store_bytes(d, v, to);
}
#else
template <class D>
HWY_INLINE hn::Vec<D> load_bytes(D d, const std::byte* from) {
  return hn::BitCast(d, hn::LoadU(hn::Repartition<std::uint8_t, D>(), reinterpret_cast<const std::uint8_t*>(from)));
}
template <class D>
HWY_INLINE void store_bytes(D, hn::Vec<D> v, std::byte* to) {
  const hn::Repartition<std::uint8_t, D> bytes;
  hn::StoreU(hn::BitCast(bytes, v), bytes, reinterpret_cast<std::uint8_t*>(to));
}
template <class D>
HWY_INLINE void stream_bytes(D, hn::Vec<D> v, std::byte* to) {
  const hn::Repartition<std::uint8_t, D> bytes;
  if constexpr (hn::MaxLanes(bytes) < 16)  // no such store: Highway's would write 16
    store_bytes(D(), v, to);
  else
    hn::Stream(hn::BitCast(bytes, v), bytes, reinterpret_cast<std::uint8_t*>(to));
}
#endif

/// Has the processor loads and stores that leave memory beyond the masked elements alone?
template <class D>
constexpr bool masks_memory() {
#if HWY_ARCH_X86
  return HWY_TARGET <= HWY_AVX3 || (HWY_TARGET == HWY_AVX2 && sizeof(hn::TFromD<D>) >= 4);
#else
  return false;
#endif
}

/// The same for the first `elements` of a vector, at least one and not all: by masks, else by way of the stack.
template <class D>
HWY_INLINE hn::Vec<D> load_part(D d, const std::byte* from, std::size_t elements) {
  using T = hn::TFromD<D>;
  if constexpr (masks_memory<D>()) {
    return hn::MaskedLoad(hn::FirstN(d, elements), d, reinterpret_cast<const T*>(from));
  } else {
    HWY_ALIGN std::byte part[HWY_MAX(HWY_MAX_BYTES, 32)] = {};
    copy_few(part, from, elements * sizeof(T));
    return load_bytes(d, part);
  }
}
template <class D>
HWY_INLINE void store_part(D d, hn::Vec<D> v, std::byte* to, std::size_t elements) {
  using T = hn::TFromD<D>;
  if constexpr (masks_memory<D>()) {
    hn::BlendedStore(v, hn::FirstN(d, elements), d, reinterpret_cast<T*>(to));
  } else {
    HWY_ALIGN std::byte part[HWY_MAX(HWY_MAX_BYTES, 32)];
    store_bytes(d, v, part);
    copy_few(to, part, elements * sizeof(T));
  }
}

/// A sentence over elements held in Lanes, with `reduction` as the product. Lanes is the arithmetic of one type:
///   Lanes(arithmetic); element_bytes; size(): elements of a vector
///   light: a load is little more than a load, so that going through the words for one vector only would show
///   load(from), store(v, to): widens and narrows where the type is held wide; with a third argument, so many elements
///   stream(v, to): a store past the caches; `to` is a multiple of a vector's bytes
///   product<reduction>(v, x): v . x;  scaled(x), divided(v): by the scale and the divisor of the arithmetic
template <class Lanes, Reduction reduction>
class Sentence {
 public:
  static void run(std::span<const Operand> words, std::size_t count, const Arithmetic& arithmetic) {
    if (count == 0) return;
    if (only_copies(words, arithmetic)) return copy_kernel(words, count * Lanes::element_bytes);
    say(words, count, arithmetic);
  }

  /// Word for word, even where it only copies.
  static void say(std::span<const Operand> words, std::size_t count, const Arithmetic& arithmetic) {
    const Sentence sentence(words, arithmetic);
    const std::size_t vector_bytes = Lanes::size() * Lanes::element_bytes;
    const std::size_t end = count * Lanes::element_bytes;
    std::size_t at = 0;
    const Operand* const streamed = streaming(words);
    if (streamed) {
      at = std::min(end, bytes_before_a_vector(streamed->at));
      if (at > 0) sentence.one_vector(0, at / Lanes::element_bytes);
    }
    if constexpr (Lanes::light) {
      for (; at + 4 * vector_bytes <= end; at += 4 * vector_bytes) sentence.four_vectors(at, vector_bytes);
    }
    for (; at + vector_bytes <= end; at += vector_bytes) sentence.one_vector(at);
    if (at < end) sentence.one_vector(at, (end - at) / Lanes::element_bytes);
    if (streamed) hwy::FlushStream();
  }

 private:
  HWY_INLINE Sentence(std::span<const Operand> words, const Arithmetic& arithmetic)
      : lanes_(arithmetic),
        first_(words.data()),
        end_(words.data() + words.size()),
        scales_(arithmetic.scale != nullptr),
        divides_(arithmetic.divisor != 1) {}

  static bool starts_a_vector(const std::byte* at) {
    return reinterpret_cast<std::uintptr_t>(at) % (Lanes::size() * Lanes::element_bytes) == 0;
  }
  /// Whole elements up to where vectors begin; 0 if none begins with an element: then nothing can be streamed.
  static std::size_t bytes_before_a_vector(const std::byte* at) {
    const std::size_t vector_bytes = Lanes::size() * Lanes::element_bytes;
    const std::size_t bytes = -reinterpret_cast<std::uintptr_t>(at) % vector_bytes;
    return bytes % Lanes::element_bytes == 0 ? bytes : 0;
  }

  HWY_INLINE bool scales(const Operand& word) const { return scales_ && word.role == Operand::Role::own; }

  template <class... Elements>
  HWY_INLINE auto load(const Operand& word, std::size_t at, Elements... elements) const {
    const auto x = lanes_.load(word.at + at, elements...);
    return HWY_UNLIKELY(scales(word)) ? lanes_.scaled(x) : x;
  }

  HWY_INLINE void four_vectors(std::size_t at, std::size_t step) const {
    auto v0 = load(*first_, at);
    auto v1 = load(*first_, at + step);
    auto v2 = load(*first_, at + 2 * step);
    auto v3 = load(*first_, at + 3 * step);
    for (const Operand* word = first_ + 1; word != end_; ++word) {
      if (takes(*word)) {
        v0 = lanes_.template product<reduction>(v0, load(*word, at));
        v1 = lanes_.template product<reduction>(v1, load(*word, at + step));
        v2 = lanes_.template product<reduction>(v2, load(*word, at + 2 * step));
        v3 = lanes_.template product<reduction>(v3, load(*word, at + 3 * step));
      } else if (gives(*word)) {
        std::byte* const to = word->at + at;
        if (word->role == Operand::Role::stream && starts_a_vector(to)) {
          lanes_.stream(v0, to);
          lanes_.stream(v1, to + step);
          lanes_.stream(v2, to + 2 * step);
          lanes_.stream(v3, to + 3 * step);
        } else {
          lanes_.store(v0, to);
          lanes_.store(v1, to + step);
          lanes_.store(v2, to + 2 * step);
          lanes_.store(v3, to + 3 * step);
        }
      } else if (divides_) {
        v0 = lanes_.divided(v0);
        v1 = lanes_.divided(v1);
        v2 = lanes_.divided(v2);
        v3 = lanes_.divided(v3);
      }
    }
  }

  /// A whole vector, or the first `elements` of one.
  template <class... Elements>
  HWY_INLINE void one_vector(std::size_t at, Elements... elements) const {
    auto v = load(*first_, at, elements...);
    for (const Operand* word = first_ + 1; word != end_; ++word) {
      if (takes(*word)) {
        v = lanes_.template product<reduction>(v, load(*word, at, elements...));
      } else if (gives(*word)) {
        give(*word, v, at, elements...);
      } else if (divides_) {
        v = lanes_.divided(v);
      }
    }
  }

  template <class V>
  HWY_INLINE void give(const Operand& word, V v, std::size_t at) const {
    if (word.role == Operand::Role::stream && starts_a_vector(word.at + at))
      lanes_.stream(v, word.at + at);
    else
      lanes_.store(v, word.at + at);
  }
  template <class V>
  HWY_INLINE void give(const Operand& word, V v, std::size_t at, std::size_t elements) const {
    lanes_.store(v, word.at + at, elements);
  }

  Lanes lanes_;
  const Operand* first_;
  const Operand* end_;
  bool scales_;
  bool divides_;
};

/// The kernel of Lanes for a reduction.
template <class Lanes>
Kernel sentence_of(Reduction reduction) {
  switch (reduction) {
    case Reduction::product: return Sentence<Lanes, Reduction::product>::run;
    case Reduction::maximum: return Sentence<Lanes, Reduction::maximum>::run;
    case Reduction::minimum: return Sentence<Lanes, Reduction::minimum>::run;
    default: return Sentence<Lanes, Reduction::sum>::run;
  }
}

}  // namespace treering::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

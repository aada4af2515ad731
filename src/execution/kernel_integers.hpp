// Integers in vectors: arithmetic wraps around, as unsigned arithmetic does. Compiled once for each instruction set.
#include <hwy/highway.h>

#include "execution/kernel_sentence.hpp"

#if defined(TREERING_EXECUTION_KERNEL_INTEGERS) == defined(HWY_TARGET_TOGGLE)
#ifdef TREERING_EXECUTION_KERNEL_INTEGERS
#undef TREERING_EXECUTION_KERNEL_INTEGERS
#else
#define TREERING_EXECUTION_KERNEL_INTEGERS
#endif

HWY_BEFORE_NAMESPACE();
namespace treering::HWY_NAMESPACE {

template <class T>
class Integers {
  using D = hn::ScalableTag<T>;
  using V = hn::Vec<D>;

 public:
  static constexpr std::size_t element_bytes = sizeof(T);
  static constexpr bool light = true;

  explicit Integers(const Arithmetic& arithmetic) : divisor_(static_cast<Wide>(arithmetic.divisor)) {
    if (arithmetic.scale != nullptr) std::memcpy(&scale_, arithmetic.scale, sizeof(T));
  }

  static HWY_INLINE std::size_t size() { return hn::Lanes(D()); }
  static HWY_INLINE V load(const std::byte* from) { return load_bytes(D(), from); }
  static HWY_INLINE V load(const std::byte* from, std::size_t elements) { return load_part(D(), from, elements); }
  static HWY_INLINE void store(V v, std::byte* to) { store_bytes(D(), v, to); }
  static HWY_INLINE void stream(V v, std::byte* to) { stream_bytes(D(), v, to); }
  static HWY_INLINE void store(V v, std::byte* to, std::size_t elements) { store_part(D(), v, to, elements); }

  template <Reduction reduction>
  static HWY_INLINE V product(V v, V x) {
    if constexpr (reduction == Reduction::sum) return hn::Add(v, x);
    if constexpr (reduction == Reduction::product) return times(v, x);
    if constexpr (reduction == Reduction::maximum) return hn::Max(v, x);
    if constexpr (reduction == Reduction::minimum) return hn::Min(v, x);
  }

  HWY_INLINE V scaled(V x) const { return times(hn::Set(D(), scale_), x); }

  /// No instruction divides integers: one by one.
  HWY_NOINLINE V divided(V v) const {
    HWY_ALIGN T elements[hn::MaxLanes(D())];
    hn::Store(v, D(), elements);
    for (T& element : elements) element = static_cast<T>(static_cast<Wide>(element) / divisor_);
    return hn::Load(D(), elements);
  }

 private:
  using Wide = std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>;

  /// The low half of the product, which does not depend on signs.
  static HWY_INLINE V times(V v, V x) {
    if constexpr (sizeof(T) == 1 && HWY_TARGET != HWY_SCALAR) {
      // No instruction multiplies bytes: the even ones and the odd ones, in 16 bits each.
      const hn::RepartitionToWide<hn::RebindToUnsigned<D>> pairs;
      const auto v_pairs = hn::BitCast(pairs, v);
      const auto x_pairs = hn::BitCast(pairs, x);
      const auto even = hn::And(hn::Mul(v_pairs, x_pairs), hn::Set(pairs, 0x00ff));
      const auto odd = hn::ShiftLeft<8>(hn::Mul(hn::ShiftRight<8>(v_pairs), hn::ShiftRight<8>(x_pairs)));
      return hn::BitCast(D(), hn::Or(even, odd));
    } else {
      const hn::RebindToUnsigned<D> bits;
      return hn::BitCast(D(), hn::Mul(hn::BitCast(bits, v), hn::BitCast(bits, x)));
    }
  }

  T scale_ = 1;
  Wide divisor_;
};

Kernel byte_sentence() {
  return Sentence<Integers<std::uint8_t>, Reduction::sum>::say;
}

Kernel integer_sentence(DataType type, Reduction reduction) {
  switch (type) {
    case DataType::int8: return sentence_of<Integers<std::int8_t>>(reduction);
    case DataType::uint8: return sentence_of<Integers<std::uint8_t>>(reduction);
    case DataType::int32: return sentence_of<Integers<std::int32_t>>(reduction);
    case DataType::uint32: return sentence_of<Integers<std::uint32_t>>(reduction);
    case DataType::int64: return sentence_of<Integers<std::int64_t>>(reduction);
    default: return sentence_of<Integers<std::uint64_t>>(reduction);
  }
}

}  // namespace treering::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

// Floats of 16 and 8 bits, held in vectors of float32 from the first word to the last. Compiled once for each
// instruction set; formats and rounding are in float_format.hpp.
#include <hwy/highway.h>

#include "execution/float_format.hpp"
#include "execution/kernel_float_product.hpp"
#include "execution/kernel_sentence.hpp"

#if defined(TREERING_EXECUTION_KERNEL_NARROW_FLOATS) == defined(HWY_TARGET_TOGGLE)
#ifdef TREERING_EXECUTION_KERNEL_NARROW_FLOATS
#undef TREERING_EXECUTION_KERNEL_NARROW_FLOATS
#else
#define TREERING_EXECUTION_KERNEL_NARROW_FLOATS
#endif

HWY_BEFORE_NAMESPACE();
namespace treering::HWY_NAMESPACE {

using Wide = hn::ScalableTag<float>;
using WideBits = hn::ScalableTag<std::int32_t>;  // signed, since few instruction sets compare unsigned integers

/// Exact, for the code of one element in each lane.
template <class Format>
HWY_INLINE hn::Vec<Wide> widened(hn::Vec<WideBits> code) {
  const Wide wide;
  const WideBits bits;
  constexpr int unused_mantissa = 23 - Format::mantissa;
  if constexpr (Format::bias == 127) {
    return hn::BitCast(wide, hn::ShiftLeft<unused_mantissa>(code));
  } else {
    constexpr std::int32_t sign_bit = 1 << (Format::width - 1);
    const auto sign = hn::ShiftLeft<32 - Format::width>(hn::And(code, hn::Set(bits, sign_bit)));
    const auto magnitude = hn::And(code, hn::Set(bits, sign_bit - 1));
    const auto shifted = hn::ShiftLeft<unused_mantissa>(magnitude);
    const auto normal = hn::Add(shifted, hn::Set(bits, (127 - Format::bias) << 23));
    const auto special = hn::Or(shifted, hn::Set(bits, 0x7f800000));
    // Below the least normal number 2^e: read the mantissa m as 2^e (1 + m), and take 2^e away.
    const auto least = hn::Set(bits, (128 - Format::bias) << 23);
    const auto above_least = hn::BitCast(wide, hn::Add(shifted, least));
    const auto subnormal = hn::BitCast(bits, hn::Sub(above_least, hn::BitCast(wide, least)));
    const auto is_subnormal = hn::Lt(magnitude, hn::Set(bits, 1 << Format::mantissa));
    const auto is_special = hn::Gt(magnitude, hn::Set(bits, Format::first_special - 1));
    const auto finite = hn::IfThenElse(is_subnormal, subnormal, normal);
    return hn::BitCast(wide, hn::Or(sign, hn::IfThenElse(is_special, special, finite)));
  }
}

/// To the nearest, ties to even, with the format's way of overflowing.
template <class Format>
HWY_INLINE hn::Vec<WideBits> narrowed(hn::Vec<Wide> v) {
  const Wide wide;
  const WideBits bits;
  const hn::RebindToUnsigned<WideBits> unsigned_bits;
  constexpr int unused_mantissa = 23 - Format::mantissa;
  const auto magnitude = hn::BitCast(bits, hn::Abs(v));
  const auto sign = hn::ShiftLeft<Format::width - 1>(hn::ShiftRight<31>(hn::BitCast(unsigned_bits, v)));

  // Half of the last place kept, less the smallest bit where that place is even, then the exponent in the new bias.
  constexpr std::int32_t below_half = (1 << (unused_mantissa - 1)) - 1;
  const auto odd = hn::And(hn::ShiftRight<unused_mantissa>(magnitude), hn::Set(bits, 1));
  const auto rounding = hn::Set(bits, below_half - ((127 - Format::bias) << 23));
  auto code = hn::ShiftRight<unused_mantissa>(hn::Add(magnitude, hn::Add(rounding, odd)));
  if constexpr (Format::bias != 127) {
    // Below the least normal number: the sum with a float whose last place is the least subnormal number rounds there.
    const auto anchor = hn::Set(bits, (127 + 24 - Format::bias - Format::mantissa) << 23);
    const auto anchored = hn::Add(hn::Abs(v), hn::BitCast(wide, anchor));
    const auto subnormal = hn::Sub(hn::BitCast(bits, anchored), anchor);
    const auto is_subnormal = hn::Lt(magnitude, hn::Set(bits, (128 - Format::bias) << 23));
    code = hn::IfThenElse(is_subnormal, subnormal, code);
  }
  code = hn::Or(hn::BitCast(bits, sign), hn::Min(code, hn::Set(bits, Format::overflow)));
  const auto is_nan = hn::Gt(magnitude, hn::Set(bits, 0x7f800000));
  return hn::IfThenElse(is_nan, hn::Set(bits, Format::quiet_nan), code);
}

template <class Format>
class NarrowFloats {
  using Codes = hn::Rebind<typename Format::Code, Wide>;
  using V = hn::Vec<Wide>;

 public:
  static constexpr std::size_t element_bytes = sizeof(typename Format::Code);
  static constexpr bool light = false;

  explicit NarrowFloats(const Arithmetic& arithmetic) : divisor_(static_cast<float>(arithmetic.divisor)) {
    if (arithmetic.scale == nullptr) return;
    typename Format::Code code;
    std::memcpy(&code, arithmetic.scale, sizeof(code));
    scale_ = hn::GetLane(widened<Format>(hn::Set(WideBits(), std::int32_t{code})));
  }

  static HWY_INLINE std::size_t size() { return hn::Lanes(Wide()); }

  static HWY_INLINE V load(const std::byte* from) { return decoded(load_bytes(Codes(), from)); }
  static HWY_INLINE V load(const std::byte* from, std::size_t elements) {
    return decoded(load_part(Codes(), from, elements));
  }
  static HWY_INLINE void store(V v, std::byte* to) { store_bytes(Codes(), encoded(v), to); }
  static HWY_INLINE void stream(V v, std::byte* to) { stream_bytes(Codes(), encoded(v), to); }
  static HWY_INLINE void store(V v, std::byte* to, std::size_t elements) {
    store_part(Codes(), encoded(v), to, elements);
  }

  template <Reduction reduction>
  static HWY_INLINE V product(V v, V x) {
    return float_product<reduction>(v, x);
  }
  HWY_INLINE V scaled(V x) const { return hn::Mul(hn::Set(Wide(), scale_), x); }
  HWY_INLINE V divided(V v) const { return hn::Div(v, hn::Set(Wide(), divisor_)); }

 private:
  /// F16C comes with AVX2.
  static constexpr bool in_hardware = HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2 && std::is_same_v<Format, Float16>;
  using Halves = hn::Rebind<hwy::float16_t, Wide>;

  static HWY_INLINE V decoded(hn::Vec<Codes> codes) {
    if constexpr (in_hardware) {
      return hn::PromoteTo(Wide(), hn::BitCast(Halves(), codes));
    } else {
      return widened<Format>(hn::PromoteTo(WideBits(), codes));
    }
  }
  static HWY_INLINE hn::Vec<Codes> encoded(V v) {
    if constexpr (in_hardware) {
      return hn::BitCast(Codes(), hn::DemoteTo(Halves(), with_one_nan(v)));
    } else {
      return hn::DemoteTo(Codes(), narrowed<Format>(v));
    }
  }

  float scale_ = 1;
  float divisor_;
};

Kernel narrow_float_sentence(DataType type, Reduction reduction) {
  switch (type) {
    case DataType::float16: return sentence_of<NarrowFloats<Float16>>(reduction);
    case DataType::bfloat16: return sentence_of<NarrowFloats<Bfloat16>>(reduction);
    case DataType::float8_e4m3: return sentence_of<NarrowFloats<Float8E4m3>>(reduction);
    default: return sentence_of<NarrowFloats<Float8E5m2>>(reduction);
  }
}

}  // namespace treering::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

// IEEE floats of 32 and 64 bits in vectors. Compiled once for each instruction set.
#include <hwy/highway.h>

#include "execution/kernel_float_product.hpp"
#include "execution/kernel_sentence.hpp"

#if defined(TREERING_EXECUTION_KERNEL_FLOATS) == defined(HWY_TARGET_TOGGLE)
#ifdef TREERING_EXECUTION_KERNEL_FLOATS
#undef TREERING_EXECUTION_KERNEL_FLOATS
#else
#define TREERING_EXECUTION_KERNEL_FLOATS
#endif

HWY_BEFORE_NAMESPACE();
namespace treering::HWY_NAMESPACE {

template <class T>
class Floats {
  using D = hn::ScalableTag<T>;
  using V = hn::Vec<D>;

 public:
  static constexpr std::size_t element_bytes = sizeof(T);
  static constexpr bool light = true;

  explicit Floats(const Arithmetic& arithmetic) : divisor_(static_cast<T>(arithmetic.divisor)) {
    if (arithmetic.scale != nullptr) std::memcpy(&scale_, arithmetic.scale, sizeof(T));
  }

  static HWY_INLINE std::size_t size() { return hn::Lanes(D()); }
  static HWY_INLINE V load(const std::byte* from) { return load_bytes(D(), from); }

  static HWY_INLINE V load(const std::byte* from, std::size_t elements) { return load_part(D(), from, elements); }
  static HWY_INLINE void store(V v, std::byte* to) { store_bytes(D(), with_one_nan(v), to); }
  static HWY_INLINE void stream(V v, std::byte* to) { stream_bytes(D(), with_one_nan(v), to); }
  static HWY_INLINE void store(V v, std::byte* to, std::size_t elements) {
    store_part(D(), with_one_nan(v), to, elements);
  }

  template <Reduction reduction>
  static HWY_INLINE V product(V v, V x) {
    return float_product<reduction>(v, x);
  }
  HWY_INLINE V scaled(V x) const { return hn::Mul(hn::Set(D(), scale_), x); }
  HWY_INLINE V divided(V v) const { return hn::Div(v, hn::Set(D(), divisor_)); }

 private:
  T scale_ = 1;
  T divisor_;
};

Kernel float_sentence(DataType type, Reduction reduction) {
  return type == DataType::float32 ? sentence_of<Floats<float>>(reduction) : sentence_of<Floats<double>>(reduction);
}

}  // namespace treering::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

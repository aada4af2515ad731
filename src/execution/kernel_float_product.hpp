// The product of two vectors of floats, the same bits on every instruction set. Compiled once for each.
#include <hwy/highway.h>

#include <limits>

#include "treering/types.hpp"

#if defined(TREERING_EXECUTION_KERNEL_FLOAT_PRODUCT) == defined(HWY_TARGET_TOGGLE)
#ifdef TREERING_EXECUTION_KERNEL_FLOAT_PRODUCT
#undef TREERING_EXECUTION_KERNEL_FLOAT_PRODUCT
#else
#define TREERING_EXECUTION_KERNEL_FLOAT_PRODUCT
#endif

HWY_BEFORE_NAMESPACE();
namespace treering::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// The greater of two, by comparison alone, since instruction sets differ in what their own maximum does with NaN and
/// zeros: a NaN is passed over for the other, and -0 is less than +0, so that the order of the two does not matter.
template <class V>
HWY_INLINE V maximum_of(V v, V x) {
  x = hn::IfThenElse(hn::Eq(x, x), x, v);
  return hn::IfThenElse(hn::Eq(v, x), hn::And(v, x), hn::IfThenElse(hn::Gt(v, x), v, x));
}
template <class V>
HWY_INLINE V minimum_of(V v, V x) {
  x = hn::IfThenElse(hn::Eq(x, x), x, v);
  return hn::IfThenElse(hn::Eq(v, x), hn::Or(v, x), hn::IfThenElse(hn::Lt(v, x), v, x));
}

/// Any NaN as the one quiet NaN: which of two payloads survives an addition is the compiler's choice.
template <class V>
HWY_INLINE V with_one_nan(V v) {
  const hn::DFromV<V> d;
  return hn::IfThenElse(hn::Eq(v, v), v, hn::Set(d, std::numeric_limits<hn::TFromV<V>>::quiet_NaN()));
}

template <Reduction reduction, class V>
HWY_INLINE V float_product(V v, V x) {
  if constexpr (reduction == Reduction::sum) return hn::Add(v, x);
  if constexpr (reduction == Reduction::product) return hn::Mul(v, x);
  if constexpr (reduction == Reduction::maximum) return maximum_of(v, x);
  if constexpr (reduction == Reduction::minimum) return minimum_of(v, x);
}

}  // namespace treering::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

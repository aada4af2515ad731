#include "execution/kernel_targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "execution/kernel_integers.hpp"
#include <hwy/foreach_target.h>

#include "execution/kernel_integers.hpp"

namespace treering {

HWY_EXPORT(byte_sentence);
HWY_EXPORT(integer_sentence);

Kernel byte_kernel() {
  return HWY_DYNAMIC_DISPATCH(byte_sentence)();
}

Kernel integer_kernel(DataType type, Reduction reduction) {
  return HWY_DYNAMIC_DISPATCH(integer_sentence)(type, reduction);
}

}  // namespace treering

#include "execution/kernel_targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "execution/kernel_floats.hpp"
#include <hwy/foreach_target.h>

#include "execution/kernel_floats.hpp"

namespace treering {

HWY_EXPORT(float_sentence);

Kernel float_kernel(DataType type, Reduction reduction) {
  return HWY_DYNAMIC_DISPATCH(float_sentence)(type, reduction);
}

}  // namespace treering

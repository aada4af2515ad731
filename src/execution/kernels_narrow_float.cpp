#include "execution/kernel_targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "execution/kernel_narrow_floats.hpp"
#include <hwy/foreach_target.h>

#include "execution/kernel_narrow_floats.hpp"

namespace treering {

HWY_EXPORT(narrow_float_sentence);

Kernel narrow_float_kernel(DataType type, Reduction reduction) {
  return HWY_DYNAMIC_DISPATCH(narrow_float_sentence)(type, reduction);
}

}  // namespace treering

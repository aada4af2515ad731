// The binary interface of NCCL 2.28.9, asserted: names, values and layouts that programs were compiled with.
#include <cstddef>

#include "nccl/nccl.h"
#include "treering/result.hpp"
#include "treering/types.hpp"

namespace treering {
namespace {

static_assert(NCCL_VERSION_CODE == NCCL_VERSION(NCCL_MAJOR, NCCL_MINOR, NCCL_PATCH) && NCCL_VERSION(2, 8, 3) == 2803);
static_assert(sizeof(ncclUniqueId) == 128 && alignof(ncclUniqueId) == 1);
static_assert(sizeof(ncclResult_t) == 4 && sizeof(ncclDataType_t) == 4 && sizeof(ncclRedOp_t) == 4);
static_assert(sizeof(ncclScalarResidence_t) == 4);

static_assert(sizeof(ncclConfig_t) == 80 && offsetof(ncclConfig_t, size) == 0 && offsetof(ncclConfig_t, magic) == 8);
static_assert(offsetof(ncclConfig_t, version) == 12 && offsetof(ncclConfig_t, blocking) == 16);
static_assert(offsetof(ncclConfig_t, cgaClusterSize) == 20 && offsetof(ncclConfig_t, minCTAs) == 24);
static_assert(offsetof(ncclConfig_t, maxCTAs) == 28 && offsetof(ncclConfig_t, netName) == 32);
static_assert(offsetof(ncclConfig_t, splitShare) == 40 && offsetof(ncclConfig_t, trafficClass) == 44);
static_assert(offsetof(ncclConfig_t, commName) == 48 && offsetof(ncclConfig_t, collnetEnable) == 56);
static_assert(offsetof(ncclConfig_t, CTAPolicy) == 60 && offsetof(ncclConfig_t, shrinkShare) == 64);
static_assert(offsetof(ncclConfig_t, nvlsCTAs) == 68 && offsetof(ncclConfig_t, nChannelsPerNetPeer) == 72);
static_assert(offsetof(ncclConfig_t, nvlinkCentricSched) == 76);

constexpr bool same(ncclResult_t theirs, Code ours, int value) {
  return static_cast<int>(theirs) == value && static_cast<int>(ours) == value;
}
static_assert(same(ncclSuccess, Code::success, 0) && same(ncclUnhandledCudaError, Code::device_error, 1));
static_assert(same(ncclSystemError, Code::system_error, 2) && same(ncclInternalError, Code::internal_error, 3));
static_assert(same(ncclInvalidArgument, Code::invalid_argument, 4) && same(ncclInvalidUsage, Code::invalid_usage, 5));
static_assert(same(ncclRemoteError, Code::remote_error, 6) && same(ncclInProgress, Code::in_progress, 7));
static_assert(same(ncclTimeout, Code::timeout, 8));

constexpr bool same(ncclDataType_t theirs, DataType ours, int value) {
  return static_cast<int>(theirs) == value && static_cast<int>(ours) == value;
}
static_assert(same(ncclInt8, DataType::int8, 0) && same(ncclUint8, DataType::uint8, 1));
static_assert(same(ncclInt32, DataType::int32, 2) && same(ncclUint32, DataType::uint32, 3));
static_assert(same(ncclInt64, DataType::int64, 4) && same(ncclUint64, DataType::uint64, 5));
static_assert(same(ncclFloat16, DataType::float16, 6) && same(ncclFloat32, DataType::float32, 7));
static_assert(same(ncclFloat64, DataType::float64, 8) && same(ncclBfloat16, DataType::bfloat16, 9));
static_assert(same(ncclFloat8e4m3, DataType::float8_e4m3, 10) && same(ncclFloat8e5m2, DataType::float8_e5m2, 11));
static_assert(ncclChar == ncclInt8 && ncclInt == ncclInt32 && ncclHalf == ncclFloat16);
static_assert(ncclFloat == ncclFloat32 && ncclDouble == ncclFloat64 && ncclNumTypes == data_types);

constexpr bool same(ncclRedOp_t theirs, Reduction ours, int value) {
  return static_cast<int>(theirs) == value && static_cast<int>(ours) == value;
}
static_assert(same(ncclSum, Reduction::sum, 0) && same(ncclProd, Reduction::product, 1));
static_assert(same(ncclMax, Reduction::maximum, 2) && same(ncclMin, Reduction::minimum, 3));
static_assert(same(ncclAvg, Reduction::average, 4) && ncclNumOps == 5 && ncclMaxRedOp == 0x7fffffff);
static_assert(ncclScalarDevice == 0 && ncclScalarHostImmediate == 1);

}  // namespace
}  // namespace treering

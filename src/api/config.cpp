#include "api/config.hpp"

#include <fmt/format.h>

#include <cstring>

namespace treering::api {
namespace {

constexpr unsigned int config_magic = 0xcafebeef;
constexpr std::size_t header_bytes = offsetof(ncclConfig_t, blocking);

/// What the program knows of the structure over our defaults. `from` may be shorter than ncclConfig_t.
Result<ncclConfig_t> known_part(const ncclConfig_t* from) {
  ncclConfig_t known = NCCL_CONFIG_INITIALIZER;
  std::size_t size = 0;
  std::memcpy(&size, from, sizeof(size));
  unsigned int magic = 0;
  std::memcpy(&magic, reinterpret_cast<const std::byte*>(from) + offsetof(ncclConfig_t, magic), sizeof(magic));
  if (magic != config_magic) {
    return Error{Code::invalid_argument,
                 fmt::format("the configuration was not initialized (its magic is {:#x}, not {:#x}) begin with "
                             "NCCL_CONFIG_INITIALIZER",
                             magic, config_magic)};
  }
  if (size < header_bytes + sizeof(int)) {
    return Error{Code::invalid_argument,
                 fmt::format("the configuration's size is wrong ({} bytes do not hold a field) begin with "
                             "NCCL_CONFIG_INITIALIZER and leave `size` alone",
                             size)};
  }
  std::memcpy(&known, from, std::min(size, sizeof(known)));
  return known;
}

/// One integer field with its bounds.
struct Bounds {
  std::string_view name;
  int value;
  int least;
  int most;
};

Result<void> check(const ncclConfig_t& config) {
  const Bounds fields[] = {
      {"blocking", config.blocking, 0, 1},
      {"cgaClusterSize", config.cgaClusterSize, 0, 8},
      {"minCTAs", config.minCTAs, 1, INT_MAX},
      {"maxCTAs", config.maxCTAs, 1, INT_MAX},
      {"splitShare", config.splitShare, 0, 1},
      {"collnetEnable", config.collnetEnable, 0, 1},
      {"shrinkShare", config.shrinkShare, 0, 1},
      {"nvlsCTAs", config.nvlsCTAs, 1, INT_MAX},
      {"trafficClass", config.trafficClass, 0, INT_MAX},
  };
  for (const Bounds& field : fields) {
    if (field.value == NCCL_CONFIG_UNDEF_INT || (field.value >= field.least && field.value <= field.most)) continue;
    return Error{Code::invalid_argument,
                 fmt::format("the configuration's {} is wrong ({} is not between {} and {}) correct it or "
                             "leave NCCL_CONFIG_UNDEF_INT",
                             field.name, field.value, field.least, field.most)};
  }
  if (config.minCTAs != NCCL_CONFIG_UNDEF_INT && config.maxCTAs != NCCL_CONFIG_UNDEF_INT &&
      config.minCTAs > config.maxCTAs) {
    return Error{Code::invalid_argument,
                 fmt::format("the configuration contradicts itself (minCTAs {} is above maxCTAs {}) correct "
                             "one of them",
                             config.minCTAs, config.maxCTAs)};
  }
  return {};
}

}  // namespace

Result<void> apply(const ncclConfig_t* config, Terms& terms) {
  if (config == nullptr) return {};
  const auto known = known_part(config);
  if (!known) return known.error();
  auto checked = check(*known);
  if (!checked) return checked;
  if (known->blocking != NCCL_CONFIG_UNDEF_INT) terms.blocking = known->blocking == 1;
  if (known->commName != nullptr) terms.settings.name = known->commName;
  return {};
}

}  // namespace treering::api

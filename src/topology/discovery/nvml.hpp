// NVIDIA's Management Library (NVML), as far as it is asked here. It is looked for when the program runs: nothing is
// linked and no header of it is needed. Names, numbers and layouts are those of its public interface
// (https://docs.nvidia.com/deploy/nvml-api/).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>

namespace treering::topology::nvml {

enum class Return : int {
  success = 0,
  function_not_found = 13,  // also of drivers that are older than the function
  gpu_is_lost = 15,         // fell off the bus, or stopped to answer
  reset_required = 16,
};

/// One GPU. Belongs to the library.
struct Device;

/// nvmlPciInfo_t. Up to version 2 it ended before the second address.
struct PciInfo {
  char short_address[16];  ///< "0000:1B:00.0"; domains beyond 16 bits do not fit
  unsigned domain, bus, device, device_id, subsystem_id;
  char address[32];  ///< "00000000:1B:00.0"; empty from old drivers
};
static_assert(sizeof(PciInfo) == 68);

/// nvmlFieldValue_t: a question, and the answer.
struct FieldValue {
  std::uint32_t field;
  std::uint32_t scope;  ///< which link
  std::int64_t timestamp_us, latency_us;
  int type;  ///< of the value: nvmlValueType_t
  Return result;
  union {
    double real;
    unsigned number;
    unsigned long long long_number;
    long long signed_long_number;
    int signed_number;
    unsigned short short_number;
  } value;
};
static_assert(sizeof(FieldValue) == 40);

/// Fields (NVML_FI_DEV_*). Speeds are MB/s each way of one link.
namespace field {
inline constexpr std::uint32_t nvlink_speed_of_all = 90;
inline constexpr std::uint32_t nvlinks = 91;
inline constexpr std::uint32_t nvlink_speed = 164;  // by link; newer drivers
inline constexpr std::uint32_t c2c_links = 170;
inline constexpr std::uint32_t c2c_is_active = 171;  // by link
inline constexpr std::uint32_t c2c_speed = 172;      // by link
}  // namespace field

/// nvmlGpuFabricInfo_v2_t: what a fabric manager made of the NVSwitches.
struct FabricInfo {
  static constexpr unsigned version_2 = 0x2000024;
  unsigned version;
  std::uint8_t cluster[16];
  Return status;  ///< of the registration, once it is completed
  unsigned clique;
  std::uint8_t state;
  std::uint8_t unused[3];
  unsigned health;
};
static_assert(sizeof(FabricInfo) == 36);

/// One function of the library. Calling one that the library lacks returns function_not_found.
template <class... Arguments>
class Function {
 public:
  Return operator()(Arguments... arguments) const {
    return entry_ == nullptr ? Return::function_not_found : entry_(arguments...);
  }

 private:
  friend class Loader;
  Return (*entry_)(Arguments...) = nullptr;
};

/// Texts are given their size. Links count from 0 to NVML_NVLINK_MAX_LINKS - 1.
struct Library {
  static constexpr unsigned most_links = 36;

  Function<> init, shutdown;
  Function<char*, unsigned> driver_version;
  Function<unsigned*> device_count;
  Function<unsigned, Device**> device;
  Function<Device*, PciInfo*> pci_info;
  Function<Device*, char*, unsigned> name, uuid;
  Function<Device*, int*, int*> compute_capability;       ///< major, minor
  Function<Device*, unsigned*, unsigned*> mig_mode, ecc;  ///< now, after the next reset
  Function<Device*, FabricInfo*> fabric_info;
  Function<Device*, int, FieldValue*> field_values;
  Function<Device*, unsigned, unsigned*> nvlink_state, nvlink_remote_type;
  Function<Device*, unsigned, PciInfo*> nvlink_remote_pci;
  const char* (*error_text)(Return) = nullptr;

  /// "Driver Not Loaded", in the library's words.
  std::string text_of(Return result) const;
};

/// Nothing where there is no such library. It is never unloaded, since a thread that nobody waits for any more may be
/// in it.
std::optional<Library> loaded(const std::string& path);

}  // namespace treering::topology::nvml

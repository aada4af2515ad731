#include "topology/discovery/nvml.hpp"

#include <dlfcn.h>

namespace treering::topology::nvml {

class Loader {
 public:
  explicit Loader(void* library) : library_(library) {}

  /// The first of the names that the library has: newer versions first, then what they took the place of.
  template <class... Arguments>
  void find(Function<Arguments...>& function, std::initializer_list<const char*> names) const {
    find(function.entry_, names);
  }

  template <class Entry>
  void find(Entry*& entry, std::initializer_list<const char*> names) const {
    for (const char* name : names) {
      entry = reinterpret_cast<Entry*>(dlsym(library_, name));
      if (entry != nullptr) return;
    }
  }

 private:
  void* library_;
};

std::string Library::text_of(Return result) const {
  const char* text = error_text == nullptr ? nullptr : error_text(result);
  return text == nullptr ? "NVML error " + std::to_string(static_cast<int>(result)) : text;
}

std::optional<Library> loaded(const std::string& path) {
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return std::nullopt;
  const Loader loader(handle);
  Library library;
  loader.find(library.init, {"nvmlInit_v2", "nvmlInit"});
  loader.find(library.shutdown, {"nvmlShutdown"});
  loader.find(library.driver_version, {"nvmlSystemGetDriverVersion"});
  loader.find(library.device_count, {"nvmlDeviceGetCount_v2", "nvmlDeviceGetCount"});
  loader.find(library.device, {"nvmlDeviceGetHandleByIndex_v2", "nvmlDeviceGetHandleByIndex"});
  loader.find(library.pci_info, {"nvmlDeviceGetPciInfo_v3", "nvmlDeviceGetPciInfo_v2", "nvmlDeviceGetPciInfo"});
  loader.find(library.name, {"nvmlDeviceGetName"});
  loader.find(library.uuid, {"nvmlDeviceGetUUID"});
  loader.find(library.compute_capability, {"nvmlDeviceGetCudaComputeCapability"});
  loader.find(library.mig_mode, {"nvmlDeviceGetMigMode"});
  loader.find(library.ecc, {"nvmlDeviceGetEccMode"});
  loader.find(library.fabric_info, {"nvmlDeviceGetGpuFabricInfoV"});
  loader.find(library.field_values, {"nvmlDeviceGetFieldValues"});
  loader.find(library.nvlink_state, {"nvmlDeviceGetNvLinkState"});
  loader.find(library.nvlink_remote_type, {"nvmlDeviceGetNvLinkRemoteDeviceType"});
  loader.find(library.nvlink_remote_pci, {"nvmlDeviceGetNvLinkRemotePciInfo_v2", "nvmlDeviceGetNvLinkRemotePciInfo"});
  loader.find(library.error_text, {"nvmlErrorString"});
  return library;
}

}  // namespace treering::topology::nvml

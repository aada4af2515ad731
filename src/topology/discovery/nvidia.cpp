#include "topology/discovery/nvidia.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "topology/discovery/nvml.hpp"
#include "topology/names.hpp"
#include "topology/nvlink.hpp"
#include "topology/sound.hpp"

namespace treering::topology {
namespace {

using nvml::Return;

template <std::size_t size>
std::string text_in(const char (&text)[size]) {
  const std::string_view all(text, size);
  const std::string_view used = all.substr(0, all.find('\0'));
  return is_utf8(used) ? std::string(used) : "";
}

/// Where NVML knows of a device but not where it is, it says FFFFFFFF:FF:FF.0.
std::optional<PciAddress> address_in(const nvml::PciInfo& info) {
  auto address = pci_address(text_in(info.address));
  if (!address) address = pci_address(text_in(info.short_address));  // all that old drivers fill in
  const bool is_made_up = address && address->bus == 0xff && address->device == 0xff;
  return is_made_up ? std::nullopt : address;
}

std::optional<std::uint64_t> number_in(const nvml::FieldValue& answer) {
  switch (answer.type) {
    case 0: return answer.value.real >= 0 ? std::optional(static_cast<std::uint64_t>(answer.value.real)) : std::nullopt;
    case 1: return answer.value.number;
    case 2:
    case 3: return answer.value.long_number;
    case 4: return answer.value.signed_long_number >= 0 ? std::optional(answer.value.long_number) : std::nullopt;
    case 5: return answer.value.signed_number >= 0 ? std::optional(answer.value.number) : std::nullopt;
    case 6: return answer.value.short_number;
    default: return std::nullopt;
  }
}

NvLink::End end_of(unsigned device_type) {
  constexpr NvLink::End ends[] = {NvLink::End::gpu, NvLink::End::processor, NvLink::End::nvswitch};
  return device_type < std::size(ends) ? ends[device_type] : NvLink::End::unknown;
}

/// Asks for one GPU.
class Inquiry {
 public:
  Inquiry(const nvml::Library& library, std::uint32_t number) : library_(library) { gpu_.number = number; }

  NvidiaGpu gpu() && {
    if (const Return result = library_.device(gpu_.number, &device_); !tells(result)) {
      if (gpu_.state.empty()) gpu_.state = library_.text_of(result);
      return std::move(gpu_);
    }
    ask_identity();
    ask_modes();
    ask_fabric();
    ask_nvlinks();
    ask_c2c();
    return std::move(gpu_);
  }

 private:
  /// False where the call failed. Most failures mean that this GPU or driver does not have what was asked for; some
  /// mean that the GPU does not work.
  bool tells(Return result) {
    if (result == Return::gpu_is_lost) gpu_.state = lost_state;
    if (result == Return::reset_required && gpu_.state.empty()) gpu_.state = "reset required";
    return result == Return::success;
  }

  void say(std::string_view name, std::string value) { gpu_.said.emplace_back(name, std::move(value)); }

  std::optional<std::uint64_t> field(std::uint32_t id, unsigned link = 0) {
    nvml::FieldValue answer{};
    answer.field = id;
    answer.scope = link;
    if (!tells(library_.field_values(device_, 1, &answer)) || !tells(answer.result)) return std::nullopt;
    return number_in(answer);
  }

  /// From MB/s.
  Figure gbs(std::uint32_t id, unsigned link = 0) {
    constexpr std::uint64_t most_mbs = 100'000'000;  // 100 TB/s
    const std::uint64_t mbs = field(id, link).value_or(0);
    return mbs == 0 || mbs > most_mbs ? Figure() : Figure(static_cast<double>(mbs) / 1000);
  }

  void ask_identity() {
    nvml::PciInfo pci{};
    if (tells(library_.pci_info(device_, &pci))) gpu_.pci = address_in(pci);
    char text[96] = "";
    if (tells(library_.uuid(device_, text, sizeof text))) gpu_.uuid = text_in(text);
    if (tells(library_.name(device_, text, sizeof text))) gpu_.model = text_in(text);
    int major = 0, minor = 0;
    if (!tells(library_.compute_capability(device_, &major, &minor)) || major < 0 || minor < 0) return;
    capability_ = static_cast<std::uint32_t>(10 * major + minor);
    say("sm", std::to_string(capability_));
  }

  void ask_modes() {
    unsigned now = 0, pending = 0;
    if (tells(library_.mig_mode(device_, &now, &pending)) && now != 0) say(mig_name, "on");
    if (tells(library_.ecc(device_, &now, &pending)) && now == 0) say("ecc", "off");
  }

  /// On hosts with NVSwitches, programs start only once the fabric manager is done.
  void ask_fabric() {
    constexpr std::string_view states[] = {"", "not started", "in progress", fabric_completed};
    nvml::FabricInfo fabric{};
    fabric.version = nvml::FabricInfo::version_2;
    if (!tells(library_.fabric_info(device_, &fabric)) || fabric.state == 0 || fabric.state >= std::size(states))
      return;
    const bool is_completed = states[fabric.state] == fabric_completed;
    const bool has_failed = is_completed && fabric.status != Return::success;
    say(fabric_name, has_failed ? "failed: " + library_.text_of(fabric.status) : std::string(states[fabric.state]));
    if (!is_completed || has_failed || std::ranges::all_of(fabric.cluster, [](int byte) { return byte == 0; })) return;
    say("fabric_cluster", fmt::format("{:02x}", fmt::join(fabric.cluster, "")));
    say("fabric_clique", std::to_string(fabric.clique));
  }

  void ask_nvlinks() {
    const std::uint64_t most = field(nvml::field::nvlinks).value_or(nvml::Library::most_links);
    unsigned links = 0, down = 0;
    for (unsigned link = 0; link < std::min<std::uint64_t>(most, nvml::Library::most_links); ++link) {
      unsigned is_up = 0;
      if (!tells(library_.nvlink_state(device_, link, &is_up))) continue;
      ++links;
      if (is_up == 0) ++down;
      if (is_up != 0) gpu_.links.push_back(nvlink(link));
    }
    if (links == 0) return;
    say(nvlinks_name, std::to_string(links));
    if (down > 0) say(nvlinks_down_name, std::to_string(down));
  }

  NvLink nvlink(unsigned link) {
    NvLink found;
    unsigned type = 0;
    if (tells(library_.nvlink_remote_type(device_, link, &type))) found.end = end_of(type);
    nvml::PciInfo pci{};
    if (tells(library_.nvlink_remote_pci(device_, link, &pci))) found.pci = address_in(pci);
    const Figure told = gbs(nvml::field::nvlink_speed, link);
    found.gbs = nvlink_gbs(capability_, told.is_known() ? told : gbs(nvml::field::nvlink_speed_of_all));
    return found;
  }

  void ask_c2c() {
    const std::uint64_t links = field(nvml::field::c2c_links).value_or(0);
    double sum = 0;
    bool is_known = true;
    for (unsigned link = 0; link < std::min<std::uint64_t>(links, nvml::Library::most_links); ++link) {
      if (field(nvml::field::c2c_is_active, link) != 1u) continue;
      const Figure one = gbs(nvml::field::c2c_speed, link);
      ++gpu_.c2c.count;
      sum += one.value_or(0);
      is_known = is_known && one.is_known();
    }
    if (gpu_.c2c.count > 0 && is_known) gpu_.c2c.gbs = sum;
  }

  const nvml::Library& library_;
  nvml::Device* device_ = nullptr;
  std::uint32_t capability_ = 0;
  NvidiaGpu gpu_;
};

}  // namespace

Result<Nvidia> nvidia_gpus(const std::string& library) {
  const auto nvml = nvml::loaded(library);
  if (!nvml) return Nvidia{};
  if (const Return result = nvml->init(); result != Return::success) {
    return Error{Code::system_error,
                 fmt::format("{} does not start ({}) look at what nvidia-smi says", library, nvml->text_of(result))};
  }
  constexpr unsigned most_gpus = 1024;
  Nvidia found;
  char version[80] = "";
  if (nvml->driver_version(version, sizeof version) == Return::success) found.driver_version = text_in(version);
  unsigned gpus = 0;
  if (nvml->device_count(&gpus) != Return::success) gpus = 0;
  for (unsigned i = 0; i < std::min(gpus, most_gpus); ++i) found.gpus.push_back(Inquiry(*nvml, i).gpu());
  nvml->shutdown();
  return found;
}

}  // namespace treering::topology

// What NVLink moves, and how the topology says what has become of it.
#pragma once

#include <cstdint>
#include <string_view>

#include "topology/figure.hpp"

namespace treering::topology {

/// GB/s each way of one NVLink of a GPU, by its compute capability (90 for 9.0). From NVIDIA's white papers on P100,
/// V100, A100, GA102, H100 and Blackwell: 20, 25, 25, 14.0625, 25 and 50. Unknown below 6.0, which has none.
constexpr Figure nvlink_gbs(std::uint32_t capability) {
  if (capability < 60) return {};
  if (capability < 70) return 20;
  if (capability == 86) return 14.0625;
  return capability < 100 ? 25 : 50;
}

/// The same for one whose speed the driver tells. Some drivers tell what is on the wire (25.781 for V100, 26.562 for
/// H100, as `nvidia-smi nvlink --status` prints): where line coding explains the difference, the generation's rate
/// counts. Anything else is a link that runs at another speed, or a generation that nvlink_gbs() does not know.
constexpr Figure nvlink_gbs(std::uint32_t capability, Figure told_gbs) {
  constexpr double most_coding = 1.125;
  const Figure usual = nvlink_gbs(capability);
  const double told = told_gbs.value_or(0);
  if (told <= 0) return usual;
  const bool is_coding = usual.is_known() && told > usual.value() && told <= most_coding * usual.value();
  return is_coding ? usual : told_gbs;
}

/// Attributes of GPUs that are not only kept but read: "state" of one that does not work ("gpu 3" of the host, where
/// nothing tells which one it is), how far the fabric manager of the NVSwitches is, how many NVLinks the GPU has and
/// how many of those are down.
inline constexpr std::string_view nvml_origin = "nvidia.nvml";
inline constexpr std::string_view gpu_state_name = "state";
inline constexpr std::string_view lost_state = "lost";
inline constexpr std::string_view silent_gpu_prefix = "gpu ";
inline constexpr std::string_view fabric_name = "fabric";
inline constexpr std::string_view fabric_completed = "completed";
inline constexpr std::string_view nvlinks_name = "nvlinks";
inline constexpr std::string_view nvlinks_down_name = "nvlinks_down";
inline constexpr std::string_view mig_name = "mig";

}  // namespace treering::topology

// What InfiniBand moves, from the name of its speed.
#pragma once

#include <string_view>

#include "topology/figure.hpp"

namespace treering::topology {

/// Signalling rate of a lane in Gb/s: 53.125 for "HDR". Unknown for other names than those from SDR to XDR, of which
/// ibnetdiscover has one: "???". (InfiniBand Architecture Specification, volume 2; IBTA roadmap for NDR and XDR.)
constexpr Figure infiniband_gts(std::string_view speed) {
  struct Lane {
    std::string_view speed;
    double gts;
  };
  constexpr Lane lanes[] = {{"SDR", 2.5},      {"DDR", 5},      {"QDR", 10},     {"FDR10", 10.3125}, {"FDR", 14.0625},
                            {"EDR", 25.78125}, {"HDR", 53.125}, {"NDR", 106.25}, {"XDR", 212.5}};
  for (const Lane& lane : lanes) {
    if (lane.speed == speed) return lane.gts;
  }
  return {};
}

/// GB/s each way that are left after line coding: 8b/10b to QDR, 64b/66b to EDR, above that 256b/257b and error
/// correction by RS(544,514), which leave 16 of 17 bits. Headers of packets are not taken off.
constexpr Figure infiniband_gbs(Figure lane_gts, double lanes) {
  const double gts = lane_gts.value_or(0);
  if (gts <= 0 || lanes <= 0) return {};
  const double share = gts <= 10 ? 8.0 / 10 : gts < 26 ? 64.0 / 66 : 16.0 / 17;
  return gts * lanes / 8 * share;
}

}  // namespace treering::topology

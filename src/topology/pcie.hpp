// What PCI Express moves, from its signalling rate.
#pragma once

#include "topology/figure.hpp"

namespace treering::topology {

inline constexpr int pcie_generations = 7;

/// GT/s of a lane of generation 1 to 7 (PCI-SIG base specifications 1.0 to 7.0).
constexpr double pcie_gts(int generation) {
  constexpr double rates[] = {2.5, 5, 8, 16, 32, 64, 128};
  return rates[generation - 1];
}

/// GB/s each way that are left after line coding: 8b/10b to 5 GT/s, 128b/130b to 32 GT/s, above that flits of 256 bytes
/// of which 242 are not for error correction. Headers of packets are not taken off. Unknown or no lanes or rate:
/// unknown, since virtual machines report 0 for links that work.
constexpr Figure pcie_gbs(Figure lane_gts, double lanes) {
  const double gts = lane_gts.value_or(0);
  if (gts <= 0 || lanes <= 0) return {};
  const double share = gts <= 5 ? 8.0 / 10 : gts <= 32 ? 128.0 / 130 : 242.0 / 256;
  return gts * lanes / 8 * share;
}

}  // namespace treering::topology

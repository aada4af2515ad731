// What the texts of NCCL's attributes mean. What is known to be wrong means nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "topology/figure.hpp"
#include "topology/node.hpp"

namespace treering::topology {

/// A decimal number; nothing for -1, by which NCCL says that it does not know, and for what is no number.
std::optional<std::uint32_t> number_of(std::string_view text);
std::optional<std::uint16_t> small_number_of(std::string_view text);

/// A decimal fraction that is above 0.
Figure positive_of(std::string_view text);

/// "0x" and hexadecimal digits; 0 for what is none.
std::uint64_t guid_of(std::string_view text);

/// How a device is reached over PCIe.
struct SlotText {
  Figure lane_gts = {};
  std::optional<std::uint16_t> width = {};

  friend bool operator==(const SlotText&, const SlotText&) = default;
};

/// Of `link_speed` ("16 GT/s", "32.0 GT/s PCIe") and `link_width`. Both are unknown where either is no rate or width of
/// PCIe, and where the width is 1: virtual machines, and bridges inside of adapters, say so of links that are wider.
SlotText slot_of(std::string_view speed, std::string_view width);

/// GB/s of a port from its `speed` in Mb/s. Unknown where it is not above 0, and from 10 Tb/s on, which no port has:
/// some providers count kb/s.
Figure port_gbs_of(std::string_view speed);

/// GB/s each way of one Infinity Fabric link of a GPU, by its `gcn` ("906", "910", "gfx942"; RCCL writes 910 for
/// gfx90a). From AMD's papers on Vega 20 and CDNA, CDNA 2 and CDNA 3: 46, 50 and 64.
Figure xgmi_gbs(std::string_view gcn);

/// The kind of a device without parts, by its PCI class: "0x030200".
NodeKind kind_of_class(std::string_view pci_class);

}  // namespace treering::topology

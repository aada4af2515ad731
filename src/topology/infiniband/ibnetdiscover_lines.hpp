// The two formats of ibnetdiscover, line by line. What returns a text returns what is wrong with the line, or nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "topology/infiniband/fabric.hpp"
#include "topology/infiniband/text_cursor.hpp"

namespace treering::topology {

/// Takes "4x" or "??".
bool takes_width(TextCursor& line, CableRate& rate);
/// Takes "HDR" or "???"; names that are not known are taken as unknown speeds.
bool takes_speed(TextCursor& line, CableRate& rate);

/// The fabric device by device: a header, then its cables.
///   Switch	36 "S-0008f105001084fa"		# "Voltaire 4036" enhanced port 0 lid 56 lmc 0
///   [1]	"H-0002c9030006dc58"[1](2c9030006dc59) 		# "fourmi018 HCA-1" lid 86 4xQDR
class DeviceLines {
 public:
  explicit DeviceLines(Fabric& fabric) : fabric_(fabric) {}

  std::string take(std::string_view line);

 private:
  struct Reference {  // "H-0002c9030006dc58"[1](2c9030006dc59)
    FabricEnd end;
    std::uint64_t port_guid = 0;
  };

  std::string take_system(TextCursor cursor);
  std::string take_header(FabricRole role, TextCursor cursor);
  std::string take_cable(TextCursor cursor);
  std::string take_reference(TextCursor& cursor, Reference& reference);
  std::string take_note(TextCursor& cursor, const Reference& here, const Reference& there, CableRate& rate);
  std::string take_device(TextCursor& cursor, DeviceIndex& device);

  Fabric& fabric_;
  std::optional<DeviceIndex> here_;
  std::vector<bool> has_header_;
  std::uint64_t system_ = 0;  // of the next header
};

/// The fabric port by port, in two readings: adapters are known by GUIDs of ports alone, and by how their lines stand.
///   SW    56 13 0x0008f105001084fa 4x QDR - CA    86  1 0x0002c9030006dc59 ( 'Voltaire 4036' - 'fourmi018 HCA-1' )
///   SW    56 14 0x0008f105001084fa 4x SDR                                    'Voltaire 4036'
class PortLines {
 public:
  explicit PortLines(Fabric& fabric) : fabric_(fabric) {}

  std::string take(std::string_view line);
  /// After the last line: lays the cables. Leaves the fabric at the line that is wrong.
  std::string finish();

 private:
  struct Port {
    FabricRole role = FabricRole::adapter;
    FabricPort port = {};
    DeviceIndex device = 0;
  };
  struct Line {
    std::uint64_t number = 0;
    Port from = {};
    Port to = {};
    bool has_cable = false;
    CableRate rate = {};
    std::string_view names = {};  // of both ends, with "' - '" between them
  };

  static bool takes_port(TextCursor& cursor, Port& port);
  static std::string_view first_name(const Line& line);
  std::string add_own(Line& line);
  std::string add_remote(Line& line);
  bool is_of_the_device_before(const Line& line) const;
  void describe(const Line& line, std::size_t first_bytes);
  void describe_unclear(const Line& line);

  Fabric& fabric_;
  std::vector<Line> lines_;
};

}  // namespace treering::topology

#include <fmt/format.h>

#include "topology/infiniband/ibnetdiscover_lines.hpp"
#include "topology/sound.hpp"

namespace treering::topology {
namespace {

constexpr std::string_view between_names = "' - '";

std::string wrong(std::string_view line) {
  return fmt::format(
      "'{}' is no port (ibnetdiscover -p writes SW 56 13 0x0008f105001084fa 4x QDR - CA 86 1 "
      "0x0002c9030006dc59 ( 'leaf1' - 'node7 mlx5_0' )) write it so",
      shown(line));
}

/// Takes what is left between these, blanks around it apart.
bool takes_between(TextCursor& cursor, std::string_view left, std::string_view right, std::string_view& inside) {
  if (!cursor.takes(left)) return false;
  inside = cursor.rest();
  inside = inside.substr(0, inside.find_last_not_of(" \t") + 1);
  if (!inside.ends_with(right)) return false;
  inside.remove_suffix(right.size());
  return true;
}

}  // namespace

bool PortLines::takes_port(TextCursor& cursor, Port& port) {
  if (cursor.takes("SW")) {
    port.role = FabricRole::network_switch;
  } else if (cursor.takes("RT")) {
    port.role = FabricRole::router;
  } else if (!cursor.takes("CA")) {
    return false;
  }
  return cursor.takes_number(port.port.lid) && cursor.takes_number(port.port.number) && port.port.number != 0 &&
         cursor.takes("0x") && cursor.takes_number(port.port.guid, 16);
}

std::string PortLines::take(std::string_view text) {
  Line line{.number = fabric_.line()};
  TextCursor cursor(text);
  if (!takes_port(cursor, line.from) || !takes_width(cursor, line.rate) || !takes_speed(cursor, line.rate)) {
    return wrong(text);
  }
  line.has_cable = cursor.takes("-");
  if (line.has_cable && !takes_port(cursor, line.to)) return wrong(text);
  const bool has_names =
      line.has_cable ? takes_between(cursor, "( '", "' )", line.names) : takes_between(cursor, "'", "'", line.names);
  const bool has_both = !line.has_cable || line.names.find(between_names) != std::string_view::npos;
  if (!has_names || !has_both) return wrong(text);
  std::string problem = add_own(line);
  if (problem.empty()) lines_.push_back(line);
  return problem;
}

std::string_view PortLines::first_name(const Line& line) {
  return line.has_cable ? line.names.substr(0, line.names.find(between_names)) : line.names;
}

/// Ports of one adapter stand together, the last one first, and their GUIDs differ in the last digits.
bool PortLines::is_of_the_device_before(const Line& line) const {
  if (lines_.empty() || line.from.role == FabricRole::network_switch) return false;
  const Line& before = lines_.back();
  const FabricPort& port = line.from.port;
  const FabricPort& next = before.from.port;
  return line.from.role == before.from.role && port.number < next.number && next.guid - port.guid < 256 &&
         first_name(line) == first_name(before);
}

std::string PortLines::add_own(Line& line) {
  const FabricPort& port = line.from.port;
  if (is_of_the_device_before(line)) {
    line.from.device = lines_.back().from.device;
    fabric_.alias(port.guid, line.from.device);
    fabric_.device(line.from.device).guid = port.guid;
  } else if (std::string problem = fabric_.find_or_add(line.from.role, port.guid, line.from.device); !problem.empty()) {
    return problem;
  }
  FabricPort known = port;
  if (line.from.role == FabricRole::network_switch) known = {.lid = port.lid};
  fabric_.know_port(line.from.device, known);
  if (!line.has_cable) fabric_.device(line.from.device).description = line.names;
  return "";
}

std::string PortLines::add_remote(Line& line) {
  if (!line.has_cable) return "";
  fabric_.at_line(line.number);
  if (std::string problem = fabric_.find_or_add(line.to.role, line.to.port.guid, line.to.device); !problem.empty()) {
    return problem;
  }
  FabricPort known = line.to.port;
  if (line.to.role == FabricRole::network_switch) known = {.lid = line.to.port.lid};
  fabric_.know_port(line.to.device, known);
  return "";
}

void PortLines::describe(const Line& line, std::size_t first_bytes) {
  std::string& from = fabric_.device(line.from.device).description;
  std::string& to = fabric_.device(line.to.device).description;
  if (from.empty()) from = line.names.substr(0, first_bytes);
  if (to.empty()) to = line.names.substr(first_bytes + between_names.size());
}

/// Of a line whose names have the text in them that stands between them. Other lines may have told one of the names.
void PortLines::describe_unclear(const Line& line) {
  const std::size_t first = line.names.find(between_names);
  const std::string& from = fabric_.device(line.from.device).description;
  const std::string& to = fabric_.device(line.to.device).description;
  const bool fits_from = !from.empty() && line.names.starts_with(from + std::string(between_names));
  const bool fits_to = !to.empty() && line.names.ends_with(std::string(between_names) + to);
  describe(line, fits_from ? from.size() : fits_to ? line.names.size() - to.size() - between_names.size() : first);
}

std::string PortLines::finish() {
  const auto is_clear = [](const Line& line) {
    return line.names.find(between_names) == line.names.rfind(between_names);
  };
  for (Line& line : lines_) {
    if (std::string problem = add_remote(line); !problem.empty()) return problem;
    if (line.has_cable && is_clear(line)) describe(line, line.names.find(between_names));
  }
  for (const Line& line : lines_) {
    if (!line.has_cable) continue;
    if (!is_clear(line)) describe_unclear(line);
    fabric_.at_line(line.number);
    std::string problem =
        fabric_.connect({line.from.device, line.from.port.number}, {line.to.device, line.to.port.number}, line.rate);
    if (!problem.empty()) return problem;
  }
  return "";
}

}  // namespace treering::topology

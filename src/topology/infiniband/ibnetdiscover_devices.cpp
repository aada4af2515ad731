#include <fmt/format.h>

#include <utility>

#include "topology/infiniband/ibnetdiscover_lines.hpp"
#include "topology/sound.hpp"

namespace treering::topology {
namespace {

std::string wrong(const char* what, std::string_view at, const char* example) {
  return fmt::format("there is no {} at '{}' (ibnetdiscover writes {}) write it so", what, shown(at), example);
}

/// Takes what stands between the first and the last quotation mark: names may hold some.
bool takes_quoted(TextCursor& cursor, std::string_view& quoted) {
  const std::string_view rest = cursor.rest();
  const std::size_t first = rest.find('"');
  const std::size_t last = rest.rfind('"');
  if (first == last) return false;  // none, or one
  quoted = rest.substr(first + 1, last - first - 1);
  cursor = TextCursor(rest.substr(last + 1));
  return true;
}

std::optional<FabricRole> role_of(char letter) {
  switch (letter) {
    case 'S': return FabricRole::network_switch;
    case 'H': return FabricRole::adapter;
    case 'R': return FabricRole::router;
    default: return std::nullopt;
  }
}

}  // namespace

std::string DeviceLines::take(std::string_view line) {
  TextCursor cursor(line);
  if (line.starts_with('[')) return take_cable(cursor);
  if (cursor.takes("sysimgguid=")) return take_system(cursor);
  for (const std::string_view known : {"vendid=", "devid=", "switchguid=", "caguid=", "rtguid="}) {
    if (line.starts_with(known)) return "";  // the header that follows says it, or nobody needs it
  }
  TextCursor word = cursor;
  const std::string_view first = word.word();
  if (word.takes(":")) {
    return "this is a list of devices (it does not say how they are cabled) run ibnetdiscover without -l, -S, -H and "
           "-R";
  }
  if (first == "Switch") return take_header(FabricRole::network_switch, word);
  if (first == "Ca") return take_header(FabricRole::adapter, word);
  if (first == "Rt") return take_header(FabricRole::router, word);
  return fmt::format(
      "'{}' begins no line of ibnetdiscover (known are Switch, Ca, Rt and [port], and SW, CA and RT in "
      "lists of ports) read another file",
      shown(line));
}

std::string DeviceLines::take_system(TextCursor cursor) {
  if (cursor.takes("0x") && cursor.takes_number(system_, 16)) return "";
  return wrong("GUID", cursor.rest(), "sysimgguid=0x2c9030006dc58");
}

std::string DeviceLines::take_header(FabricRole role, TextCursor cursor) {
  std::uint32_t ports = 0;
  if (!cursor.takes_number(ports)) return wrong("number of ports", cursor.rest(), "Switch 36 \"S-0008f105001084fa\"");
  DeviceIndex device = 0;
  const std::string_view before = cursor.rest();
  if (std::string problem = take_device(cursor, device); !problem.empty()) return problem;
  FabricDevice& here = fabric_.device(device);
  if (here.role != role)
    return wrong("device of this kind", before, "Switch with \"S-..\", Ca with \"H-..\", Rt with \"R-..\"");
  here_ = device;
  here.system = std::exchange(system_, 0);
  std::string_view description;
  if (takes_quoted(cursor, description)) here.description = description;
  has_header_.resize(fabric_.devices().size());
  has_header_[device] = true;
  std::uint16_t lid = 0;
  const bool has_lid =
      (cursor.takes("enhanced") || cursor.takes("base")) && cursor.takes("port 0 lid") && cursor.takes_number(lid);
  if (has_lid) fabric_.know_port(device, {.lid = lid});
  return "";
}

std::string DeviceLines::take_device(TextCursor& cursor, DeviceIndex& device) {
  const std::string_view before = cursor.rest();
  constexpr const char* example = "\"S-0008f105001084fa\", and H and R for adapters and routers";
  if (!cursor.takes("\"") || cursor.rest().empty()) return wrong("GUID", before, example);
  const auto role = role_of(cursor.rest()[0]);
  std::uint64_t guid = 0;
  cursor = TextCursor(cursor.rest().substr(1));
  if (!role || !cursor.takes("-") || !cursor.takes_number(guid, 16) || !cursor.takes("\"")) {
    return wrong("GUID", before, example);
  }
  return fabric_.find_or_add(*role, guid, device);
}

std::string DeviceLines::take_reference(TextCursor& cursor, Reference& reference) {
  const std::string_view before = cursor.rest();
  constexpr const char* example = "[1] or [1](2c9030006dc59), from 1 to 255";
  if (!cursor.takes("[") || !cursor.takes_number(reference.end.port) || !cursor.takes("]") || reference.end.port == 0) {
    return wrong("port", before, example);
  }
  std::uint32_t on_the_outside = 0;  // of a chassis
  if (cursor.takes("[ext") && (!cursor.takes_number(on_the_outside) || !cursor.takes("]"))) {
    return wrong("port", before, "[1][ext 7]");
  }
  if (!cursor.takes("(")) return "";
  const bool has_guid = cursor.takes_number(reference.port_guid, 16) && cursor.takes(")");
  return has_guid ? "" : wrong("port", before, example);
}

std::string DeviceLines::take_cable(TextCursor cursor) {
  if (!here_) return "a cable comes before all devices (it must have two ends) begin with the header of a device";
  Reference here{.end = {.device = *here_}};
  Reference there;
  CableRate rate;
  std::string problem = take_reference(cursor, here);
  if (problem.empty()) problem = take_device(cursor, there.end.device);
  if (problem.empty()) problem = take_reference(cursor, there);
  if (problem.empty()) problem = take_note(cursor, here, there, rate);
  return problem.empty() ? fabric_.connect(here.end, there.end, rate) : problem;
}

std::string DeviceLines::take_note(TextCursor& cursor, const Reference& here, const Reference& there, CableRate& rate) {
  FabricPort own{.number = here.end.port, .guid = here.port_guid};
  FabricPort other{.number = there.end.port, .guid = there.port_guid};
  const std::string_view before = cursor.rest();
  cursor.skip_space();
  if (!cursor.rest().empty()) {
    constexpr const char* example = "# \"node7 mlx5_0\" lid 5 4xHDR";
    std::uint16_t masked = 0;
    if (!cursor.takes("#")) return wrong("note", before, example);
    if (cursor.takes("lid") && !(cursor.takes_number(own.lid) && cursor.takes("lmc") && cursor.takes_number(masked))) {
      return wrong("local identifier", before, "# lid 86 lmc 0 \"leaf1\" lid 5 4xHDR");
    }
    std::string_view description;
    if (!takes_quoted(cursor, description)) return wrong("description", before, example);
    if (!cursor.takes("lid") || !cursor.takes_number(other.lid)) return wrong("lid", cursor.rest(), example);
    if (!takes_width(cursor, rate) || !takes_speed(cursor, rate)) return wrong("speed", cursor.rest(), example);
    has_header_.resize(fabric_.devices().size());
    FabricDevice& neighbour = fabric_.device(there.end.device);
    if (!has_header_[there.end.device]) neighbour.description = description;
    if (neighbour.role == FabricRole::network_switch) other.number = 0;
  }
  fabric_.know_port(here.end.device, own);
  fabric_.know_port(there.end.device, other);
  return "";
}

}  // namespace treering::topology

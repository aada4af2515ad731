#include "topology/json_members.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "topology/json_names.hpp"
#include "topology/sound.hpp"

namespace treering::topology {
namespace {

using Json = Members::Json;

std::string shown_json(const Json& value) {
  std::string text = value.dump(-1, ' ', true);
  if (text.size() > 60) text.replace(57, std::string::npos, "...");
  return text;
}

}  // namespace

Members::Members(const Json& object, std::string_view what) : object_(object) {
  if (!object.is_object())
    problem_ = fmt::format("{} is {} (it must be an object) write its members", what, shown_json(object));
}

void Members::refuse(std::string_view name, std::string_view why) {
  if (!problem_.empty()) return;
  const Json* value = find(name);
  problem_ = fmt::format("'{}' is {} ({}) correct it", name, value ? shown_json(*value) : "absent", why);
}

const Json* Members::find(std::string_view name) const {
  const auto found = object_.find(std::string(name));
  return object_.is_object() && found != object_.end() ? &*found : nullptr;
}

std::string Members::text(std::string_view name) {
  const Json* value = find(name);
  if (value == nullptr) return "";
  if (value->is_string()) return value->get<std::string>();
  refuse(name, "it must be a text");
  return "";
}

std::string Members::required_text(std::string_view name) {
  if (find(name) == nullptr) refuse(name, "it must be a text");
  return text(name);
}

Figure Members::figure(std::string_view name) {
  const Json* value = find(name);
  if (value == nullptr) return {};
  if (value->is_number() && value->get<double>() >= 0) return value->get<double>();
  refuse(name, "it must be a number that is not negative; what is not known is left out");
  return {};
}

bool Members::flag(std::string_view name) {
  const Json* value = find(name);
  if (value == nullptr) return false;
  if (value->is_boolean()) return value->get<bool>();
  refuse(name, "it must be true or false");
  return false;
}

std::optional<std::uint64_t> Members::whole_up_to(std::string_view name, std::uint64_t largest) {
  const Json* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_number_unsigned() && value->get<std::uint64_t>() <= largest) return value->get<std::uint64_t>();
  refuse(name, fmt::format("it must be a whole number from 0 to {}", largest));
  return std::nullopt;
}

std::uint64_t Members::guid() {
  const std::string text = this->text("guid");
  if (text.empty()) return 0;
  std::uint64_t guid = 0;
  const char* last = text.data() + text.size();
  const auto [end, problem] = std::from_chars(text.data() + std::min<std::size_t>(2, text.size()), last, guid, 16);
  if (!text.starts_with("0x") || problem != std::errc() || end != last) {
    refuse("guid", "it must be 0x and up to 16 hexadecimal digits, as a text");
  }
  return guid;
}

void Members::allow_only(std::initializer_list<std::string_view> names, std::string_view where) {
  if (!problem_.empty()) return;
  for (const auto& [name, value] : object_.items()) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      problem_ = fmt::format("'{}' has a member '{}' (it is not one of {}) take it out", where, shown(name),
                             fmt::join(names, ", "));
      return;
    }
  }
}

Capacity Members::capacity(std::string_view name) {
  const Json* value = find(name);
  if (value == nullptr) return {};
  Members members(*value, name);
  members.allow_only({"gbs", "forward_gbs", "back_gbs", "latency_us"}, name);
  const Figure gbs = members.figure("gbs");
  const Capacity capacity{.forward_gbs = members.figure("forward_gbs").or_else(gbs),
                          .back_gbs = members.figure("back_gbs").or_else(gbs),
                          .latency_us = members.figure("latency_us")};
  if (gbs.is_known() && (members.find("forward_gbs") || members.find("back_gbs"))) {
    members.refuse("gbs", "it is for both ways, and one way is said too");
  }
  if (problem_.empty()) problem_ = members.problem();
  return capacity;
}

Grid Members::grid() {
  allow_only({"extents", "twisted"}, "grid");
  Grid grid{.extents = {}, .twisted = flag("twisted")};
  const Json* extents = find("extents");
  if (extents == nullptr || !extents->is_array()) {
    refuse("extents", "it must be a list of whole numbers");
    return grid;
  }
  for (const Json& extent : *extents) {
    const bool fits = extent.is_number_unsigned() && extent.get<std::uint64_t>() < no_cell;
    if (!fits) refuse("extents", "it must be a list of whole numbers");
    grid.extents.push_back(fits ? extent.get<std::uint32_t>() : 1);
  }
  return grid;
}

void Members::take_attributes(const Json& of_origins, std::vector<OwnedAttribute>& attributes) {
  constexpr const char* form = R"(it must be lists of pairs of texts by origin: {"nccl.gpu": [["sm", "90"]]})";
  if (!of_origins.is_object()) return refuse("attributes", form);
  for (const auto& [origin, list] : of_origins.items()) {
    if (!list.is_array()) return refuse("attributes", form);
    for (const Json& pair : list) {
      if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string() || !pair[1].is_string()) {
        return refuse("attributes", form);
      }
      attributes.push_back({origin, pair[0].get<std::string>(), pair[1].get<std::string>()});
    }
  }
}

std::vector<Members::OwnedAttribute> Members::attributes(std::span<const std::string_view> known) {
  std::vector<OwnedAttribute> attributes;
  if (!problem_.empty()) return attributes;
  if (const Json* of_origins = find("attributes")) take_attributes(*of_origins, attributes);
  for (const auto& [name, value] : object_.items()) {
    if (!is_known(known, name)) attributes.push_back({std::string(json_origin), name, value.dump()});
  }
  return attributes;
}

}  // namespace treering::topology

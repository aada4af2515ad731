// The members of one JSON object, by name and type.
#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "topology/link.hpp"
#include "topology/topology.hpp"

namespace treering::topology {

/// Takes members one by one. A member of the wrong type sticks as the problem: "'number' is "x" (why) what to do".
class Members {
 public:
  using Json = nlohmann::ordered_json;

  /// `what` is it that has the members, for messages: "a node".
  Members(const Json& object, std::string_view what);

  const std::string& problem() const { return problem_; }
  /// Says that a member is not as it must be.
  void refuse(std::string_view name, std::string_view why);

  const Json* find(std::string_view name) const;

  std::string text(std::string_view name);           ///< empty where it is absent
  std::string required_text(std::string_view name);  ///< a mistake where it is absent
  Figure figure(std::string_view name);
  Capacity capacity(std::string_view name);
  Grid grid();
  bool flag(std::string_view name);
  std::uint64_t guid();

  template <class Number>
  std::optional<Number> whole(std::string_view name) {
    const auto number = whole_up_to(name, std::numeric_limits<Number>::max());
    return number ? std::optional(static_cast<Number>(*number)) : std::nullopt;
  }

  /// Copies of the attributes: those of "attributes", then members that are not `known`, with their JSON text.
  struct OwnedAttribute {
    std::string origin, name, value;
  };
  std::vector<OwnedAttribute> attributes(std::span<const std::string_view> known);

 private:
  std::optional<std::uint64_t> whole_up_to(std::string_view name, std::uint64_t largest);
  void allow_only(std::initializer_list<std::string_view> names, std::string_view where);
  void take_attributes(const Json& of_origins, std::vector<OwnedAttribute>& attributes);

  const Json& object_;
  std::string problem_;
};

}  // namespace treering::topology

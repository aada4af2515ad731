// A large JSON document in pieces, so that it never lies in memory as a whole.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace treering::topology {

/// Takes the pieces of a document whose top is an object: each element of the lists "nodes" and "links", and every
/// other member as a whole.
class PieceTaker {
 public:
  using Json = nlohmann::ordered_json;

  virtual ~PieceTaker() = default;
  /// `list` is the member that the piece is an element of, or empty. `name` is the member, or empty. Anything returned
  /// is what is wrong with the piece, and ends the reading.
  virtual std::string take(std::string_view list, std::string_view name, const Json& piece) = 0;
};

/// What is wrong, and at which byte of the text.
struct Fault {
  std::size_t offset = 0;
  std::string problem;
};

/// Cuts the text up: nothing if it was read to its end. Nesting is bounded by 32, the values of a piece by 1,000,000,
/// the members of an object by 1,000; a member that comes twice is refused.
std::optional<Fault> read_pieces(std::string_view text, PieceTaker& taker);

}  // namespace treering::topology

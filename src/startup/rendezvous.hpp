// Where the ranks of a communicator meet: in the process that made the unique id, on its service thread. It learns who
// is there, tells each rank its parent in the tree, and, when something is wrong, tells everyone what.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "startup/framed_link.hpp"
#include "startup/member.hpp"
#include "startup/service.hpp"
#include "startup/unique_id.hpp"

namespace treering {

struct Decision;

/// Frames between a rank and the rendezvous.
enum class MeetingFrame : std::uint8_t {
  introduction = 1,  ///< rank to rendezvous: an Introduction
  parent = 2,        ///< rendezvous to rank: its parent, a Member
  met = 3,           ///< rank to rendezvous: connected to the parent; rank 0: all have met
  failure = 4,       ///< either way: a Cause
};

/// Of this library: 100 is 0.1.0.
extern const std::uint32_t library_version;

/// What a rank says of itself at the rendezvous.
struct Introduction {
  Member member;
  Rank ranks = 0;
  std::uint32_t version = 0;  ///< of the library; on the wire the first, as it says how to read the rest
  std::uint32_t timeout_ms = 0;
  std::vector<Decision> decisions;
};
void encode(const Introduction& introduction, Encoder& out);
/// Of another version of the library, the version alone.
Introduction decode_introduction(Decoder& in);

/// Opens the rendezvous of `place` in this process. `on_guest`: called on the service thread when somebody comes.
Result<void> open_rendezvous(Service& service, const MeetingPlace& place, std::function<void()> on_guest = {});

}  // namespace treering

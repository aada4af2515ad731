// One call of the user's, before it is known to be right.
#pragma once

#include <string_view>

#include "communicator/request.hpp"
#include "treering/result.hpp"

namespace treering::api {

/// `name` is the function as the user spelled it, for messages. It is never freed.
struct Call {
  std::string_view name;
  Request request;
};

/// Refuses what is wrong with the call on its own, seen from `rank` of `ranks`: type, root, peer, count, operator,
/// missing and overlapping buffers.
Result<void> validate(const Call& call, Rank rank, Rank ranks);

/// `problem` of the call on `rank`, as Error: "ncclSend on rank 3: problem (why) what to do".
Error refusal(Code code, const Call& call, Rank rank, std::string_view problem);

}  // namespace treering::api

#include "api/create.hpp"

#include <fmt/format.h>

#include "api/c_call.hpp"
#include "api/group.hpp"
#include "api/handle.hpp"

namespace treering::api {
namespace {

Result<void> check_terms(const ncclComm_t* slot, const Terms& terms) {
  if (slot == nullptr) {
    return Error{Code::invalid_argument,
                 "nowhere to put the communicator (the pointer is null) pass the address of a ncclComm_t"};
  }
  if (terms.ranks < 1) {
    return Error{Code::invalid_argument,
                 fmt::format("{} ranks make no communicator (there is at least one) pass their number", terms.ranks)};
  }
  if (terms.rank < 0 || terms.rank >= terms.ranks) {
    return Error{Code::invalid_argument, fmt::format("no rank {} (the communicator has {}) pass a rank from 0 to {}",
                                                     terms.rank, terms.ranks, terms.ranks - 1)};
  }
  return {};
}

}  // namespace

Result<void> create(ncclComm_t* slot, Terms terms) {
  auto checked = check_terms(slot, terms);
  if (!checked) return checked;
  const ncclComm_t handle = make_handle(std::move(terms));
  *slot = handle;
  const auto join = [slot, handle]() -> Result<void> {
    auto lease = lease_of(handle);
    if (!lease) return std::move(lease).error();
    auto joined = (*lease)->join();
    if (!joined && joined.error().code != Code::in_progress) {
      static_cast<void>(last_lease_of(handle));
      *slot = nullptr;
    }
    return joined;
  };
  CallGroup& group = CallGroup::of_this_thread();
  if (!group.is_open()) return join();
  group.add(join);
  return {};
}

Result<void> noted(std::string_view name, const Result<void>& result) {
  if (result || result.error().code == Code::in_progress) return result ? Result<void>() : Result<void>(result.error());
  const Error error = named(name, result.error());
  CallGroup& group = CallGroup::of_this_thread();
  if (group.is_open()) group.fail(error);
  return error;
}

}  // namespace treering::api

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>

#include "api/call.hpp"

namespace treering::api {
namespace {

/// A run of bytes of the user's.
struct Extent {
  std::uintptr_t first;
  std::uint64_t bytes;
};

bool overlap(const Extent& a, const Extent& b) {
  return a.bytes > 0 && b.bytes > 0 && a.first < b.first + b.bytes && b.first < a.first + a.bytes;
}

/// How many blocks of `count` elements the two buffers hold.
std::uint64_t send_blocks(const Request& request, Rank ranks) {
  return request.collective == Collective::reduce_scatter ? static_cast<std::uint64_t>(ranks) : 1;
}
std::uint64_t recv_blocks(const Request& request, Rank ranks) {
  return request.collective == Collective::all_gather ? static_cast<std::uint64_t>(ranks) : 1;
}

bool needs_send(const Request& request, Rank rank) {
  if (request.collective == Collective::recv || request.collective == Collective::barrier) return false;
  return request.collective != Collective::broadcast || rank == request.root;
}
bool needs_recv(const Request& request, Rank rank) {
  if (request.collective == Collective::send || request.collective == Collective::barrier) return false;
  return request.collective != Collective::reduce || rank == request.root;
}

/// The one overlap that is allowed, in words and as a test.
std::string_view in_place_form(Collective collective) {
  switch (collective) {
    case Collective::all_gather: return "the send buffer is block `rank` of the receive buffer";
    case Collective::reduce_scatter: return "the receive buffer is block `rank` of the send buffer";
    default: return "both buffers are the same";
  }
}
bool is_in_place(const Request& request, Rank rank, std::uint64_t block_bytes) {
  const auto send = reinterpret_cast<std::uintptr_t>(request.send);
  const auto recv = reinterpret_cast<std::uintptr_t>(request.recv);
  const std::uint64_t offset = static_cast<std::uint64_t>(rank) * block_bytes;
  switch (request.collective) {
    case Collective::all_gather: return send == recv + offset;
    case Collective::reduce_scatter: return recv == send + offset;
    default: return send == recv;
  }
}

bool is_own(const Operator& op) {
  return op.combine() != nullptr;
}

/// What can be wrong with a request on its own, in the order in which it is looked for.
enum class Fault : std::uint8_t {
  none,
  no_such_type,
  no_such_rank,
  average_of_a_prefix,
  misfitting_operator,
  no_built_in_operator,
  too_large,
  no_send_buffer,
  no_receive_buffer,
  overlap,
};

Fault fault_of_the_peer(const Request& request, Rank ranks) {
  const bool has_peer = is_message(request.collective) || has_root(request.collective);
  return has_peer && (request.root < 0 || request.root >= ranks) ? Fault::no_such_rank : Fault::none;
}

Fault fault_of_the_operator(const Request& request) {
  if (!reduces(request.collective)) return Fault::none;
  const bool over_a_prefix = request.collective == Collective::scan || request.collective == Collective::exclusive_scan;
  if (over_a_prefix && request.op.reduction() == Reduction::average && !is_own(request.op))
    return Fault::average_of_a_prefix;
  const std::size_t bytes = request.op.element_bytes();
  if (bytes != 0 && bytes != request.element_bytes) return Fault::misfitting_operator;
  if (!is_own(request.op) && request.element_bytes != size_of(request.type)) return Fault::no_built_in_operator;
  return Fault::none;
}

bool is_too_large(const Request& request, Rank ranks) {
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const std::uint64_t blocks = std::max(send_blocks(request, ranks), recv_blocks(request, ranks));
  std::uint64_t bytes;
  return __builtin_mul_overflow(request.count, request.element_bytes * blocks, &bytes) || bytes > most;
}

Extent sent(const Request& request, Rank ranks) {
  return {reinterpret_cast<std::uintptr_t>(request.send),
          request.count * request.element_bytes * send_blocks(request, ranks)};
}
Extent received(const Request& request, Rank ranks) {
  return {reinterpret_cast<std::uintptr_t>(request.recv),
          request.count * request.element_bytes * recv_blocks(request, ranks)};
}

Fault fault_of_the_buffers(const Request& request, Rank rank, Rank ranks) {
  if (request.count == 0) return Fault::none;
  const bool sends = needs_send(request, rank);
  const bool receives = needs_recv(request, rank);
  if (sends && request.send == nullptr) return Fault::no_send_buffer;
  if (receives && request.recv == nullptr) return Fault::no_receive_buffer;
  if (!sends || !receives || !overlap(sent(request, ranks), received(request, ranks))) return Fault::none;
  return is_in_place(request, rank, request.count * request.element_bytes) ? Fault::none : Fault::overlap;
}

/// Every call asks: no words are put together here.
Fault fault_of(const Request& request, Rank rank, Rank ranks) {
  if (static_cast<int>(request.type) >= data_types) return Fault::no_such_type;
  if (const Fault fault = fault_of_the_peer(request, ranks); fault != Fault::none) return fault;
  if (const Fault fault = fault_of_the_operator(request); fault != Fault::none) return fault;
  if (is_too_large(request, ranks)) return Fault::too_large;
  return fault_of_the_buffers(request, rank, ranks);
}

std::string text_of_missing_buffer(std::string_view which, const Request& request) {
  return fmt::format(
      "no {0} buffer (it is null and the count is {1}) pass {1} elements of {2} or more, or a count of 0", which,
      request.count, is_own(request.op) ? "the operator's type" : name_of(request.type));
}

std::string text_of_overlap(const Request& request, Rank ranks) {
  const Extent send = sent(request, ranks);
  const Extent recv = received(request, ranks);
  return fmt::format(
      "the buffers overlap (send is {} bytes at {:#x}, receive {} bytes at {:#x}) keep them apart, or in place: {}",
      send.bytes, send.first, recv.bytes, recv.first, in_place_form(request.collective));
}

[[gnu::cold]] std::string text_of(Fault fault, const Request& request, Rank ranks) {
  switch (fault) {
    case Fault::none: break;
    case Fault::no_such_type:
      return fmt::format("no data type {} (types are 0 to {}) pass one of ncclDataType_t",
                         static_cast<int>(request.type), data_types - 1);
    case Fault::no_such_rank:
      if (!is_message(request.collective))
        return fmt::format("root {} does not exist (the communicator has {} ranks) name a root from 0 to {}",
                           request.root, ranks, ranks - 1);
      return fmt::format("no rank {} to talk to (the communicator has {}) name a peer from 0 to {}", request.root,
                         ranks, ranks - 1);
    case Fault::average_of_a_prefix:
      return "no average of a prefix (it could be divided by all ranks or by those so far) use a sum and divide";
    case Fault::misfitting_operator:
      return fmt::format(
          "the operator does not fit the elements (it is for {} bytes, an element has {}) make the operator of the "
          "element type",
          request.op.element_bytes(), request.element_bytes);
    case Fault::no_built_in_operator:
      return fmt::format(
          "no built-in operator for elements of {} bytes (sum, product, maximum, minimum and average are for "
          "numbers) pass Operator::of<T>(...)",
          request.element_bytes);
    case Fault::too_large:
      return fmt::format(
          "count {} is too large ({} bytes an element times {} ranks is more than memory can hold) check for a "
          "negative or uninitialized count",
          request.count, request.element_bytes, std::max(send_blocks(request, ranks), recv_blocks(request, ranks)));
    case Fault::no_send_buffer: return text_of_missing_buffer("send", request);
    case Fault::no_receive_buffer: return text_of_missing_buffer("receive", request);
    case Fault::overlap: return text_of_overlap(request, ranks);
  }
  return {};
}

}  // namespace

Error refusal(Code code, const Call& call, Rank rank, std::string_view problem) {
  return {code, fmt::format("{} on rank {}: {}", call.name, rank, problem)};
}

Result<void> validate(const Call& call, Rank rank, Rank ranks) {
  const Fault fault = fault_of(call.request, rank, ranks);
  if (fault == Fault::none) [[likely]]
    return {};
  return refusal(Code::invalid_argument, call, rank, text_of(fault, call.request, ranks));
}

}  // namespace treering::api

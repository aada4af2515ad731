#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

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

std::optional<std::string> wrong_peer(const Request& request, Rank ranks) {
  if (request.root >= 0 && request.root < ranks) return std::nullopt;
  if (is_message(request.collective)) {
    return fmt::format("no rank {} to talk to (the communicator has {}) name a peer from 0 to {}", request.root, ranks,
                       ranks - 1);
  }
  if (has_root(request.collective)) {
    return fmt::format("root {} does not exist (the communicator has {} ranks) name a root from 0 to {}", request.root,
                       ranks, ranks - 1);
  }
  return std::nullopt;
}

std::optional<std::string> wrong_operator(const Request& request) {
  if (!reduces(request.collective)) return std::nullopt;
  const bool over_a_prefix = request.collective == Collective::scan || request.collective == Collective::exclusive_scan;
  if (over_a_prefix && request.op.reduction() == Reduction::average && request.op.combine() == nullptr) {
    return "no average of a prefix (it could be divided by all ranks or by those so far) use a sum and divide";
  }
  const std::size_t bytes = request.op.element_bytes();
  if (bytes != 0 && bytes != request.element_bytes) {
    return fmt::format(
        "the operator does not fit the elements (it is for {} bytes, an element has {}) make the operator of the "
        "element type",
        bytes, request.element_bytes);
  }
  if (request.op.combine() == nullptr && request.element_bytes != size_of(request.type)) {
    return fmt::format(
        "no built-in operator for elements of {} bytes (sum, product, maximum, minimum and average are for "
        "numbers) pass Operator::of<T>(...)",
        request.element_bytes);
  }
  return std::nullopt;
}

std::optional<std::string> too_large(const Request& request, Rank ranks) {
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const std::uint64_t blocks = std::max(send_blocks(request, ranks), recv_blocks(request, ranks));
  std::uint64_t bytes;
  if (!__builtin_mul_overflow(request.count, request.element_bytes * blocks, &bytes) && bytes <= most)
    return std::nullopt;
  return fmt::format(
      "count {} is too large ({} bytes an element times {} ranks is more than memory can hold) check for a "
      "negative or uninitialized count",
      request.count, request.element_bytes, blocks);
}

std::optional<std::string> missing_buffer(const Request& request, Rank rank) {
  if (request.count == 0) return std::nullopt;
  const bool no_send = needs_send(request, rank) && request.send == nullptr;
  if (!no_send && !(needs_recv(request, rank) && request.recv == nullptr)) return std::nullopt;
  return fmt::format(
      "no {0} buffer (it is null and the count is {1}) pass {1} elements of {2} or more, or a count of 0",
      no_send ? "send" : "receive", request.count,
      request.op.combine() != nullptr ? "the operator's type" : name_of(request.type));
}

std::optional<std::string> wrong_overlap(const Request& request, Rank rank, Rank ranks) {
  if (!needs_send(request, rank) || !needs_recv(request, rank) || request.count == 0) return std::nullopt;
  const std::uint64_t block_bytes = request.count * request.element_bytes;
  const Extent send{reinterpret_cast<std::uintptr_t>(request.send), block_bytes * send_blocks(request, ranks)};
  const Extent recv{reinterpret_cast<std::uintptr_t>(request.recv), block_bytes * recv_blocks(request, ranks)};
  if (!overlap(send, recv) || is_in_place(request, rank, block_bytes)) return std::nullopt;
  return fmt::format(
      "the buffers overlap (send is {} bytes at {:#x}, receive {} bytes at {:#x}) keep them apart, or in place: {}",
      send.bytes, send.first, recv.bytes, recv.first, in_place_form(request.collective));
}

std::optional<std::string> wrong_type(const Request& request) {
  if (static_cast<int>(request.type) < data_types) return std::nullopt;
  return fmt::format("no data type {} (types are 0 to {}) pass one of ncclDataType_t", static_cast<int>(request.type),
                     data_types - 1);
}

}  // namespace

Error refusal(Code code, const Call& call, Rank rank, std::string_view problem) {
  return {code, fmt::format("{} on rank {}: {}", call.name, rank, problem)};
}

Result<void> validate(const Call& call, Rank rank, Rank ranks) {
  const Request& request = call.request;
  std::optional<std::string> problem = wrong_type(request);
  if (!problem) problem = wrong_peer(request, ranks);
  if (!problem) problem = wrong_operator(request);
  if (!problem) problem = too_large(request, ranks);
  if (!problem) problem = missing_buffer(request, rank);
  if (!problem) problem = wrong_overlap(request, rank, ranks);
  if (problem) return refusal(Code::invalid_argument, call, rank, *problem);
  return {};
}

}  // namespace treering::api

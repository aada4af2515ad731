#include "api/c_call.hpp"

#include <fmt/format.h>

#include "api/group.hpp"
#include "api/last_error.hpp"

namespace treering::api {
namespace {

/// Built-in operators take every type, and every call that does not bring its own is one of those.
bool is_built_in(const CCall& call) {
  return !reduces(call.collective) || (call.op >= 0 && call.op < ncclNumOps);
}

Request request_of(const CCall& call, DataType type, Operator op) {
  const DataType moved_as = op.combine() != nullptr ? DataType::uint8 : type;
  return {call.collective, call.send, call.recv, call.count, moved_as, size_of(type), std::move(op), call.root};
}

Result<Request> resolve(const CCall& call, DataType type) {
  auto op = call.comm->operators.resolve(call.op, type);
  if (!op) return std::move(op).error();
  return request_of(call, type, *std::move(op));
}

Result<void> attempt(const CCall& call) {
  const auto lease = lease_of(call.comm);
  if (!lease) return named(call.name, lease.error());
  if (call.stream != nullptr) {
    return named(call.name,
                 {Code::invalid_usage,
                  "the stream is not null (buffers are host memory here, and a call returns when its result is there) "
                  "pass a null stream"});
  }
  const auto refused = [&](const Error& error) {
    return refusal(error.code, {call.name, {}}, (*lease)->terms().rank, error.message);
  };
  if (!is_data_type(call.type)) return refused(data_type_from(call.type).error());
  const auto type = static_cast<DataType>(call.type);
  if (is_built_in(call)) {
    const auto reduction = reduces(call.collective) ? static_cast<Reduction>(call.op) : Reduction::sum;
    return submit(lease->endpoint(), {call.name, request_of(call, type, reduction)});
  }
  auto request = resolve(call, type);
  if (!request) return refused(request.error());
  return submit(lease->endpoint(), {call.name, *std::move(request)});
}

}  // namespace

ncclResult_t carry_out(const CCall& call) noexcept {
  return reported([&]() -> Result<void> {
    auto result = attempt(call);
    CallGroup& group = CallGroup::of_this_thread();
    if (!result && group.is_open()) group.fail(result.error());
    return result;
  });
}

Error named(std::string_view name, const Error& error) {
  return {error.code, fmt::format("{}: {}", name, error.message)};
}

Result<DataType> data_type_from(ncclDataType_t type) {
  if (is_data_type(type)) return static_cast<DataType>(type);
  return Error{Code::invalid_argument, fmt::format("no data type {} (types are 0 to {}) pass one of ncclDataType_t",
                                                   static_cast<int>(type), data_types - 1)};
}

}  // namespace treering::api

#include "api/c_call.hpp"

#include <fmt/format.h>

#include "api/group.hpp"
#include "api/last_error.hpp"

namespace treering::api {
namespace {

Result<void> resolve(const CCall& call, Request& request) {
  // Built-in operators take every type, and every call that does not bring its own goes this way.
  if (call.op >= 0 && call.op < ncclNumOps) {
    request.op = static_cast<Reduction>(call.op);
    return {};
  }
  auto op = call.comm->operators.resolve(call.op, request.type);
  if (!op) return std::move(op).error();
  request.op = *std::move(op);
  if (request.op.combine() != nullptr) request.type = DataType::uint8;
  return {};
}

Result<void> fill(const CCall& call, Request& request) {
  const auto type = data_type_from(call.type);
  if (!type) return type.error();
  request.collective = call.collective;
  request.send = call.send;
  request.recv = call.recv;
  request.count = call.count;
  request.type = *type;
  request.element_bytes = size_of(*type);
  request.root = call.root;
  return reduces(call.collective) ? resolve(call, request) : Result<void>();
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
  Call made{call.name, {}};
  if (auto filled = fill(call, made.request); !filled)
    return refusal(filled.error().code, made, (*lease)->terms().rank, filled.error().message);
  return submit(lease->endpoint(), made);
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
  const int value = static_cast<int>(type);
  if (value >= 0 && value < data_types) return static_cast<DataType>(value);
  return Error{Code::invalid_argument,
               fmt::format("no data type {} (types are 0 to {}) pass one of ncclDataType_t", value, data_types - 1)};
}

}  // namespace treering::api

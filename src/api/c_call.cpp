#include "api/c_call.hpp"

#include <fmt/format.h>

#include "api/group.hpp"
#include "api/last_error.hpp"

namespace treering::api {
namespace {

Result<Request> request_of(const CCall& call) {
  const auto type = data_type_from(call.type);
  if (!type) return type.error();
  Request request{.collective = call.collective,
                  .send = call.send,
                  .recv = call.recv,
                  .count = call.count,
                  .type = *type,
                  .element_bytes = size_of(*type),
                  .root = call.root};
  if (!reduces(call.collective)) return request;
  auto op = call.comm->operators.resolve(call.op, *type);
  if (!op) return std::move(op).error();
  request.op = *std::move(op);
  if (request.op.combine() != nullptr) request.type = DataType::uint8;
  return request;
}

Result<void> attempt(const CCall& call) {
  const auto endpoint = endpoint_of(call.comm);
  if (!endpoint) return named(call.name, endpoint.error());
  if (call.stream != nullptr) {
    return named(call.name,
                 {Code::invalid_usage,
                  "the stream is not null (buffers are host memory here, and a call returns when its result is there) "
                  "pass a null stream"});
  }
  const auto request = request_of(call);
  if (!request)
    return refusal(request.error().code, {call.name, {}}, (*endpoint)->terms().rank, request.error().message);
  return submit(*endpoint, {call.name, *request});
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

#include "api/operator_table.hpp"

#include <fmt/format.h>

#include <atomic>

namespace treering::api {

ncclRedOp_t OperatorTable::insert(Entry entry) {
  static std::atomic<int> next = ncclNumOps;
  const int number = next++;
  const std::lock_guard lock(mutex_);
  entries_.emplace(number, std::move(entry));
  return static_cast<ncclRedOp_t>(number);
}

ncclRedOp_t OperatorTable::add(Operator made, DataType type) {
  return insert({type, std::move(made)});
}

ncclRedOp_t OperatorTable::add_deferred(const void* scale, DataType type) {
  return insert({type, scale});
}

Result<void> OperatorTable::remove(ncclRedOp_t number) {
  const std::lock_guard lock(mutex_);
  if (entries_.erase(static_cast<int>(number)) == 1) return {};
  return Error{
      Code::invalid_argument,
      fmt::format("no operator {} to destroy ({}) destroy once what was made for this communicator",
                  static_cast<int>(number),
                  number < ncclNumOps ? "it is built in" : "destroyed before, or made for another communicator")};
}

Result<Operator> OperatorTable::resolve(ncclRedOp_t number, DataType type) const {
  const int value = static_cast<int>(number);
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(value);
  if (found == entries_.end()) {
    return Error{Code::invalid_argument,
                 fmt::format("no operator {} (neither built in nor made for this communicator, or "
                             "destroyed) pass ncclSum .. ncclAvg or what was made for it",
                             value)};
  }
  const Entry& entry = found->second;
  if (entry.type != type) {
    return Error{Code::invalid_argument,
                 fmt::format("operator {} is for data type {} (the call's is {}) make one for each type", value,
                             static_cast<int>(entry.type), static_cast<int>(type))};
  }
  if (const auto* scale = std::get_if<const void*>(&entry.made))
    return Operator::premultiplied_sum(*scale, size_of(type));
  return std::get<Operator>(entry.made);
}

}  // namespace treering::api

// Operators that a program makes at run time, by their numbers.
#pragma once

#include <map>
#include <mutex>
#include <variant>

#include "nccl/nccl.h"
#include "treering/operator.hpp"
#include "treering/result.hpp"

namespace treering::api {

/// Of one communicator. Numbers are never used twice, by any communicator of the process, so that a stale or foreign
/// one is noticed. Threads: any.
class OperatorTable {
 public:
  ncclRedOp_t add(Operator made, DataType type);
  /// A pre-multiplied sum whose scale lies at `scale` whenever a collective is called.
  ncclRedOp_t add_deferred(const void* scale, DataType type);
  Result<void> remove(ncclRedOp_t number);

  /// The operator that was made under `number`, for elements of `type`.
  Result<Operator> resolve(ncclRedOp_t number, DataType type) const;

 private:
  struct Entry {
    DataType type;
    std::variant<Operator, const void*> made;
  };
  ncclRedOp_t insert(Entry entry);

  mutable std::mutex mutex_;
  std::map<int, Entry> entries_;
};

}  // namespace treering::api

// The words of the command line: collectives, element types and operators, spelled as nccl-tests spells them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "treering/types.hpp"

namespace treering::perf {

enum class Kind : std::uint8_t {
  all_reduce,
  broadcast,
  reduce,
  all_gather,
  reduce_scatter,
  scan,
  exscan,
  barrier,
  sendrecv,
};

enum class Op : std::uint8_t { sum, prod, max, min, avg, mulsum, none };

/// All names, in the order of the enumerations.
std::span<const std::string_view> kind_names();
std::span<const std::string_view> type_names();  ///< "int8" .. "half" "float" "double" "bfloat16" "f8e4m3" "f8e5m2"
std::span<const std::string_view> op_names();    ///< without "none"

std::string_view name_of(Kind kind);
std::string_view name_of(DataType type);
std::string_view name_of(Op op);

std::optional<Kind> kind_named(std::string_view name);
/// Also "float32", "float16", "float64", "float8_e4m3", "float8_e5m2".
std::optional<DataType> type_named(std::string_view name);
std::optional<Op> op_named(std::string_view name);

bool reduces(Kind kind);   ///< takes an operator
bool has_root(Kind kind);  ///< broadcast and reduce

/// The candidate that takes the fewest edits to reach from `word`; empty where even that one has little in common.
std::string nearest(std::string_view word, std::span<const std::string_view> candidates);

/// "no type `flaot` (...) did you mean `float`?"
std::string unknown_name(std::string_view what, std::string_view word, std::span<const std::string_view> candidates);

}  // namespace treering::perf

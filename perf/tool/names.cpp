#include "names.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>
#include <vector>

namespace treering::perf {
namespace {

using namespace std::string_view_literals;

constexpr std::array kinds = {"all_reduce"sv, "broadcast"sv, "reduce"sv,  "all_gather"sv, "reduce_scatter"sv,
                              "scan"sv,       "exscan"sv,    "barrier"sv, "sendrecv"sv};
constexpr std::array<std::string_view, data_types> types = {"int8", "uint8", "int32",  "uint32",   "int64",  "uint64",
                                                            "half", "float", "double", "bfloat16", "f8e4m3", "f8e5m2"};
constexpr std::array ops = {"sum"sv, "prod"sv, "max"sv, "min"sv, "avg"sv, "mulsum"sv};

constexpr std::array<std::pair<std::string_view, DataType>, 5> other_type_names = {{
    {"float16", DataType::float16},
    {"float32", DataType::float32},
    {"float64", DataType::float64},
    {"float8_e4m3", DataType::float8_e4m3},
    {"float8_e5m2", DataType::float8_e5m2},
}};

template <class Enum>
std::optional<Enum> find(std::span<const std::string_view> names, std::string_view name) {
  const auto at = std::find(names.begin(), names.end(), name);
  if (at == names.end()) return std::nullopt;
  return static_cast<Enum>(at - names.begin());
}

/// Levenshtein's distance: insertions, deletions and replacements.
std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, replaced}));
    }
  }
  return row.back();
}

}  // namespace

std::span<const std::string_view> kind_names() {
  return kinds;
}
std::span<const std::string_view> type_names() {
  return types;
}
std::span<const std::string_view> op_names() {
  return ops;
}

std::string_view name_of(Kind kind) {
  return kinds[static_cast<std::size_t>(kind)];
}
std::string_view name_of(DataType type) {
  return types[static_cast<std::size_t>(type)];
}
std::string_view name_of(Op op) {
  return op == Op::none ? "none"sv : ops[static_cast<std::size_t>(op)];
}

std::optional<Kind> kind_named(std::string_view name) {
  return find<Kind>(kinds, name);
}
std::optional<Op> op_named(std::string_view name) {
  return find<Op>(ops, name);
}
std::optional<DataType> type_named(std::string_view name) {
  for (const auto& [other, type] : other_type_names) {
    if (name == other) return type;
  }
  return find<DataType>(types, name);
}

bool reduces(Kind kind) {
  switch (kind) {
    case Kind::all_reduce:
    case Kind::reduce:
    case Kind::reduce_scatter:
    case Kind::scan:
    case Kind::exscan: return true;
    default: return false;
  }
}

bool has_root(Kind kind) {
  return kind == Kind::broadcast || kind == Kind::reduce;
}

std::string nearest(std::string_view word, std::span<const std::string_view> candidates) {
  std::string_view best;
  std::size_t fewest = std::max<std::size_t>(2, word.size() / 2) + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t needed = edits(word, candidate);
    if (needed < fewest) {
      fewest = needed;
      best = candidate;
    }
  }
  return std::string(best);
}

std::string unknown_name(std::string_view what, std::string_view word, std::span<const std::string_view> candidates) {
  const std::string close = nearest(word, candidates);
  const std::string advice = close.empty() ? "choose one of them" : fmt::format("did you mean `{}`?", close);
  return fmt::format("no {} `{}` (there are {}) {}", what, word, fmt::join(candidates, ", "), advice);
}

}  // namespace treering::perf

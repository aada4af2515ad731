#include "sweep.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "call.hpp"
#include "check.hpp"
#include "memory.hpp"
#include "options/option_values.hpp"
#include "timing.hpp"

namespace treering::perf {
namespace {

constexpr std::uint64_t seed = 0x7265657269676e;

class Bench {
 public:
  Bench(Communicator& communicator, const Settings& settings, Console& console)
      : communicator_(communicator), settings_(settings), console_(console) {}

  Result<void> allocate() {
    std::uint64_t most = 0;
    for (const DataType type : settings_.types) {
      for (const std::uint64_t bytes : settings_.sweep.sizes()) {
        most = std::max(most, extent(settings_.kind, bytes, type, communicator_.ranks()).bytes);
      }
    }
    const std::uint64_t bytes = most + 8 * static_cast<std::uint64_t>(settings_.unalign);
    for (Memory* memory : {&first_, &second_}) {
      Result<Memory> made =
          Memory::make(bytes, settings_.local_register ? Memory::Home::of_the_library : Memory::Home::own);
      if (!made) return made.error();
      *memory = std::move(*made);
    }
    return {};
  }

  Result<Line> line(const Shape& shape) {
    Line made;
    made.extent = shape.extent;
    made.type = shape.type;
    made.op = shape.op;
    made.root = has_root(shape.kind) ? shape.root : -1;
    made.timestamp = time_text();
    Result<Measured> out_of_place = place(shape, Where::out_of_place);
    if (!out_of_place) return std::move(out_of_place).error();
    made.out_of_place = std::move(*out_of_place);
    Result<Measured> in_place = place(shape, Where::in_place);
    if (!in_place) return std::move(in_place).error();
    made.in_place = std::move(*in_place);
    return made;
  }

 private:
  Result<Measured> place(const Shape& shape, Where where) {
    const Values values(shape.type, shape.op, communicator_.ranks(), seed);
    const std::size_t offset = static_cast<std::size_t>(settings_.unalign) * size_of(shape.type);
    Call call(communicator_, shape, where, first_.data() + offset, second_.data() + offset,
              values.scale_bits(communicator_.rank()));
    prepare(call, shape, values, communicator_.rank(), ++repetition_);

    const char* named = where == Where::in_place ? "in place" : "out of place";
    console_.progress(fmt::format("{} {}, {}: timing", size_text(shape.extent.bytes), name_of(shape.type), named));
    Result<Measured> measured = timed_calls(communicator_, call, shape, settings_);
    if (!measured || settings_.checks == 0) return measured;

    console_.progress(fmt::format("{} {}, {}: checking", size_text(shape.extent.bytes), name_of(shape.type), named));
    measured->wrong = 0;
    for (std::uint64_t k = 0; k < settings_.checks; ++k) {
      const Result<std::uint64_t> wrong = checked_call(communicator_, call, shape, values, ++repetition_);
      if (!wrong) return wrong.error();
      *measured->wrong += *wrong;
    }
    return measured;
  }

  Communicator& communicator_;
  const Settings& settings_;
  Console& console_;
  Memory first_, second_;
  std::uint64_t repetition_ = 0;
};

std::vector<Rank> roots(const Settings& settings, Rank ranks) {
  if (!has_root(settings.kind)) return {0};
  if (settings.root) return {*settings.root};
  std::vector<Rank> all;
  for (Rank rank = 0; rank < ranks; ++rank) all.push_back(rank);
  return all;
}

/// Everything that one cycle visits, in the order of nccl-tests: types, operators, roots, sizes.
std::vector<Shape> shapes(const Settings& settings, Rank ranks) {
  std::vector<Shape> all;
  const std::vector<Op> ops = reduces(settings.kind) ? settings.ops : std::vector{Op::none};
  const std::vector<std::uint64_t> sizes =
      settings.kind == Kind::barrier ? std::vector<std::uint64_t>{0} : settings.sweep.sizes();
  const std::vector<DataType> types = settings.kind == Kind::barrier ? std::vector{DataType::int8} : settings.types;
  for (const DataType type : types) {
    for (const Op op : ops) {
      for (const Rank root : roots(settings, ranks)) {
        for (const std::uint64_t bytes : sizes) {
          all.push_back({settings.kind, type, op, root, extent(settings.kind, bytes, type, ranks)});
        }
      }
    }
  }
  return all;
}

}  // namespace

Result<void> sweep(Communicator& communicator, const Settings& settings, Console& console, Report& report) {
  if (settings.root && *settings.root >= communicator.ranks() && has_root(settings.kind)) {
    return Error{Code::invalid_argument,
                 fmt::format("no root {} (ranks are 0 to {}) lower -r", *settings.root, communicator.ranks() - 1)};
  }
  Bench bench(communicator, settings, console);
  if (Result<void> allocated = bench.allocate(); !allocated) return allocated;
  const std::vector<Shape> all = shapes(settings, communicator.ranks());
  console.print(columns_text(settings));
  for (std::uint64_t cycle = 0; settings.cycles == 0 || cycle < settings.cycles; ++cycle) {
    if (settings.cycles == 0) report.lines.clear();  // one that never ends keeps the last cycle only
    for (const Shape& shape : all) {
      Result<Line> line = bench.line(shape);
      if (!line) return std::move(line).error();
      console.print(line_text(*line, settings));
      report.lines.push_back(std::move(*line));
    }
  }
  console.print(footer_text(settings, report.lines));
  return {};
}

}  // namespace treering::perf

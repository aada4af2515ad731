#include "support/lockstep.hpp"

#include <cstdio>
#include <cstdlib>

#include "support/launch.hpp"

namespace treering::test {
namespace {

constexpr std::uint64_t ring_bytes = 1 << 20;  // as TREERING_WINDOW is by default

/// A number of no other communicator of this process.
std::uint64_t next_communicator() {
  static std::uint64_t last = 0;
  return ++last;
}

}  // namespace

void fail(const Error& error) {
  std::fprintf(stderr, "%s\n", error.message.c_str());
  std::exit(1);
}

LoopbackWires::LoopbackWires(std::uint64_t communicator, Rank rank, Rank ranks, Long messages)
    : bell_(must(OwnBell::create())),
      loopback_(communicator, rank, ranks, bell_.bell(), ring_bytes),
      messages_(messages) {}

Result<SendEnd*> LoopbackWires::send_end(Rank to, LaneIndex lane) {
  auto end = loopback_.open_send(to, lane);
  if (end && messages_ == Long::in_rings) (*end)->lender = nullptr;
  return end;
}

Result<RecvEnd*> LoopbackWires::recv_end(Rank from, LaneIndex lane) {
  return loopback_.open_recv(from, lane);
}

Lockstep::Lockstep(Rank ranks, Long messages) {
  const std::uint64_t communicator = next_communicator();
  for (Rank rank = 0; rank < ranks; ++rank)
    seats_.push_back(std::make_unique<Seat>(communicator, rank, ranks, messages));
}

void Lockstep::run(std::span<const Launch> launches) {
  for (std::size_t rank = 0; rank < seats_.size(); ++rank) {
    seats_[rank]->engine.prepare() = launches[rank];
    seats_[rank]->engine.start();
  }
  for (bool idle = false; !idle;) {
    idle = true;
    for (const auto& seat : seats_) {
      seat->engine.progress();
      idle &= seat->engine.idle();
    }
  }
}

Work work_on(std::vector<float>& input, std::vector<float>& output) {
  Work work;
  work.element_bytes = sizeof(float);
  work.arithmetic.type = DataType::float32;
  work.arithmetic.element_bytes = sizeof(float);
  work.kernel = kernel_for(work.arithmetic);
  work.digest = 1;
  work.base[static_cast<int>(Buffer::input)] = reinterpret_cast<std::uintptr_t>(input.data());
  work.base[static_cast<int>(Buffer::output)] = reinterpret_cast<std::uintptr_t>(output.data());
  return work;
}

Rehearsed::Rehearsed(Lockstep& ranks, const CatalogueRow& row, std::uint64_t bytes) : ranks_(ranks) {
  const std::uint64_t count = bytes / sizeof(float);
  memory_.reserve(2 * static_cast<std::size_t>(ranks.ranks()));
  for (Rank rank = 0; rank < ranks.ranks(); ++rank) {
    Shape shape{.ranks = ranks.ranks(), .rank = rank, .count = count};
    shape.sends.each = shape.recvs.each = count;
    auto program = must(bind(must(make(row, shape)), ranks.wires(rank)));
    for (const BoundLane& lane : program.lanes) steps_ += lane.steps.size();
    const std::size_t elements = count * static_cast<std::size_t>(ranks.ranks());
    std::vector<float>& input = memory_.emplace_back(elements, static_cast<float>(rank));
    std::vector<float>& output = memory_.emplace_back(elements);
    launches_.push_back(launch_of(std::move(program)));
    launches_.back().work = work_on(input, output);
  }
  run();  // what grows, grows now
}

const CatalogueRow& row_named(Collective collective, std::string_view name) {
  return *must(find_row(collective, name));
}

}  // namespace treering::test

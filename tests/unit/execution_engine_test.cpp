// The real executor over real wires in memory: every algorithm of the catalogue, all ranks in one thread, tiny windows.
#include <gtest/gtest.h>

#include <random>

#include "algorithms/catalogue.hpp"
#include "execution/engine.hpp"
#include "support/launch.hpp"
#include "support/memory_wires.hpp"

namespace treering {
namespace {

/// x -> a x + b modulo 2^64: composition does not commute, and any lost, doubled or swapped factor shows.
struct Affine {
  std::uint64_t a, b;
  friend bool operator==(const Affine&, const Affine&) = default;
};
Affine then(const Affine& f, const Affine& g) {
  return {f.a * g.a, g.a * f.b + g.b};
}
Affine contribution(Rank rank, std::uint64_t element) {
  const auto scramble = [](std::uint64_t x) {
    x = (x ^ (x >> 31)) * 0x7fb5d329728ea185u;
    return (x ^ (x >> 27)) * 0x81dadef4bc2dd44du;
  };
  const std::uint64_t seed = scramble(static_cast<std::uint64_t>(rank) * 1'000'003 + element + 1);
  return {seed | 1, scramble(seed)};
}

struct Case {
  const CatalogueRow* row;
  Rank ranks;
  std::uint64_t count;
  bool in_place;
  std::uint64_t ring_bytes;
  test::Lending lending;
};

/// One collective on all ranks of a test, in one thread.
class World {
 public:
  explicit World(const Case& c) : case_(c), wires_(c.ranks, c.ring_bytes, c.lending) {
    const Pace pace{c.ring_bytes / 4, c.ring_bytes / 2, c.count % 2 ? std::uint64_t{1} : std::uint64_t{1} << 40};
    for (Rank rank = 0; rank < c.ranks; ++rank) {
      engines_.push_back(std::make_unique<Engine>(std::span<Transport* const>{}, pace, wires_.staging_of(rank)));
      fill(rank);
    }
  }

  void run(unsigned seed) {
    for (Rank rank = 0; rank < case_.ranks; ++rank) start(rank);
    std::mt19937 random(seed);
    std::vector<Rank> order(case_.ranks);
    for (Rank rank = 0; rank < case_.ranks; ++rank) order[rank] = rank;
    for (;;) {
      std::shuffle(order.begin(), order.end(), random);
      bool moved = false;
      for (const Rank rank : order) moved |= engines_[rank]->progress();
      if (std::all_of(engines_.begin(), engines_.end(), [](const auto& e) { return e->idle(); })) return;
      ASSERT_TRUE(moved) << "deadlock";
    }
  }

  void expect_right() const {
    for (Rank rank = 0; rank < case_.ranks; ++rank)
      for (std::uint64_t k = 0; k < wanted(rank); ++k) {
        const auto got = output(rank)[k];
        if (case_.row->order == Order::kept)
          ASSERT_EQ(got, product(rank, k)) << "rank " << rank << " element " << k;
        else
          ASSERT_EQ(got.b, sum(k, rank)) << "rank " << rank << " element " << k;
      }
  }

 private:
  Collective collective() const { return case_.row->collective; }
  bool is(Collective c) const { return collective() == c; }
  std::uint64_t n() const { return case_.count; }
  Rank root() const { return case_.ranks / 2; }
  /// Where the input of a rank starts in the output, in place.
  std::uint64_t in_place_at(Rank rank) const { return is(Collective::all_gather) ? rank * n() : 0; }
  bool in_place(Rank rank) const {
    const bool rooted = is(Collective::broadcast) || is(Collective::reduce);
    return case_.in_place && (!rooted || rank == root());
  }
  std::uint64_t input_size() const { return is(Collective::reduce_scatter) ? n() * case_.ranks : n(); }
  std::uint64_t wanted(Rank rank) const {
    if (is(Collective::barrier) || (is(Collective::reduce) && rank != root())) return 0;
    if (is(Collective::exclusive_scan) && rank == 0) return 0;
    return is(Collective::all_gather) ? n() * case_.ranks : n();
  }
  const Affine* output(Rank rank) const {
    const auto* at = outputs_[rank].data();
    return in_place(rank) && is(Collective::reduce_scatter) ? at + rank * n() : at;
  }

  /// Which ranks take part in element k of rank's result, and which of their elements.
  Affine product(Rank rank, std::uint64_t k) const {
    if (is(Collective::broadcast)) return contribution(root(), k);
    if (is(Collective::all_gather)) return contribution(static_cast<Rank>(k / n()), k % n());
    const std::uint64_t element = is(Collective::reduce_scatter) ? rank * n() + k : k;
    const Rank last = is(Collective::scan) ? rank : is(Collective::exclusive_scan) ? rank - 1 : case_.ranks - 1;
    Affine all = contribution(0, element);
    for (Rank q = 1; q <= last; ++q) all = then(all, contribution(q, element));
    return all;
  }
  std::uint64_t sum(std::uint64_t k, Rank rank) const {
    const std::uint64_t element = is(Collective::reduce_scatter) ? rank * n() + k : k;
    std::uint64_t all = 0;
    for (Rank q = 0; q < case_.ranks; ++q) all += contribution(q, element).b;
    return all;
  }

  void fill(Rank rank) {
    std::vector<Affine> input(input_size());
    for (std::uint64_t k = 0; k < input.size(); ++k) input[k] = contribution(rank, k);
    outputs_.emplace_back(n() * case_.ranks + n(), Affine{~0ull, ~0ull});
    if (in_place(rank)) std::copy(input.begin(), input.end(), outputs_[rank].begin() + in_place_at(rank));
    inputs_.push_back(std::move(input));
  }

  void start(Rank rank) {
    Shape shape{.ranks = case_.ranks, .rank = rank, .root = root(), .count = n(), .in_place = in_place(rank)};
    shape.sends.each = shape.recvs.each = n();
    auto schedule = make(*case_.row, shape);
    ASSERT_TRUE(schedule) << schedule.error().message;
    auto program = bind(*schedule, wires_.of(rank));
    ASSERT_TRUE(program) << program.error().message;
    const auto combine = [commutes = case_.row->order == Order::commutative](const Affine& f, const Affine& g) {
      return commutes ? Affine{f.a, f.b + g.b} : then(f, g);
    };
    Launch& launch = engines_[rank]->prepare();
    launch = test::launch_of(*std::move(program));
    launch.op = Operator::of<Affine>(combine);
    launch.work.element_bytes = launch.work.arithmetic.element_bytes = sizeof(Affine);
    launch.work.arithmetic.combine = launch.op.combine();
    launch.work.kernel = kernel_for(launch.work.arithmetic);
    launch.work.digest = 77;
    launch.work.base[static_cast<int>(Buffer::input)] = reinterpret_cast<std::uintptr_t>(inputs_[rank].data());
    launch.work.base[static_cast<int>(Buffer::output)] = reinterpret_cast<std::uintptr_t>(outputs_[rank].data());
    engines_[rank]->start();
  }

  Case case_;
  test::MemoryWires wires_;
  std::vector<std::unique_ptr<Engine>> engines_;
  std::vector<std::vector<Affine>> inputs_, outputs_;
};

class Engines : public testing::TestWithParam<std::size_t> {};

TEST_P(Engines, GiveWhatTheCollectiveMeansAtTheSmallestWindows) {
  const CatalogueRow& row = catalogue()[GetParam()];
  for (const Rank ranks : {1, 2, 3, 4, 5, 7, 8, 13})
    for (const std::uint64_t count : {0, 1, 3, 4, 29, 301})
      for (const bool in_place : {false, true})
        for (const std::uint64_t ring_bytes : {64, 256, 4096})
          for (const auto lending : {test::Lending::nothing, test::Lending::all, test::Lending::staging}) {
            SCOPED_TRACE(testing::Message() << row.name << " " << name_of(row.collective) << ", " << ranks << " ranks, "
                                            << count << " elements, in place " << in_place << ", ring of " << ring_bytes
                                            << ", lending " << static_cast<int>(lending));
            World world({&row, ranks, count, in_place, ring_bytes, lending});
            // In place, what a rank contributes is gone afterwards; else again, over wires and memory that were used.
            for (int times = 0; times < (in_place ? 1 : 3); ++times)
              world.run(static_cast<unsigned>(ranks * 31 + count + times));
            world.expect_right();
            if (testing::Test::HasFailure()) return;
          }
}

std::string name_of_case(const testing::TestParamInfo<std::size_t>& info) {
  const CatalogueRow& row = catalogue()[info.param];
  std::string name = std::string(name_of(row.collective)) + "_" + std::string(row.name);
  for (char& c : name)
    if (c == '-') c = '_';
  return name;
}
INSTANTIATE_TEST_SUITE_P(Catalogue, Engines, testing::Range<std::size_t>(0, catalogue().size()), name_of_case);

}  // namespace
}  // namespace treering

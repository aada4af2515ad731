// Ranks of several hosts, dealt out one by one: every collective is right, and the order in which ranks stand is what
// the options say. Ranks are processes here; each sees the boot id of its host, which a mount namespace of its own puts
// in the place of the kernel's. All else is real: hosts of different boot ids talk over TCP.
#include <gmock/gmock.h>
#include <sched.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

#include "options/constants.hpp"
#include "process/api_processes.hpp"
#include "process/faked_hosts.hpp"
#include "treering/treering.h"

namespace treering {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

/// Rank r is on host hosts[r].
std::vector<Report> on_hosts(const std::vector<int>& hosts, const std::vector<std::pair<const char*, const char*>>& set,
                             const std::function<Report(int rank, ncclComm_t comm)>& body) {
  const Files files;
  std::vector<std::string> boot_ids;
  for (const int host : hosts) boot_ids.push_back(files.boot_id(host));
  return in_processes(static_cast<int>(hosts.size()), body, [&](int rank) {
    setenv("TREERING_OPERATION_TIMEOUT", "60", 1);  // an error, where it would be a hang
    for (const auto& [name, value] : set) setenv(name, value, 1);
    if (!move_to_host(boot_ids[static_cast<std::size_t>(rank)])) _exit(3);
  });
}

/// A map x -> a x + b of 32-bit numbers. Composition is associative, and not commutative.
struct Affine {
  std::uint32_t a, b;
  friend bool operator==(const Affine&, const Affine&) = default;
};
Affine then(Affine first, Affine second) {
  return {first.a * second.a, first.b * second.a + second.b};
}
void compose(void* accumulator, const void* operand, std::size_t count, void*) {
  for (std::size_t k = 0; k < count; ++k) {
    Affine first, second;
    std::memcpy(&first, static_cast<char*>(accumulator) + k * sizeof first, sizeof first);
    std::memcpy(&second, static_cast<const char*>(operand) + k * sizeof second, sizeof second);
    const Affine both = then(first, second);
    std::memcpy(static_cast<char*>(accumulator) + k * sizeof both, &both, sizeof both);
  }
}

/// A number that no other rank has there, nor this rank elsewhere.
std::int64_t number_at(int rank, std::size_t position) {
  return static_cast<std::int64_t>(position) * 16 + rank;
}
std::vector<std::int64_t> numbers(int rank, std::size_t count) {
  std::vector<std::int64_t> all(count);
  for (std::size_t k = 0; k < count; ++k) all[k] = number_at(rank, k);
  return all;
}
std::int64_t sum_at(int ranks, std::size_t position) {
  return ranks * static_cast<std::int64_t>(position) * 16 + ranks * (ranks - 1) / 2;
}

/// All collectives, one after another, with a count that no number of ranks divides.
class Collectives {
 public:
  Collectives(int ranks, int rank, ncclComm_t comm, std::size_t count)
      : ranks_(ranks), rank_(rank), comm_(comm), count_(count) {}

  std::string run() {
    all_reduce(false);
    all_reduce(true);
    for (int root = 0; root < ranks_; ++root) {
      broadcast(root);
      reduce(root);
    }
    blocks(false);
    blocks(true);
    scans();
    in_order();
    ok(treeringBarrier(comm_, nullptr), "barrier");
    return wrong_;
  }

 private:
  void ok(ncclResult_t result, const std::string& what) {
    if (result != ncclSuccess && wrong_.empty()) wrong_ = what + ": " + ncclGetLastError(comm_);
  }
  template <class T, class Want>
  void expect(const std::string& what, const std::vector<T>& got, const Want& want, std::size_t first = 0) {
    for (std::size_t k = first; k < got.size() && wrong_.empty(); ++k)
      if (!(got[k] == want(k))) wrong_ = what + " of " + std::to_string(count_) + " wrong at " + std::to_string(k);
  }
  std::size_t index() const { return static_cast<std::size_t>(rank_); }
  std::size_t of_all() const { return static_cast<std::size_t>(ranks_) * count_; }

  void all_reduce(bool in_place) {
    std::vector<std::int64_t> in = numbers(rank_, count_), out(count_, -1);
    auto& result = in_place ? in : out;
    ok(ncclAllReduce(in.data(), result.data(), count_, ncclInt64, ncclSum, comm_, nullptr), "all-reduce");
    expect("all-reduce", result, [&](std::size_t k) { return sum_at(ranks_, k); });
  }
  void broadcast(int root) {
    std::vector<std::int64_t> in = numbers(rank_, count_), out(count_, -1);
    ok(ncclBroadcast(in.data(), out.data(), count_, ncclInt64, root, comm_, nullptr), "broadcast");
    expect("broadcast", out, [&](std::size_t k) { return number_at(root, k); });
  }
  void reduce(int root) {
    std::vector<std::int64_t> in = numbers(rank_, count_), out(count_, -1);
    ok(ncclReduce(in.data(), out.data(), count_, ncclInt64, ncclSum, root, comm_, nullptr), "reduce");
    expect("reduce", out, [&](std::size_t k) { return rank_ == root ? sum_at(ranks_, k) : -1; });
  }
  void blocks(bool in_place) {
    const std::vector<std::int64_t> mine = numbers(rank_, count_);
    std::vector<std::int64_t> all(of_all(), -1);
    std::ranges::copy(mine, all.begin() + static_cast<std::ptrdiff_t>(index() * count_));
    std::int64_t* const own = all.data() + index() * count_;
    ok(ncclAllGather(in_place ? own : mine.data(), all.data(), count_, ncclInt64, comm_, nullptr), "all-gather");
    expect("all-gather", all, [&](std::size_t k) { return number_at(static_cast<int>(k / count_), k % count_); });
    std::vector<std::int64_t> long_one = numbers(rank_, of_all()), out(count_, -1);
    std::int64_t* const result = in_place ? long_one.data() + index() * count_ : out.data();
    ok(ncclReduceScatter(long_one.data(), result, count_, ncclInt64, ncclSum, comm_, nullptr), "reduce-scatter");
    expect("reduce-scatter", std::vector(result, result + count_),
           [&](std::size_t k) { return sum_at(ranks_, index() * count_ + k); });
  }
  void scans() {
    std::vector<std::int64_t> in = numbers(rank_, count_), out(count_, -1);
    ok(treeringScan(in.data(), out.data(), count_, ncclInt64, ncclSum, comm_, nullptr), "scan");
    expect("scan", out, [&](std::size_t k) { return sum_at(rank_ + 1, k); });
    ok(treeringExclusiveScan(in.data(), out.data(), count_, ncclInt64, ncclSum, comm_, nullptr), "exclusive scan");
    if (rank_ > 0) expect("exclusive scan", out, [&](std::size_t k) { return sum_at(rank_, k); });
  }
  /// What is not commutative takes ranks in their order, wherever they are.
  void in_order() {
    ncclRedOp_t composition;
    ok(treeringRedOpCreate(&composition, compose, nullptr, ncclUint64, treeringOrderKept, comm_), "operator");
    const auto map_at = [](int rank, std::size_t k) {
      return Affine{static_cast<std::uint32_t>(2 * rank + 3), static_cast<std::uint32_t>(k + 1)};
    };
    std::vector<Affine> in(count_), out(count_);
    for (std::size_t k = 0; k < count_; ++k) in[k] = map_at(rank_, k);
    const auto product = [&](std::size_t k) {
      Affine all = map_at(0, k);
      for (int rank = 1; rank < ranks_; ++rank) all = then(all, map_at(rank, k));
      return all;
    };
    ok(ncclAllReduce(in.data(), out.data(), count_, ncclUint64, composition, comm_, nullptr), "ordered all-reduce");
    expect("ordered all-reduce", out, product);
    std::vector<Affine> at_root(count_);
    ok(ncclReduce(in.data(), at_root.data(), count_, ncclUint64, composition, 1, comm_, nullptr), "ordered reduce");
    if (rank_ == 1) expect("ordered reduce", at_root, product);
    ok(ncclRedOpDestroy(composition, comm_), "operator");
  }

  int ranks_, rank_;
  ncclComm_t comm_;
  std::size_t count_;
  std::string wrong_;
};

class DealtOut : public testing::TestWithParam<const char*> {};

TEST_P(DealtOut, EveryCollectiveIsRight) {
  SKIP_UNLESS_HOSTS_CAN_BE_FAKED();
  for (const std::vector<int>& hosts : {std::vector{0, 1, 0, 1, 0, 1}, {2, 0, 1, 0, 2, 0, 0}}) {
    const int ranks = static_cast<int>(hosts.size());
    const auto reports = on_hosts(hosts, {{"TREERING_ALGORITHM", GetParam()}}, [&](int rank, ncclComm_t comm) {
      Report report;
      for (const std::size_t count : {1u, 5u, 1003u, 40001u})
        report.message += Collectives(ranks, rank, comm, count).run();
      if (report.message.empty()) report.message = "all is right";  // a rank that dies says nothing
      return report;
    });
    for (const Report& report : reports) EXPECT_EQ(report.message, "all is right");
  }
}

INSTANTIATE_TEST_SUITE_P(By, DealtOut, testing::Values("auto", "ring", "two-tree", "binomial", "recursive-doubling"),
                         [](const auto& algorithm) {
                           std::string name = algorithm.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

/// The bits of a sum whose value depends on the order of additions, of ranks on these hosts. Rank r adds what
/// contributors[r] would.
std::string bits_on(const std::vector<int>& hosts, const std::vector<int>& contributors, const char* order) {
  const auto reports =
      on_hosts(hosts, {{"TREERING_ALGORITHM", "ring"}, {"TREERING_ORDER", order}}, [&](int rank, ncclComm_t comm) {
        constexpr std::size_t count = 6 * 7;
        std::vector<float> data(count);
        std::uint32_t state = static_cast<std::uint32_t>(contributors[static_cast<std::size_t>(rank)]) + 1;
        for (float& value : data) value = static_cast<float>((state = state * 1664525u + 1013904223u) >> 3) * 1e-3f;
        Report report =
            timed([&] { return ncclAllReduce(data.data(), data.data(), count, ncclFloat, ncclSum, comm, nullptr); });
        if (report.result != ncclSuccess) return report;
        for (const float value : data) report.message += std::to_string(std::bit_cast<std::uint32_t>(value)) + " ";
        return report;
      });
  for (const Report& report : reports) EXPECT_EQ(report.message, reports[0].message);
  EXPECT_FALSE(reports[0].message.empty());
  return reports[0].message;
}

TEST(Order, ByPlaceIsThatOfRanksRenumberedHostByHost) {
  SKIP_UNLESS_HOSTS_CAN_BE_FAKED();
  const std::vector<int> one_host(6, 0), dealt_out = {0, 1, 0, 1, 0, 1};
  const std::vector<int> in_rank_order = {0, 1, 2, 3, 4, 5}, host_by_host = {0, 2, 4, 1, 3, 5};
  const std::string usual = bits_on(one_host, in_rank_order, "place");
  const std::string renumbered = bits_on(one_host, host_by_host, "place");
  ASSERT_NE(usual, renumbered);  // so the order shows
  EXPECT_EQ(bits_on(dealt_out, in_rank_order, "place"), renumbered);
  EXPECT_EQ(bits_on(dealt_out, in_rank_order, "rank"), usual);
}

TEST(Order, IsToldAtStart) {
  SKIP_UNLESS_HOSTS_CAN_BE_FAKED();
  const Files files;
  for (const bool by_place : {true, false}) {
    const std::string name = by_place ? "place" : "rank", log = files.path(name);
    on_hosts({0, 1, 0, 1, 0},
             {{"TREERING_LOG", "info"}, {"TREERING_LOG_FILE", log.c_str()}, {"TREERING_ORDER", name.c_str()}},
             [](int, ncclComm_t) { return Report(); });
    const std::string text = files.text(name);
    EXPECT_THAT(text, HasSubstr("5 ranks on 2 hosts, as rank 0 "));
    EXPECT_THAT(text, ContainsRegex("hosts +[^ ]+: 3 ranks \\(0-4:2\\) on [0-9]+ cores?\n"));
    EXPECT_THAT(text, ContainsRegex(" +[^ ]+: 2 ranks \\(1,3\\) on [0-9]+ cores?\n"));
    EXPECT_THAT(text, HasSubstr(by_place ? "by place, 0-4:2,1,3; a ring leads 2 times from host to host (4 in the order"
                                         : "by rank; a ring leads 4 times from host to host (2 with TREERING_ORDER"));
    EXPECT_THAT(text, HasSubstr("2 over shared memory, 2 over tcp; a window of "));
  }
}

/// What the log says is chosen for all-reduces of ranks on these hosts.
std::string all_reduce_choices(const std::vector<int>& hosts) {
  const Files files;
  const std::string log = files.path("log");
  on_hosts(hosts, {{"TREERING_LOG", "info"}, {"TREERING_LOG_FILE", log.c_str()}, {"TREERING_CONSTANTS", "none"}},
           [](int, ncclComm_t) { return Report(); });
  const std::string text = files.text("log"), head = "  all-reduce ";
  const std::size_t first = text.find(head);
  if (first == std::string::npos) return "nothing was told: " + text;
  return text.substr(first + head.size(), text.find('\n', first + 1) - first - head.size());
}

TEST(Choice, OfSeveralHostsSparesTheWayBetweenThem) {
  SKIP_UNLESS_HOSTS_CAN_BE_FAKED();
  for (const std::vector<int>& hosts : {std::vector{0, 0, 0, 0, 1, 1, 1, 1}, {0, 1, 0, 1, 0, 1, 0, 1}}) {
    const std::string choices = all_reduce_choices(hosts);
    EXPECT_THAT(choices, HasSubstr("ring beyond"));
    EXPECT_THAT(choices, testing::Not(HasSubstr("direct")));
  }
}

/// Constants by which other algorithms are the cheapest.
/// Of any host.
std::string constants_text(std::uint32_t alpha_ns, std::uint32_t beta_ps) {
  HostConstants constants;
  constants.shared_memory.alpha_ns = alpha_ns;
  constants.shared_memory.wake_ns = alpha_ns;
  constants.shared_memory.beta_ps = beta_ps;
  return text_of(constants, "*");
}

/// Runs all collectives on ranks each of which has its own file of constants. What was told at start.
std::string told_with_constants(const std::vector<std::string>& texts) {
  const Files files;
  std::vector<std::string> paths;
  for (const std::string& text : texts) paths.push_back(files.write(std::to_string(paths.size()), text));
  const int ranks = static_cast<int>(texts.size());
  const auto reports = in_processes(
      ranks,
      [&](int rank, ncclComm_t comm) {
        Report report;
        for (const std::size_t count : {1u, 1003u, 40001u})
          report.message += Collectives(ranks, rank, comm, count).run();
        if (report.message.empty()) report.message = "all is right";
        return report;
      },
      [&](int rank) {
        setenv("TREERING_OPERATION_TIMEOUT", "60", 1);
        setenv("TREERING_LOG", "info", 1);
        setenv("TREERING_LOG_FILE", files.path("log").c_str(), 1);
        setenv("TREERING_CONSTANTS", paths[static_cast<std::size_t>(rank)].c_str(), 1);
      });
  for (const Report& report : reports) EXPECT_EQ(report.message, "all is right");
  return files.text("log");
}

TEST(Choice, FollowsTheSlowestConstantsOnAllRanks) {
  const std::string fast = constants_text(10, 10), slow = constants_text(900'000, 11);
  const std::string all_fast = told_with_constants({fast, fast, fast});
  EXPECT_THAT(all_fast, HasSubstr("as measured: shared memory 10 ns a message, 10 ps a byte"));
  EXPECT_THAT(all_fast, ContainsRegex("  all-reduce +[^\n]*direct-halves beyond"));
  const std::string one_slow = told_with_constants({fast, fast, slow});
  EXPECT_THAT(one_slow, HasSubstr("as measured: shared memory 900000 ns a message, 11 ps a byte"));
  EXPECT_THAT(one_slow, ContainsRegex("  all-reduce +direct to [0-9.]+ MiB"));
}

TEST(Choice, GoesByTheDefaultsWhereAFileIsBroken) {
  const std::string told = told_with_constants({"{\"format\": 3}", constants_text(1, 1)});
  EXPECT_THAT(told, HasSubstr("is no file of constants (its format is not \"treering constants\") measure them again"));
  EXPECT_THAT(told, HasSubstr("; plans are priced by the defaults"));
  EXPECT_THAT(told, HasSubstr("prices            by the defaults"));
}

/// What the log says of ranks that are bound to two cores by turns, each core a NUMA domain.
TEST(Order, FollowsDomainsWithinAHost) {
  SKIP_UNLESS_HOSTS_CAN_BE_FAKED();
  cpu_set_t offered;
  ASSERT_EQ(sched_getaffinity(0, sizeof offered, &offered), 0);
  if (CPU_COUNT(&offered) < 2) GTEST_SKIP() << "SKIPPED: this needs two cores";
  std::vector<int> cores;
  for (int core = 0; core < CPU_SETSIZE && cores.size() < 2; ++core)
    if (CPU_ISSET(core, &offered)) cores.push_back(core);
  const Files files;
  files.write("nodes/online", "0-1");
  for (int domain = 0; domain < 2; ++domain)
    files.write("nodes/node" + std::to_string(domain) + "/cpulist", std::to_string(cores[1 - domain]));
  in_processes(
      4, [](int, ncclComm_t) { return Report(); },
      [&](int rank) {
        setenv("TREERING_LOG", "info", 1);
        setenv("TREERING_LOG_FILE", files.path("log").c_str(), 1);
        cpu_set_t own;
        CPU_ZERO(&own);
        CPU_SET(cores[rank % 2], &own);
        if (sched_setaffinity(0, sizeof own, &own) != 0 || !see(files.path("nodes"), "/sys/devices/system/node"))
          _exit(3);
      });
  const std::string text = files.text("log");
  EXPECT_THAT(text, ContainsRegex("4 ranks \\(0-3\\) on 2 cores; NUMA 0: 1,3; NUMA 1: 0,2\n"));
  EXPECT_THAT(text, HasSubstr("by place, 1,3,0,2; no hop of a ring leads from host to host"));
}

TEST(Order, MustBeAskedForAlike) {
  const auto reports = in_processes(
      2, [](int, ncclComm_t) { return Report(); },
      [](int rank) { setenv("TREERING_ORDER", rank == 0 ? "place" : "rank", 1); });
  for (const Report& report : reports) {
    EXPECT_EQ(report.result, ncclInvalidUsage);
    EXPECT_THAT(report.message, HasSubstr("TREERING_ORDER"));
  }
}

}  // namespace
}  // namespace treering

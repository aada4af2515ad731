// Memory links of this host are measured for real: what the figures are, no test can say, only what they cannot be.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "topology/builder.hpp"
#include "topology/measurement/measure.hpp"
#include "topology/measurement/processors.hpp"

namespace treering::topology {
namespace {

/// This machine as one domain of all processors that this process may run on, `processors` at most, and one that no
/// machine has.
struct Sample {
  explicit Sample(std::size_t processors) {
    const NodeIndex host = builder.add({.kind = NodeKind::host, .name = "here"});
    domain = builder.add({.kind = NodeKind::numa, .parent = host, .name = "numa0"});
    for (Processor processor = 0; processor < CPU_SETSIZE && cores.size() < processors; ++processor)
      if (may_run_on(processor)) cores.push_back(add_core(host, processor));
    missing = add_core(host, CPU_SETSIZE - 1);
    device = builder.add({.kind = NodeKind::nic, .parent = host, .name = "nic0"});
    builder.add({.from = domain, .to = device, .type = LinkType::pcie, .declared = both_ways(16)});
    topology = *std::move(builder).build();
  }

  NodeIndex add_core(NodeIndex host, Processor processor) {
    const auto number = static_cast<std::uint32_t>(processor);
    const NodeIndex core =
        builder.add({.kind = NodeKind::core, .parent = host, .name = "core" + std::to_string(number)});
    builder.add({.kind = NodeKind::thread, .parent = core, .number = number, .name = "pu" + std::to_string(number)});
    builder.add({.from = domain, .to = core, .type = LinkType::memory, .declared = both_ways(11)});
    return core;
  }

  const Link& link_to(NodeIndex node) const {
    return *std::ranges::find_if(topology.links(), [&](const Link& link) { return link.to == node; });
  }

  TopologyBuilder builder;
  NodeIndex domain = no_node, missing = no_node, device = no_node;
  std::vector<NodeIndex> cores;
  Topology topology;
};

TEST(MeasureMemory, PutsFiguresBesideWhatIsDeclared) {
  Sample sample(2);
  const auto measured = measure_memory(sample.topology);
  ASSERT_TRUE(measured) << measured.error().message;
  for (const NodeIndex core : sample.cores) {
    const Link& link = sample.link_to(core);
    EXPECT_EQ(link.declared, both_ways(11));
    ASSERT_TRUE(link.measured.forward_gbs.is_known() && link.measured.back_gbs.is_known());
    // No core of any machine moves a byte a second, or a terabyte.
    EXPECT_GT(link.measured.forward_gbs.value(), 0.01);
    EXPECT_LT(link.measured.forward_gbs.value(), 1000);
    EXPECT_GT(link.measured.back_gbs.value(), 0.01);
    EXPECT_LT(link.measured.back_gbs.value(), 1000);
    EXPECT_EQ(link.measured.latency_us.is_known(), sample.cores.size() > 1) << "it takes two";
    EXPECT_GT(link.measured.latency_us.value_or(1), 0);
  }
}

TEST(MeasureMemory, LeavesTheRestUnknown) {
  Sample sample(1);
  ASSERT_TRUE(measure_memory(sample.topology));
  EXPECT_EQ(sample.link_to(sample.missing).measured, Capacity()) << "this process cannot run there";
  EXPECT_EQ(sample.link_to(sample.device).measured, Capacity()) << "it is no memory";
  EXPECT_FALSE(sample.link_to(sample.cores[0]).measured.latency_us.is_known()) << "there is no other core to tell";
}

TEST(MeasureMemory, MeasuresBetweenDomains) {
  Sample sample(2);
  if (sample.cores.size() < 2) GTEST_SKIP() << "this process may run on one processor alone";
  // The same cores as two domains.
  TopologyBuilder builder;
  const NodeIndex host = builder.add({.kind = NodeKind::host, .name = "here"});
  std::vector<NodeIndex> domains;
  for (std::uint32_t k = 0; k < 2; ++k) {
    const Node thread = sample.topology.node(sample.cores[k] + 1);
    ASSERT_EQ(thread.kind, NodeKind::thread);
    domains.push_back(builder.add({.kind = NodeKind::numa, .parent = host, .name = "numa" + std::to_string(k)}));
    const NodeIndex core = builder.add({.kind = NodeKind::core, .parent = host, .name = "core" + std::to_string(k)});
    builder.add({.kind = NodeKind::thread, .parent = core, .number = thread.number, .name = thread.name});
    builder.add({.from = domains.back(), .to = core, .type = LinkType::memory});
  }
  builder.add({.from = domains[0], .to = domains[1], .type = LinkType::memory});
  Topology topology = *std::move(builder).build();
  ASSERT_TRUE(measure_memory(topology));
  const Link& between = topology.links().back();
  EXPECT_GT(between.measured.forward_gbs.value_or(0), 0.01);
  EXPECT_GT(between.measured.back_gbs.value_or(0), 0.01);
  EXPECT_GT(between.measured.latency_us.value_or(0), 0) << "no domain has two cores, so all the way is between them";
}

TEST(MeasureMemory, RefusesAnotherHost) {
  Sample sample(0);
  const auto measured = measure_memory(sample.topology);
  ASSERT_FALSE(measured);
  EXPECT_EQ(measured.error().code, Code::invalid_argument);
  Topology nothing;
  EXPECT_FALSE(measure_memory(nothing));
}

TEST(FlagSeconds, NeedsTwoProcessorsThatThereAre) {
  Sample sample(1);
  const auto here = static_cast<Processor>(*sample.topology.node(sample.cores[0] + 1).number);
  EXPECT_LT(flag_seconds(here, here), 0);
  EXPECT_LT(flag_seconds(here, CPU_SETSIZE - 1), 0);
  EXPECT_LT(flag_seconds(-1, here), 0);
}

TEST(FlagSeconds, NeedsThreads) {
  Sample sample(2);
  if (sample.cores.size() < 2) GTEST_SKIP() << "SKIPPED: this needs two cores";
  const auto one = static_cast<Processor>(*sample.topology.node(sample.cores[0] + 1).number);
  const auto other = static_cast<Processor>(*sample.topology.node(sample.cores[1] + 1).number);
  constexpr int no_limit = 2, wrong = 1;
  const pid_t child = fork();
  if (child == 0) {
    if (geteuid() == 0 && setuid(65534) != 0) _exit(no_limit);  // root has no limit
    bool was_refused = false;
    for (rlim_t limit = 0; limit < 8; ++limit) {  // others of that user may run: the one that hits inside is unknown
      const rlimit threads{limit, 8};
      if (setrlimit(RLIMIT_NPROC, &threads) != 0) _exit(no_limit);
      const double seconds = flag_seconds(one, other);
      const bool ran = run_on(one, [] {});
      if (!ran && seconds >= 0) _exit(wrong);
      was_refused = was_refused || !ran;
    }
    _exit(was_refused ? 0 : no_limit);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status)) << "std::system_error left a thread";
  if (WEXITSTATUS(status) == no_limit) GTEST_SKIP() << "SKIPPED: the number of threads cannot be limited here";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace treering::topology

// Hosts of a job among those of a topology, by name.
#include "planning/host_match.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "topology/builder.hpp"

namespace treering {
namespace {

using testing::HasSubstr;

topology::Topology with_hosts(const std::vector<std::string>& names) {
  topology::TopologyBuilder builder;
  builder.add({.kind = topology::NodeKind::network_switch, .name = "leaf"});
  for (const std::string& name : names) builder.add({.kind = topology::NodeKind::host, .name = name});
  auto topology = std::move(builder).build();
  EXPECT_TRUE(topology);
  return *topology;
}

/// Names of the topology's hosts that those of the job are, or the message.
std::vector<std::string> matched(const std::vector<std::string>& of_topology, const std::vector<std::string>& of_job) {
  const topology::Topology topology = with_hosts(of_topology);
  const auto nodes = hosts_by_name(topology, of_job, "T=f");
  if (!nodes) {
    EXPECT_EQ(nodes.error().code, Code::invalid_usage);
    return {nodes.error().message};
  }
  std::vector<std::string> names;
  for (const auto node : *nodes) names.push_back(topology.node(node).name);
  return names;
}

std::string refusal(const std::vector<std::string>& of_topology, const std::vector<std::string>& of_job) {
  const auto said = matched(of_topology, of_job);
  return said.size() == 1 ? said.front() : "not refused";
}

using Names = std::vector<std::string>;

TEST(HostsByName, AreFoundInEitherCaseAndWithOrWithoutTheDomain) {
  EXPECT_EQ(matched({"a", "b", "c"}, {"c", "a"}), (Names{"c", "a"}));
  EXPECT_EQ(matched({"Node1", "NODE2"}, {"node2", "nodE1"}), (Names{"NODE2", "Node1"}));
  EXPECT_EQ(matched({"a.x.org", "b"}, {"a", "b.x.org"}), (Names{"a.x.org", "b"}));
  EXPECT_EQ(matched({"a", "a.x", "a.y"}, {"a.y", "a"}), (Names{"a.y", "a"}));
}

TEST(HostsByName, ThatAreUnknownAreNamed) {
  EXPECT_EQ(refusal({"a", "b"}, {"a", "z", "b"}),
            "T=f does not know host z of this job (it has a and b) give a topology of all hosts of the job, by their "
            "names");
  EXPECT_THAT(refusal({"a", "b", "c", "d", "e"}, {"v", "w", "x", "y", "z"}),
              HasSubstr("hosts v, w, x and 2 more of this job (it has a, b, c and 2 more)"));
  EXPECT_THAT(refusal({}, {"a"}), HasSubstr("(it has no hosts)"));
  EXPECT_THAT(refusal({"a.x"}, {"a.y"}), HasSubstr("does not know host a.y"));  // two domains are two hosts
}

TEST(HostsByName, ThatMayBeSeveralAreRefused) {
  EXPECT_THAT(refusal({"a.x", "a.y"}, {"a"}), HasSubstr("host a of this job may be a.x and a.y of T=f"));
  for (const std::string name : {"a", "A", "a.x"})
    EXPECT_EQ(refusal({"a", "b", "A"}, {"b", name}),
              "host " + name +
                  " of this job may be a and A of T=f (they have the same name) give each host of the topology a name "
                  "of its own");
  EXPECT_THAT(refusal({"a.x", "A.X"}, {"a"}), HasSubstr("(they have the same name)"));
}

/// What looks like a domain is a part of the number.
TEST(HostsByName, MayBeAddresses) {
  EXPECT_EQ(matched({"10.0.0.7", "10.0.0.8"}, {"10.0.0.8", "10.0.0.7"}), (Names{"10.0.0.8", "10.0.0.7"}));
  EXPECT_THAT(refusal({"10.0.0.7"}, {"10"}), HasSubstr("does not know host 10 "));
  EXPECT_THAT(refusal({"10"}, {"10.0.0.7"}), HasSubstr("does not know host 10.0.0.7 "));
  EXPECT_EQ(matched({"10"}, {"10.x.org"}), (Names{"10"}));
}

TEST(HostsByName, ThatAreOneAreRefused) {
  EXPECT_THAT(refusal({"a"}, {"a", "a"}), HasSubstr("two hosts of this job, a and a, are a of T=f"));
  EXPECT_THAT(refusal({"a"}, {"a.x", "a.y"}), HasSubstr("two hosts of this job, a.x and a.y, are a of T=f"));
}

}  // namespace
}  // namespace treering

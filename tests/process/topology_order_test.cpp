// Communicators on a network that TREERING_TOPOLOGY describes. Ranks are processes here, on hosts as in
// faked_hosts.hpp, each of which has a name of its own (a UTS namespace).
#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "process/api_processes.hpp"
#include "process/faked_hosts.hpp"

namespace treering {
namespace {

using testing::ContainsRegex;
using testing::Each;
using testing::Field;
using testing::HasSubstr;
using testing::Not;

using Settings = std::vector<std::pair<const char*, std::string>>;

/// Sums what no two ranks have alike, over and over.
Report summed(int ranks, int rank, ncclComm_t comm) {
  constexpr std::size_t count = 10'007;
  std::vector<std::int64_t> in(count), out(count);
  for (std::size_t k = 0; k < count; ++k) in[k] = static_cast<std::int64_t>(k) * 64 + rank;
  Report report = timed([&] { return ncclAllReduce(in.data(), out.data(), count, ncclInt64, ncclSum, comm, nullptr); });
  if (report.result != ncclSuccess) return report;
  for (std::size_t k = 0; k < count; ++k)
    if (out[k] != ranks * static_cast<std::int64_t>(k) * 64 + ranks * (ranks - 1) / 2)
      return {ncclInternalError, 0, "wrong at " + std::to_string(k)};
  report.message = "all is right";
  return report;
}

struct Outcome {
  std::vector<Report> reports;
  std::string log;
};

/// Rank r runs on the host of name hosts[r]. `of_rank`: settings of one rank alone.
Outcome on_hosts(const Files& files, const std::vector<std::string>& hosts, const Settings& all,
                 const std::vector<Settings>& of_rank = {}) {
  std::vector<std::string> names, boot_ids;
  for (const std::string& host : hosts) {
    const auto known = std::ranges::find(names, host);
    boot_ids.push_back(files.boot_id(static_cast<int>(known - names.begin())));
    if (known == names.end()) names.push_back(host);
  }
  const int ranks = static_cast<int>(hosts.size());
  std::filesystem::remove(files.path("log"));
  auto reports = in_processes(
      ranks, [&](int rank, ncclComm_t comm) { return summed(ranks, rank, comm); },
      [&](int rank) {
        const auto index = static_cast<std::size_t>(rank);
        setenv("TREERING_OPERATION_TIMEOUT", "60", 1);
        setenv("TREERING_LOG", "info", 1);
        setenv("TREERING_LOG_FILE", files.path("log").c_str(), 1);
        setenv("TREERING_CONSTANTS", "none", 1);
        for (const auto& [name, value] : all) setenv(name, value.c_str(), 1);
        if (index < of_rank.size())
          for (const auto& [name, value] : of_rank[index]) setenv(name, value.c_str(), 1);
        if (!move_to_host(boot_ids[index], hosts[index])) _exit(3);
      });
  return {std::move(reports), files.text("log")};
}

const auto all_are_right = Each(Field(&Report::message, "all is right"));

/// Hosts under two leaves: a and c, b and d.
std::string leaves_file(const Files& files) {
  std::string nodes, links;
  for (const char* const leaf : {"leaf0", "leaf1", "spine"})
    nodes += std::string(nodes.empty() ? "" : ",") + "{\"name\":\"" + leaf + "\",\"kind\":\"network-switch\"}";
  for (const auto& [host, leaf, gbs] : {std::tuple("a", "leaf0", "5"),
                                        {"b", "leaf1", "5"},
                                        {"c", "leaf0", "2.5"},
                                        {"d.example.org", "leaf1", "5"},
                                        {"e", "leaf1", "1"}}) {
    nodes += std::string(",{\"name\":\"") + host + "\",\"kind\":\"host\"}";
    links += std::string("{\"from\":\"") + host + "\",\"to\":\"" + leaf +
             "\",\"type\":\"network\",\"declared\":{\"gbs\":" + gbs + "}},";
  }
  for (const char* const leaf : {"leaf0", "leaf1"})
    links += std::string("{\"from\":\"") + leaf + "\",\"to\":\"spine\",\"type\":\"network\"}" +
             (leaf == std::string("leaf0") ? "," : "");
  return files.write("net.json", "{\"format\":\"treering-topology\",\"version\":1,\"nodes\":[" + nodes +
                                     "],\"links\":[" + links + "]}");
}

TEST(TopologyOrder, BringsTheHostsOfALeafTogether) {
  SKIP_UNLESS_HOSTS_CAN_BE_FAKED();
  const Files files;
  const std::string file = leaves_file(files);
  const auto [reports, log] = on_hosts(files, {"a", "b", "c", "d", "a", "b"}, {{"TREERING_TOPOLOGY", file}});
  EXPECT_THAT(reports, all_are_right);
  EXPECT_THAT(log,
              HasSubstr("topology          rings pass hosts as rank 0 has read that they are connected: a, c, b, d\n"));
  EXPECT_THAT(log,
              HasSubstr("by place, 0,4,2,1,5,3; a ring leads 4 times from host to host (6 in the order of ranks)"));
  EXPECT_THAT(log, HasSubstr("network           20 Gbit/s into each host and out of it, as the topology says of c\n"));
}

TEST(TopologyOrder, WalksATorusThatIsDescribed) {
  SKIP_UNLESS_HOSTS_CAN_BE_FAKED();
  const Files files;
  const auto [reports, log] = on_hosts(files, {"u", "v", "w", "x"}, {{"TREERING_TOPOLOGY", "torus 2x2 5GB/s"}});
  EXPECT_THAT(reports, all_are_right);
  EXPECT_THAT(log, ContainsRegex("are connected: u, (v, x, w|w, x, v)\n"));
  EXPECT_THAT(log, HasSubstr("network           40 Gbit/s into each host and out of it, as the topology says of u\n"));
}

TEST(TopologyOrder, IsThatOfRanksWhereThatIsAskedFor) {
  SKIP_UNLESS_HOSTS_CAN_BE_FAKED();
  const Files files;
  const auto [reports, log] =
      on_hosts(files, {"u", "v", "w", "x"}, {{"TREERING_TOPOLOGY", "torus 2x2 5GB/s"}, {"TREERING_ORDER", "rank"}});
  EXPECT_THAT(reports, all_are_right);
  EXPECT_THAT(log, HasSubstr("order             by rank; "));
  EXPECT_THAT(log, Not(HasSubstr("rings pass hosts")));
  EXPECT_THAT(log, HasSubstr("as the topology says of u\n"));
}

TEST(TopologyOrder, IsReadByRank0Alone) {
  SKIP_UNLESS_HOSTS_CAN_BE_FAKED();
  const Files files;
  const std::string file = leaves_file(files), elsewhere = files.path("elsewhere");
  std::filesystem::create_directory(elsewhere);
  std::filesystem::copy(file, elsewhere + "/net.json");
  // All are told one path; what the others would find there is no topology.
  const auto reports = in_processes(
      2, [&](int rank, ncclComm_t comm) { return summed(2, rank, comm); },
      [&](int rank) {
        setenv("TREERING_TOPOLOGY", (elsewhere + "/net.json").c_str(), 1);
        if (!move_to_host(files.boot_id(rank), rank == 0 ? "c" : "a")) _exit(3);
        if (rank == 1 && !see(files.write("wrong", "wrong"), (elsewhere + "/net.json").c_str())) _exit(3);
      });
  EXPECT_THAT(reports, all_are_right);
}

/// What every rank says of a start that fails, and soon.
std::string refused(const Files& files, const std::vector<std::string>& hosts, const Settings& all,
                    const std::vector<Settings>& of_rank = {}) {
  const auto begin = std::chrono::steady_clock::now();
  const auto reports = on_hosts(files, hosts, all, of_rank).reports;
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(50));  // not by the timeout of the start
  for (const Report& report : reports) {
    EXPECT_EQ(report.result, ncclInvalidUsage);
    EXPECT_EQ(report.message, reports[0].message);
  }
  return reports[0].message;
}

TEST(TopologyOrder, IsRefusedWhereHostsAreNotKnown) {
  SKIP_UNLESS_HOSTS_CAN_BE_FAKED();
  const Files files;
  const std::string file = leaves_file(files);
  EXPECT_THAT(refused(files, {"a", "y", "c", "z"}, {{"TREERING_TOPOLOGY", file}}),
              HasSubstr("net.json does not know hosts y and z of this job (it has a, b, c and 2 more)"));
  EXPECT_THAT(refused(files, {"a", "b"}, {{"TREERING_TOPOLOGY", files.path("absent.json")}}),
              ContainsRegex("TREERING_TOPOLOGY: .*absent.json cannot be read"));
  EXPECT_THAT(refused(files, {"a", "b"}, {{"TREERING_TOPOLOGY", files.write("net.xml", "<system version=\"1\"/>")}}),
              HasSubstr("net.xml is XML (NCCL's and hwloc's say what is in hosts"));
  EXPECT_THAT(refused(files, {"a", "b", "c"}, {{"TREERING_TOPOLOGY", "2 hosts"}}),
              HasSubstr("TREERING_TOPOLOGY=2 hosts describes 2 hosts (this communicator is on 3)"));
}

TEST(TopologyOrder, MustBeAskedForAlike) {
  SKIP_UNLESS_HOSTS_CAN_BE_FAKED();
  const Files files;
  const std::string said = refused(files, {"a", "b"}, {}, {{{"TREERING_TOPOLOGY", "torus 2"}}, {}});
  EXPECT_THAT(said, HasSubstr("rank 0 (host a, "));
  EXPECT_THAT(said, HasSubstr("rank 1 (host b, "));
  EXPECT_THAT(said, HasSubstr("disagree about the TREERING_TOPOLOGY ("));
  EXPECT_THAT(said, HasSubstr("torus 2"));
}

TEST(TopologyOrder, OfAPartOfWhatIsDescribedIsThatOfRanksWithAWarning) {
  SKIP_UNLESS_HOSTS_CAN_BE_FAKED();
  const Files files;
  const auto [reports, log] = on_hosts(files, {"a", "b"}, {{"TREERING_TOPOLOGY", "torus 4x4"}});
  EXPECT_THAT(reports, all_are_right);
  EXPECT_THAT(log, HasSubstr("TREERING_TOPOLOGY=torus 4x4 describes 16 hosts (this communicator is on 2)"));
  EXPECT_THAT(log, Not(HasSubstr("rings pass hosts")));
}

TEST(TopologyOrder, OfAPartIsThatOfTheWholeWhereThatHasMetBefore) {
  SKIP_UNLESS_HOSTS_CAN_BE_FAKED();
  const Files files;
  const std::vector<std::string> hosts = {"s", "t", "u", "v", "w", "x"};
  const auto part = [](int rank, ncclComm_t all) {
    ncclUniqueId id{};
    if (rank == 0) static_cast<void>(ncclGetUniqueId(&id));
    Report report = timed([&] { return ncclBroadcast(&id, &id, sizeof id, ncclInt8, 0, all, nullptr); });
    if (report.result != ncclSuccess || rank == 1) return report;
    ncclComm_t some = nullptr;
    const int place = rank == 0 ? 0 : rank - 1;
    report = timed([&] { return ncclCommInitRank(&some, 5, id, place); });
    if (report.result != ncclSuccess) return report;
    report = summed(5, place, some);
    static_cast<void>(ncclCommDestroy(some));
    return report;
  };
  const auto reports = in_processes(6, part, [&](int rank) {
    setenv("TREERING_LOG", "info", 1);
    setenv("TREERING_LOG_FILE", files.path("log").c_str(), 1);
    setenv("TREERING_TOPOLOGY", "torus 2x3", 1);
    if (!move_to_host(files.boot_id(rank), hosts[static_cast<std::size_t>(rank)])) _exit(3);
  });
  for (std::size_t rank = 0; rank < hosts.size(); ++rank)
    EXPECT_EQ(reports[rank].message, rank == 1 ? "" : "all is right") << rank;
  const std::string log = files.text("log");
  EXPECT_THAT(log, HasSubstr("are connected: s, t, u, x, w, v\n"));
  EXPECT_THAT(log, HasSubstr("are connected: s, u, x, w, v\n"));
  EXPECT_THAT(log, Not(HasSubstr("describes 6 hosts")));
}

TEST(TopologyOrder, OfAPartNeedsNoFileOnItsHosts) {
  SKIP_UNLESS_HOSTS_CAN_BE_FAKED();
  const Files files;
  const std::string file = leaves_file(files);
  const auto part = [](int rank, ncclComm_t all) {
    ncclUniqueId ids[2] = {};
    if (rank == 0)
      for (ncclUniqueId& id : ids) static_cast<void>(ncclGetUniqueId(&id));
    Report report = timed([&] { return ncclBroadcast(ids, ids, sizeof ids, ncclInt8, 0, all, nullptr); });
    if (report.result != ncclSuccess) return report;
    ncclComm_t some = nullptr;
    const int place = rank < 2 ? 1 : 0;  // the hosts of a leaf, the last rank first
    report = timed([&] { return ncclCommInitRank(&some, 2, ids[rank % 2], place); });
    if (report.result != ncclSuccess) return report;
    report = summed(2, place, some);
    static_cast<void>(ncclCommDestroy(some));
    return report;
  };
  const std::vector<std::string> hosts = {"a", "b", "c", "d"};
  const auto reports = in_processes(4, part, [&](int rank) {
    setenv("TREERING_LOG", "info", 1);
    setenv("TREERING_LOG_FILE", files.path("log").c_str(), 1);
    setenv("TREERING_TOPOLOGY", file.c_str(), 1);
    if (!move_to_host(files.boot_id(rank), hosts[static_cast<std::size_t>(rank)])) _exit(3);
    if (rank > 0 && !see(files.write("wrong", "wrong"), file.c_str())) _exit(3);
  });
  EXPECT_THAT(reports, all_are_right);
  const std::string log = files.text("log");
  EXPECT_THAT(log, HasSubstr("are connected: a, c, b, d\n"));
  EXPECT_THAT(log, HasSubstr("are connected: a, c\n"));
  EXPECT_THAT(log, HasSubstr("are connected: b, d\n"));
}

TEST(TopologyOrder, OfNcclsVariableIsUsedWhereItCanBe) {
  SKIP_UNLESS_HOSTS_CAN_BE_FAKED();
  const Files files;
  const std::string xml = files.write("net.xml", "<system version=\"1\"/>");
  for (const auto& [path, told] : {std::pair(xml, "NCCL_TOPO_FILE is not used: " + xml + " is XML"),
                                   {files.path("absent"), "NCCL_TOPO_FILE is not used: " + files.path("absent")},
                                   {leaves_file(files), "they are connected: a, c, b\n"}}) {
    // It is about each host: others may have other files.
    const auto [reports, log] =
        on_hosts(files, {"a", "b", "c"}, {{"NCCL_TOPO_FILE", path}}, {{}, {{"NCCL_TOPO_FILE", "/another/file"}}, {}});
    EXPECT_THAT(reports, all_are_right);
    EXPECT_THAT(log, HasSubstr(told));
  }
}

TEST(TopologyOrder, IsNotAskedForOnOneHost) {
  SKIP_UNLESS_HOSTS_CAN_BE_FAKED();
  const Files files;
  const auto [reports, log] = on_hosts(files, {"y", "y"}, {{"TREERING_TOPOLOGY", files.path("absent.json")}});
  EXPECT_THAT(reports, all_are_right);
}

}  // namespace
}  // namespace treering

// Files of real machines, which lie beside the source tree: every one is read, or refused with the stated reason. What
// is read is compared with what hwloc's own library finds in the file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>

#include "hwloc_library.hpp"
#include "topology/adjacency.hpp"
#include "topology/file.hpp"
#include "topology/hwloc/xml.hpp"
#include "topology/json.hpp"

namespace treering::topology {
namespace {

const std::filesystem::path folder = TREERING_HWLOC_FILES;

std::vector<std::filesystem::path> files() {
  std::vector<std::filesystem::path> found;
  std::error_code absent;
  for (const auto& entry : std::filesystem::directory_iterator(folder, absent)) {
    if (entry.path().extension() == ".xml") found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

Topology read(const std::filesystem::path& path) {
  const auto text = file_bytes(path);
  EXPECT_TRUE(text) << text.error().message;
  auto topology = topology_from_hwloc_xml(*text, path.string());
  EXPECT_TRUE(topology) << topology.error().message;
  return topology ? *std::move(topology) : Topology();
}

std::map<std::string, std::size_t> count_by_type(const Topology& topology) {
  std::map<std::string, std::size_t> count;
  for (NodeIndex node = 0; node < topology.nodes().size(); ++node) {
    for (const Attribute& attribute : topology.node_attributes(node)) {
      if (attribute.origin == "hwloc.object" && attribute.name == "type") ++count[std::string(attribute.value)];
    }
  }
  return count;
}

std::size_t count_of(const Topology& topology, NodeKind kind) {
  return std::count_if(topology.nodes().begin(), topology.nodes().end(),
                       [&](const Node& node) { return node.kind == kind; });
}

/// Whether links alone lead from the first memory to everything that computes, stores or sends.
bool is_connected(const Topology& topology) {
  const Adjacency adjacency(topology);
  std::vector<bool> seen(topology.nodes().size());
  std::vector<NodeIndex> open;
  for (NodeIndex node = 0; node < seen.size() && open.empty(); ++node) {
    if (topology.node(node).kind == NodeKind::numa) open.push_back(node);
  }
  while (!open.empty()) {
    const NodeIndex node = open.back();
    open.pop_back();
    if (seen[node]) continue;
    seen[node] = true;
    for (const Arc& arc : adjacency.of(node)) open.push_back(arc.to);
  }
  for (NodeIndex node = 0; node < seen.size(); ++node) {
    const NodeKind kind = topology.node(node).kind;
    const bool matters =
        kind == NodeKind::numa || kind == NodeKind::core || kind == NodeKind::gpu || kind == NodeKind::nic;
    if (matters && !seen[node]) return false;
  }
  return true;
}

TEST(HwlocFiles, AreReadOrRefusedWithTheReason) {
  if (files().empty()) GTEST_SKIP() << folder << " is not there";
  std::size_t read_files = 0;
  for (const auto& path : files()) {
    SCOPED_TRACE(path);
    if (path.filename().string().find(".v3.") != std::string::npos) {
      const auto topology = topology_from_hwloc_xml(*file_bytes(path), path.filename().string());
      ASSERT_FALSE(topology);
      EXPECT_EQ(topology.error().message, path.filename().string() +
                                              ":3: this is hwloc's format 3.0 (formats 1 and 2 are read) export it "
                                              "again: lstopo --export-xml-flags v2 FILE.xml");
      continue;
    }
    const Topology topology = read(path);
    EXPECT_TRUE(is_connected(topology));
    const auto again = topology_from_json(json_of(topology), "f");
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(*again, topology);
    ++read_files;
  }
  EXPECT_GE(read_files, 12u);
}

TEST(HwlocFiles, HoldWhatTheLibraryFindsInThem) {
  if (files().empty()) GTEST_SKIP() << folder << " is not there";
  for (const auto& path : files()) {
    if (path.filename().string().find(".v3.") != std::string::npos) continue;
    SCOPED_TRACE(path);
    const std::map<std::string, std::size_t> library = counted_by_library(path);
    if (library.empty()) GTEST_SKIP() << "Treering is built without hwloc's library (Debian: libhwloc-dev)";
    std::map<std::string, std::size_t> ours = count_by_type(read(path));
    if (ours.contains("Cache")) {  // version 1 has one type, the library makes several
      std::size_t caches = 0;
      for (const auto& [type, count] : library) caches += type.ends_with("Cache") ? count : 0;
      EXPECT_EQ(ours["Cache"], caches);
      continue;
    }
    EXPECT_EQ(ours, library);
  }
}

struct Machine {
  const char* file;
  std::size_t gpus, nics, nvswitches, gpu_links;
  double gbs;  // of the first of them
};

TEST(HwlocFiles, HaveTheirDevices) {
  if (files().empty()) GTEST_SKIP() << folder << " is not there";
  const Machine machines[] = {{"nvidiaDGX2.xml", 16, 0, 12, 96, 25},
                              {"llnl-eas-tioga.xml", 8, 5, 0, 28, 100},
                              {"llnl-coral-lassen.xml", 4, 6, 0, 0, 0},
                              {"llnl-cts1-pascal.xml", 2, 3, 0, 0, 0}};
  for (const Machine& machine : machines) {
    SCOPED_TRACE(machine.file);
    const Topology topology = read(folder / machine.file);
    EXPECT_EQ(count_of(topology, NodeKind::gpu), machine.gpus);
    EXPECT_EQ(count_of(topology, NodeKind::nic), machine.nics);
    EXPECT_EQ(count_of(topology, NodeKind::nvswitch), machine.nvswitches);
    const auto is_of_gpus = [](const Link& link) {
      return link.type == LinkType::nvlink || link.type == LinkType::xgmi;
    };
    const auto first = std::find_if(topology.links().begin(), topology.links().end(), is_of_gpus);
    EXPECT_EQ(std::count_if(first, topology.links().end(), is_of_gpus), machine.gpu_links);
    if (machine.gpu_links == 0) continue;
    EXPECT_EQ(first->declared.forward_gbs, machine.gbs);
  }
}

}  // namespace
}  // namespace treering::topology

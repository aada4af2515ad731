// Files of real machines and fabrics, which lie beside the source tree: all that the tool does with each of them, or
// the reason why it does not.
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <pugixml.hpp>

#include "planning/topology_graph.hpp"
#include "support/tool_test.hpp"
#include "tools/topo/input.hpp"
#include "tools/topo/matrix.hpp"
#include "tools/topo/view.hpp"
#include "topo_layouts.hpp"
#include "topo_samples.hpp"
#include "topology/json.hpp"

namespace treering::topo {
namespace {

using test::Ran;
using testing::HasSubstr;

const std::filesystem::path folder = TREERING_TOPOLOGIES;

/// "nccl/azure-ndv4-topo.xml": all below the folder, in order.
std::vector<std::string> files() {
  std::vector<std::string> found;
  std::error_code absent;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, absent))
    if (entry.is_regular_file() && entry.path().extension() != ".md")
      found.push_back(entry.path().lexically_relative(folder).string());
  std::ranges::sort(found);
  return found;
}

using Reasons = std::map<std::string, std::string>;  // a part of the message, by file

/// What is no topology, or of a version that is not read.
const Reasons unread = {
    {"hwloc/32em64t-2n8c+dax+nvme+mic+dimms.tar.bz2", "has no format that can be read"},  // see below
    {"hwloc/nvidia-dgx-gb10.tar.bz2", "has no format that can be read"},
    {"hwloc/nvidia-dgx-gb10.v3.xml", "this is hwloc's format 3.0 (formats 1 and 2 are read)"},
    {"hwloc/nvidiagpunumanodes.tar.bz2", "has no format that can be read"},
    {"ib/hwloc-netloc-avakas.txz", "has no format that can be read"},  // several files
    {"ib/hwloc-netloc-plafrim.txz", "has no format that can be read"},
    {"nccl/azure-ncv4-graph.xml", "the top is <graphs>"},  // what NCCL has found out about a topology
};

/// Nothing is known of what links carry that everything has to pass.
const Reasons without_bound = {
    {"hwloc/16intel64-manyVFs.xml", "numa0 of host0 - core0 of host0"},
    {"hwloc/192em64t-12gr2n8c2t.xml", "numa0 of uv2000 - core0 of uv2000"},
    {"hwloc/32em64t-2n8c2t-pci-wholeio.xml", "bridge0 of conan - gpu0 of conan"},
    {"hwloc/64intel64-3g2n+2n-irregulargroups+pci.xml", "bridge6 of condor - gpu0 of condor"},
    {"hwloc/96em64t-4n4d3ca2co-pci.xml", "numa0 of bertha - core0 of bertha"},
    {"hwloc/llnl-coral-ea-hwloc1.xml", "bridge1 of rzmanta33 - gpu0 of rzmanta33"},
    {"nccl/aws-g5.48xl-topo.xml", "numa0 of host0 - numa1 of host0"},
    {"nccl/azure-ncv4-topo.xml", "numa0 of host0 - gpu0 of host0"},
};

std::string text_of(const Result<Shown>& shown, const std::string& what) {
  EXPECT_TRUE(shown) << what << ": " << shown.error().message;
  return shown ? shown->text : "";
}

/// What the tool prints of a file.
std::string printed(const std::string& file, Format format) {
  return text_of(shown({.inputs = {folder / file}, .format = format}, Paint(false)), file);
}

bool is_xml(const std::string& text) {
  return static_cast<bool>(pugi::xml_document().load_string(text.c_str()));
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string_view::npos; at += part.size()) ++found;
  return found;
}

void expect_shown(const std::string& file, const Topology& topology) {
  const auto again = topology::topology_from_json(printed(file, Format::json), "json");
  EXPECT_TRUE(again && *again == topology);
  const std::string matrix = printed(file, Format::matrix);
  EXPECT_THAT(matrix, HasSubstr(topology.node(devices_of(topology).front()).name));
  EXPECT_EQ(2 + topology.nodes().size() + topology.links().size(), count(printed(file, Format::tree), "\n"));
  EXPECT_EQ(topology.links().size(), count(printed(file, Format::dot), " -- "));
  EXPECT_TRUE(is_xml(printed(file, Format::svg)));
}

/// What NCCL has elements for is in the file for NCCL, whatever the topology was read from.
void expect_written_for_nccl(const std::string& file, const Topology& topology) {
  const auto written = topology_from_text(printed(file, Format::nccl), "written");
  ASSERT_TRUE(written) << written.error().message;
  for (const NodeKind kind : {NodeKind::host, NodeKind::gpu, NodeKind::nvswitch, NodeKind::nic})
    EXPECT_EQ(std::ranges::count(topology.nodes(), kind, &Node::kind),
              std::ranges::count(written->nodes(), kind, &Node::kind))
        << topology::noun_of(kind);
}

void expect_planned(const std::string& file, const Topology& topology) {
  const Result<Shown> plan = shown({.inputs = {folder / file}, .view = View::plan}, Paint(false));
  const auto reason = without_bound.find(file);
  if (reason != without_bound.end()) {
    ASSERT_FALSE(plan);
    EXPECT_THAT(plan.error().message, HasSubstr("nothing is known of the bandwidth of " + reason->second));
    return;
  }
  EXPECT_THAT(text_of(plan, file), HasSubstr("limited by"));
  const auto graph = topology_graph(topology);
  ASSERT_TRUE(graph) << graph.error().message;
  for (const Collective collective : {Collective::all_reduce, Collective::all_gather, Collective::reduce_scatter,
                                      Collective::broadcast, Collective::reduce}) {
    const auto bound = throughput_bound(collective, *graph);
    ASSERT_TRUE(bound) << bound.error().message;
    EXPECT_GT(bound->bandwidth.value(), 0);
    EXPECT_NE("", bound->bottleneck.words);
  }
}

TEST(TopoFiles, AreReadShownCheckedAndPlannedOrRefusedWithTheReason) {
  const std::vector<std::string> all = files();
  if (all.empty()) GTEST_SKIP() << "there are no files in " << folder;
  const auto start = std::chrono::steady_clock::now();
  for (const std::string& file : all) {
    SCOPED_TRACE(file);
    const auto topology = topology_from(folder / file);
    if (const auto reason = unread.find(file); reason != unread.end()) {
      ASSERT_FALSE(topology);
      EXPECT_THAT(topology.error().message, HasSubstr(reason->second));
      continue;
    }
    ASSERT_TRUE(topology) << topology.error().message;
    expect_shown(file, *topology);
    expect_written_for_nccl(file, *topology);
    expect_planned(file, *topology);
    EXPECT_NE("", text_of(shown({.inputs = {folder / file}, .view = View::check}, Paint(false)), file));
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  fmt::print("{} files in {:.2f} s\n", all.size(), took.count());
}

/// A document without comments and layout, attributes in the order of their names: what two files have in common that
/// say the same.
std::string canonical(pugi::xml_node node) {
  std::map<std::string, std::string> attributes;
  for (const pugi::xml_attribute attribute : node.attributes()) attributes.emplace(attribute.name(), attribute.value());
  std::string text = fmt::format("<{} {}>\n", node.name(), fmt::join(attributes, " "));
  for (const pugi::xml_node child : node.children()) text += canonical(child);
  return text + "</>\n";
}

std::string canonical(const std::string& text) {
  pugi::xml_document document;
  EXPECT_TRUE(document.load_string(text.c_str()));
  return canonical(document.document_element());
}

class TopoArchive : public test::ToolTest {};

TEST_F(TopoArchive, OfAHostIsReadWhereItIsUnpacked) {
#ifndef TREERING_TOPO_DISCOVERS
  GTEST_SKIP() << "Treering is built without hwloc's library (Debian: libhwloc-dev)";
#endif
  const std::string archive = (folder / "hwloc/nvidiagpunumanodes.tar.bz2").string();
  if (!std::filesystem::exists(archive)) GTEST_SKIP() << "there is no " << archive;
  const std::string unpack = "tar xjf '" + archive + "' --strip-components=1 -C " + folder_.string();
  if (const Ran ran = run_shell(unpack); ran.status != 0) GTEST_SKIP() << ran.err;
  const auto host = topology_from(folder_.string());
  ASSERT_TRUE(host) << host.error().message;
  EXPECT_EQ(8, std::ranges::count(host->nodes(), NodeKind::core, &Node::kind));
  EXPECT_EQ(6, std::ranges::count(host->nodes(), NodeKind::pci_device, &Node::kind));
}

class TopoFilesOfNccl : public test::ToolTest {};

TEST_F(TopoFilesOfNccl, AreWrittenAsTheyWereRead) {
  std::size_t written = 0;
  for (const std::string& file : files()) {
    if (!file.starts_with("nccl/") || unread.contains(file)) continue;
    const Ran ran = run_shell(fmt::format("{} -i '{}' --format nccl", TREERING_TOPO, (folder / file).string()));
    EXPECT_EQ(0, ran.status) << ran.err;
    EXPECT_EQ(canonical(test::read(folder / file)), canonical(ran.out)) << file;
    const auto again = topology_from_text(ran.out, "again");
    EXPECT_TRUE(again && *again == *topology_from(folder / file)) << file;
    ++written;
  }
  if (written == 0) GTEST_SKIP() << "there are no files in " << folder / "nccl";
}

TEST(TopoFiles, OfRealMachinesHaveNothingOnAnythingElseInTheirPicture) {
  const std::vector<std::string> all = files();
  if (all.empty()) GTEST_SKIP() << "there are no files in " << folder;
  for (const std::string& file : all)
    if (!unread.contains(file)) expect_sound_layout(*topology_from(folder / file), file);
}

}  // namespace
}  // namespace treering::topo

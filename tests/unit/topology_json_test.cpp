// The native file format: round trips, members that nobody knows, what is refused and where.
#include "topology/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "topology/description.hpp"
#include "topology/file.hpp"
#include "topology_random.hpp"
#include "topology_samples.hpp"

namespace treering::topology {
namespace {

using ::testing::HasSubstr;

Topology read(std::string_view text) {
  auto topology = topology_from_json(text, "file.json");
  EXPECT_TRUE(topology) << topology.error().message << "\n" << text.substr(0, 1000);
  return topology ? *std::move(topology) : Topology();
}

std::string refusal(std::string_view text, const Limits& limits = {}) {
  const auto topology = topology_from_json(text, "f", limits);
  EXPECT_FALSE(topology) << text.substr(0, 1000);
  if (topology) return "";
  EXPECT_EQ(topology.error().code, Code::invalid_argument);
  return topology.error().message;
}

/// A document with these nodes and links, each list beginning in a line of its own: line 2 and line 3.
std::string document(std::string_view nodes, std::string_view links = "") {
  return R"({"format": "treering-topology", "version": 1,)"
         "\n\"nodes\": [" +
         std::string(nodes) + "],\n\"links\": [" + std::string(links) + "]}";
}

constexpr std::string_view two_nodes = R"({"name": "a", "kind": "host"}, {"name": "b", "kind": "gpu", "part_of": "a"})";

TEST(Json, IsWrittenForPeopleToo) {
  TopologyBuilder builder;
  builder.set_grid({.extents = {4, 2}});
  const NodeIndex host = builder.add(Node{.kind = NodeKind::host, .number = 0, .cell = 5, .name = "host0"});
  const NodeIndex gpu = builder.add(Node{.kind = NodeKind::gpu,
                                         .parent = host,
                                         .pci = PciAddress{.bus = 0x1b},
                                         .name = "gpu0",
                                         .identity = "GPU-1",
                                         .model = "H100"});
  const NodeIndex leaf = builder.add(Node{.kind = NodeKind::network_switch, .guid = 0x2c90300, .name = "leaf0"});
  builder.add(Link{.from = gpu,
                   .to = leaf,
                   .type = LinkType::infiniband,
                   .width = std::uint16_t{4},
                   .from_port = std::uint16_t{1},
                   .to_port = std::uint16_t{36},
                   .count = 2u,
                   .lane_gts = 53.125,
                   .declared = both_ways(50, 0.5),
                   .measured = {.forward_gbs = 48.5, .latency_us = 0}});
  builder.annotate({"nccl.system", "version", "1"});
  builder.annotate_node(gpu, {"nccl.gpu", "sm", "90"});
  builder.annotate_node(gpu, {"nccl.gpu", "gdr", "1"});
  builder.annotate_link(0, {"json", "colour", "{\"red\":1}"});
  EXPECT_EQ(json_of(built(std::move(builder))), R"({
"format": "treering-topology",
"version": 1,
"grid": {"extents":[4,2],"twisted":false},
"attributes": {"nccl.system":[["version","1"]]},
"nodes": [
{"name":"host0","kind":"host","number":0,"cell":5},
{"name":"gpu0","kind":"gpu","part_of":"host0","pci":"0000:1b:00.0","identity":"GPU-1","model":"H100",)"
                                                R"("attributes":{"nccl.gpu":[["sm","90"],["gdr","1"]]}},
{"name":"leaf0","kind":"network-switch","guid":"0x0000000002c90300"}
],
"links": [
{"from":"host0/gpu0","to":"leaf0","type":"infiniband","count":2,"width":4,"lane_gts":53.125,)"
                                                R"("from_port":1,"to_port":36,"declared":{"gbs":50,"latency_us":0.5},)"
                                                R"("measured":{"forward_gbs":48.5,"latency_us":0},"colour":{"red":1}}
]
}
)");
}

TEST(Json, GivesBackTheSameValue) {
  for (std::uint32_t seed = 0; seed < 2000; ++seed) {
    const Topology topology = built(RandomTopology(seed).builder());
    const std::string text = json_of(topology);
    const auto again = topology_from_json(text, "f");
    ASSERT_TRUE(again) << again.error().message << "\n" << text;
    ASSERT_EQ(*again, topology) << "seed " << seed << "\n" << text;
    ASSERT_EQ(json_of(*again), text);
  }
}

TEST(Json, OfNothingIsNothing) {
  EXPECT_EQ(read(json_of(Topology())), Topology());
  EXPECT_EQ(read(R"({"version": 1, "format": "treering-topology"})"), Topology());
}

TEST(Json, OfTypedTopologiesReadsBack) {
  // Tens of thousands of nodes too: nothing here takes time by their square.
  for (const char* text :
       {"torus 32x32x32 50GB/s", "2 hosts x (8 gpu nvswitch 450GB/s, 8 nic 50GB/s pcie5)", "twisted torus 4x4x8",
        "fat-tree 64 hosts, 3 levels", "dragonfly 9 groups of 4 routers of 2 hosts"}) {
    const auto topology = described_topology(text);
    ASSERT_TRUE(topology);
    EXPECT_EQ(read(json_of(*topology)), *topology);
  }
}

TEST(Json, KeepsMembersThatNobodyKnows) {
  const std::string text = R"({
"format": "treering-topology",
"version": 1,
"site": {"rooms":["a",2,3.5,null,true]},
"nodes": [
{"name":"a","kind":"host","owner":"physics","price":[1,{"eur":2}]},
{"name":"b","kind":"host","attributes":{"nccl":[["x","1"]]},"slow":true}
],
"links": [
{"from":"a","to":"b","type":"ethernet","cable":"red \"1\""}
]
}
)";
  EXPECT_EQ(json_of(read(text)), text);
}

TEST(Json, MembersMayComeInAnyOrder) {
  const Topology topology = read(document(two_nodes, R"({"from": "a", "to": "a/b", "type": "pcie"})"));
  EXPECT_EQ(read(R"({"links": [{"from": "a", "to": "a/b", "type": "pcie"}], "nodes": [)" + std::string(two_nodes) +
                 R"(], "version": 1, "format": "treering-topology"})"),
            topology);
}

TEST(Json, RefusesWithFileAndLine) {
  const std::string pairs =
      R"( (it must be lists of pairs of texts by origin: {"nccl.gpu": [["sm", "90"]]}) correct it)";
  const std::vector<std::pair<std::string, std::string>> texts{
      {"",
       "f:1: this is no JSON (syntax error while parsing value - unexpected end of input; expected '[', '{', or a "
       "literal) correct it"},
      {"[]", "f:1: the document is no object (topologies are) write it as one"},
      {"7", "f:1: the document is no object (topologies are) write it as one"},
      {"{}",
       "f: there is no 'format' (topologies have \"format\": \"treering-topology\" and \"version\") read another file"},
      {R"({"format": "treering-topology"})",
       "f: there is no 'version' (topologies have \"format\": \"treering-topology\" and \"version\") read another "
       "file"},
      {"{\"format\":\n\"hwloc\"}", "f:2: the format is not 'treering-topology' (no other is known) read another file"},
      {R"({"version": 2})", "f:1: the version is not 1 (no other is known) use a Treering that wrote it"},
      {R"({"nodes": {}})", "f:1: 'nodes' is no list (it must be one) put it in brackets"},
      {R"({"a": 1, "a": 2})", "f:1: the member 'a' comes twice (then it is not clear which counts) leave one out"},
      {document(R"({"name": "a", "name": "b"})"),
       "f:2: the member 'name' comes twice (then it is not clear which counts) leave one out"},
      {document("7"), "f:2: a node is 7 (it must be an object) write its members"},
      {document("\n\n[]"), "f:4: a node is [] (it must be an object) write its members"},
      {document(R"({"kind": "gpu"})"), "f:2: 'name' is absent (it must be a text) correct it"},
      {document(R"({"name": 7, "kind": "gpu"})"), "f:2: 'name' is 7 (it must be a text) correct it"},
      {document(R"({"name": "a/b", "kind": "gpu"})"),
       "f:2: node 0 has the name 'a/b' (names are UTF-8 of 1 to 256 bytes without '/' and control characters) choose "
       "another"},
      {document(R"({"name": "a"})"), "f:2: 'kind' is absent (it must be a text) correct it"},
      {document(R"({"name": "a", "kind": "tpu"})"), "f:2: 'kind' is \"tpu\" (it is no kind of node) correct it"},
      {document("{\"name\": \"a\", \"kind\": \"gpu\"},\n{\"name\": \"a\", \"kind\": \"gpu\"}"),
       "f:3: the name 'a' is taken (names tell nodes apart) choose another"},
      {document(R"({"name": "a", "kind": "gpu", "part_of": "a"})"),
       "f:2: 'part_of' is \"a\" (no node before this one has that name) correct it"},
      {document("{\"name\": \"a\", \"kind\": \"group\", \"part_of\": \"b\"},\n{\"name\": \"b\", \"kind\": \"group\", "
                "\"part_of\": \"a\"}"),
       "f:2: 'part_of' is \"b\" (no node before this one has that name) correct it"},
      {document(R"({"name": "a", "kind": "gpu", "number": -1})"),
       "f:2: 'number' is -1 (it must be a whole number from 0 to 4294967295) correct it"},
      {document(R"({"name": "a", "kind": "gpu", "number": 4294967296})"),
       "f:2: 'number' is 4294967296 (it must be a whole number from 0 to 4294967295) correct it"},
      {document(R"({"name": "a", "kind": "gpu", "pci": "1b"})"),
       "f:2: 'pci' is \"1b\" (it must be domain:bus:device.function in hexadecimal digits) correct it"},
      {document(R"({"name": "a", "kind": "gpu", "guid": "12"})"),
       "f:2: 'guid' is \"12\" (it must be 0x and up to 16 hexadecimal digits, as a text) correct it"},
      {document(R"({"name": "a", "kind": "gpu", "guid": "1234"})"),
       "f:2: 'guid' is \"1234\" (it must be 0x and up to 16 hexadecimal digits, as a text) correct it"},
      {document(R"({"name": "a", "kind": "gpu", "guid": "0x"})"),
       "f:2: 'guid' is \"0x\" (it must be 0x and up to 16 hexadecimal digits, as a text) correct it"},
      {document(R"({"name": "a", "kind": "gpu", "guid": "0x1g"})"),
       "f:2: 'guid' is \"0x1g\" (it must be 0x and up to 16 hexadecimal digits, as a text) correct it"},
      {document(R"({"name": "a", "kind": "gpu", "guid": "0x11111111111111111"})"),
       "f:2: 'guid' is \"0x11111111111111111\" (it must be 0x and up to 16 hexadecimal digits, as a text) correct it"},
      {document(R"({"name": "a", "kind": "gpu", "attributes": [["x", "1"]]})"),
       R"(f:2: 'attributes' is [["x","1"]])" + pairs},
      {document(R"({"name": "a", "kind": "gpu", "attributes": {"x": 1}})"), R"(f:2: 'attributes' is {"x":1})" + pairs},
      {document(R"({"name": "a", "kind": "gpu", "attributes": {"x": [["n", 1]]}})"),
       R"(f:2: 'attributes' is {"x":[["n",1]]})" + pairs},
      {document(R"({"name": "a", "kind": "gpu", "attributes": {"x": [["n", "1", "2"]]}})"),
       R"(f:2: 'attributes' is {"x":[["n","1","2"]]})" + pairs},
      {document(R"({"name": "a", "kind": "gpu", "cell": 3})"),
       "f: 'a' lies in cell 3 (the grid has 0) give it one that there is"},
      {document(two_nodes, R"({"from": "a", "to": "b", "type": "pcie"})"),
       "f:3: 'to' is \"b\" (no node has that name) correct it"},
      {document(two_nodes, R"({"to": "a", "type": "pcie"})"), "f:3: 'from' is absent (it must be a text) correct it"},
      {document(two_nodes, R"({"from": "a", "to": "a", "type": "pcie"})"),
       "f:3: link 0 from 'a' to 'a' goes nowhere (a link has two ends) leave it out"},
      {document(two_nodes, R"({"from": "a", "to": "a/b", "type": "wire"})"),
       "f:3: 'type' is \"wire\" (it is no type of link) correct it"},
      {document(two_nodes, R"({"from": "a", "to": "a/b", "type": "pcie", "width": 65536})"),
       "f:3: 'width' is 65536 (it must be a whole number from 0 to 65535) correct it"},
      {document(two_nodes, R"({"from": "a", "to": "a/b", "type": "pcie", "lane_gts": -1})"),
       "f:3: 'lane_gts' is -1 (it must be a number that is not negative; what is not known is left out) correct it"},
      {document(two_nodes, R"({"from": "a", "to": "a/b", "type": "pcie", "declared": 50})"),
       "f:3: declared is 50 (it must be an object) write its members"},
      {document(two_nodes, R"({"from": "a", "to": "a/b", "type": "pcie", "declared": {"gb": 50}})"),
       "f:3: 'declared' has a member 'gb' (it is not one of gbs, forward_gbs, back_gbs, latency_us) take it out"},
      {document(two_nodes, R"({"from": "a", "to": "a/b", "type": "pcie", "measured": {"gbs": 50, "back_gbs": 50}})"),
       "f:3: 'gbs' is 50 (it is for both ways, and one way is said too) correct it"},
      {document(two_nodes, R"({"from": "a", "to": "a/b", "type": "pcie", "measured": {"gbs": "50"}})"),
       "f:3: 'gbs' is \"50\" (it must be a number that is not negative; what is not known is left out) correct it"},
      {R"({"grid": 7})", "f:1: the grid is 7 (it must be an object) write its members"},
      {R"({"grid": {}})", "f:1: 'extents' is absent (it must be a list of whole numbers) correct it"},
      {R"({"grid": {"extents": [4, -4]}})", "f:1: 'extents' is [4,-4] (it must be a list of whole numbers) correct it"},
      {R"({"grid": {"extents": [4294967301]}})",
       "f:1: 'extents' is [4294967301] (it must be a list of whole numbers) correct it"},
      {R"({"grid": {"extents": [4, 0]}})",
       "f:1: the grid has an extent of 0 (it would have no cells) give extents of at least 1"},
      {R"({"grid": {"extents": [4], "twisted": 1}})", "f:1: 'twisted' is 1 (it must be true or false) correct it"},
      {R"({"grid": {"extents": [4], "skew": 1}})",
       "f:1: 'grid' has a member 'skew' (it is not one of extents, twisted) take it out"},
  };
  for (const auto& [text, message] : texts) EXPECT_EQ(refusal(text), message) << text;
}

TEST(Json, RefusesWhatIsNoJson) {
  EXPECT_THAT(refusal("{\n\"nodes\": [\n{\"name\": \"a\" \"kind\"}]}"),
              HasSubstr("f:3: this is no JSON (syntax error while parsing object - unexpected string literal"));
  for (const char* text :
       {"{", "{\"a\"", "{\"a\": 1", "{\"a\": 1,}", "{\"a\": 1} x", "{'a': 1}", "{\"a\": nan}", "{\"a\": 1e999}",
        "{\"a\": \"\xff\"}", "{\"a\": \"\\ud800\"}", "{\"a\": \"\n\"}", "{/**/}"}) {
    EXPECT_THAT(refusal(text), HasSubstr("this is no JSON (")) << text;
  }
  const std::string whole = json_of(built(two_hosts()));
  for (std::size_t length = 0; length < whole.size() - 2; ++length)
    EXPECT_FALSE(topology_from_json(whole.substr(0, length), "f"));
}

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

TEST(Json, KeepsItsBounds) {
  const auto nested = [](int levels) {
    return R"({"version": 1, "format": "treering-topology", "a": )" + repeated("[", levels) + repeated("]", levels) +
           "}";
  };
  EXPECT_EQ(read(nested(30)).nodes().size(), 0u);
  EXPECT_THAT(refusal(nested(31)), HasSubstr("f:1: this is nested more than 32 deep"));
  EXPECT_THAT(refusal(repeated("[", 1'000'000)), HasSubstr("no object"));
  EXPECT_THAT(refusal("{\"a\":" + repeated("[", 1'000'000)), HasSubstr("nested more than 32 deep"));
  EXPECT_THAT(refusal(R"({"a": [1)" + repeated(",1", 1'000'000) + "]}"), HasSubstr("more than 1000000 values"));
  const std::string many = "[1" + repeated(",1", 400'000) + "]";
  const std::string head = R"({"version": 1, "format": "treering-topology")";
  EXPECT_EQ(read(head + ", \"a\": " + many + ", \"b\": " + many + ", \"c\": " + many + "}").attributes().size(), 3u);
  std::string members;
  for (int i = 0; i < 1001; ++i) members += ",\"m" + std::to_string(i) + "\":0";
  EXPECT_THAT(refusal("{" + members.substr(1) + "}"), HasSubstr("more than 1000 members"));
  EXPECT_THAT(refusal("{\"a\": {" + members.substr(1) + "}}"), HasSubstr("more than 1000 members"));
  EXPECT_THAT(refusal(document(two_nodes), {.nodes = 1}), HasSubstr("f:2: there are more than 1 nodes"));
  EXPECT_TRUE(topology_from_json(document(""), "f", {.file_bytes = document("").size()}));
  EXPECT_EQ(refusal(document(""), {.file_bytes = 30}),
            "f has more than 30 bytes (files are bounded) leave out what does not matter");
  const std::string link = R"({"from": "a", "to": "a/b", "type": "pcie"})";
  EXPECT_THAT(refusal(document(two_nodes, link + ",\n" + link), {.links = 1}),
              HasSubstr("f:4: there are more than 1 links"));
}

TEST(Json, FilesAreReadUpToABound) {
  const std::string path = ::testing::TempDir() + "topology_json_test.json";
  std::ofstream(path) << std::string(3'000'000, 'x') << "end";
  const auto whole = file_bytes(path);
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->size(), 3'000'003u);
  EXPECT_TRUE(whole->ends_with("xend"));
  EXPECT_TRUE(file_bytes(path, 3'000'003));
  EXPECT_FALSE(file_bytes(path, 2 << 20));
  const auto more = file_bytes(path, 3'000'002);
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().message,
            path + " has more than 3000002 bytes (files are bounded) leave out what does not matter");
  const auto absent = file_bytes("/nowhere/at/all");
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, Code::system_error);
  EXPECT_EQ(absent.error().message,
            "/nowhere/at/all cannot be read (No such file or directory) check the path and its permissions");
  const auto folder = file_bytes(::testing::TempDir());
  ASSERT_FALSE(folder);
  EXPECT_THAT(folder.error().message, HasSubstr("cannot be read (Is a directory)"));
  std::remove(path.c_str());
}

TEST(Json, AndTypedTopologiesOfTheDocumentationAreRead) {
  std::ifstream page(TREERING_DOCS "/topology.md");
  int typed = 0;
  std::string line, example;
  for (bool in_example = false, in_typed = false; std::getline(page, line);) {
    if (line == "```json")
      in_example = true;
    else if (line == "```")
      in_example = false;
    else if (in_example)
      example += line + "\n";
    if (line.starts_with("## ")) in_typed = line == "## Typed topologies";
    if (!in_typed || !line.starts_with("| `")) continue;
    const auto topology = described_topology(line.substr(3, line.find('`', 3) - 3));
    EXPECT_TRUE(topology) << topology.error().message;
    ++typed;
  }
  EXPECT_EQ(typed, 7);
  EXPECT_EQ(read(example).links().size(), 1u);
}

/// Writes texts to files of their own in a folder and names them.
std::string files_of(const std::vector<std::string>& texts, const std::string& prefix) {
  std::string names;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::string path = prefix + std::to_string(i) + ".json";
    std::ofstream(path) << texts[i];
    names += " " + path;
  }
  return names;
}

TEST(Json, IsAsTheSchemaSays) {
  std::vector<std::string> valid{json_of(Topology()), json_of(built(two_hosts()))};
  for (std::uint32_t seed = 0; seed < 100; ++seed) valid.push_back(json_of(built(RandomTopology(seed).builder())));
  const std::vector<std::string> invalid{
      "[]",
      "{}",
      R"({"format": "treering-topology", "version": 2})",
      R"({"format": "other", "version": 1})",
      document("7"),
      document(R"({"kind": "gpu"})"),
      document(R"({"name": "a", "kind": "tpu"})"),
      document(R"({"name": "a/b", "kind": "gpu"})"),
      document(R"({"name": "a", "kind": "gpu", "number": -1})"),
      document(R"({"name": "a", "kind": "gpu", "pci": "1b"})"),
      document(R"({"name": "a", "kind": "gpu", "guid": 12})"),
      document(R"({"name": "a", "kind": "gpu", "attributes": {"x": [["n", 1]]}})"),
      document(two_nodes, R"({"from": "a", "to": "a/b"})"),
      document(two_nodes, R"({"from": "a", "to": "a/b", "type": "wire"})"),
      document(two_nodes, R"({"from": "a", "to": "a/b", "type": "pcie", "count": 0})"),
      document(two_nodes, R"({"from": "a", "to": "a/b", "type": "pcie", "declared": {"gb": 1}})"),
      document(two_nodes, R"({"from": "a", "to": "a/b", "type": "pcie", "declared": {"gbs": -1}})"),
      document(two_nodes, R"({"from": "a", "to": "a/b", "type": "pcie", "declared": {"gbs": 1, "back_gbs": 1}})")};
  for (const std::string& text : invalid) EXPECT_FALSE(topology_from_json(text, "f")) << text;
  std::string folder = ::testing::TempDir() + "topology_schema_XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string command = "python3 -B " TREERING_TOPOLOGY_SCHEMA_CHECK " " TREERING_DOCS "/topology.schema.json" +
                              files_of(valid, folder + "/valid") + " --" + files_of(invalid, folder + "/invalid");
  const int status = std::system(command.c_str());
  std::filesystem::remove_all(folder);
  if (WIFEXITED(status) && (WEXITSTATUS(status) == 77 || WEXITSTATUS(status) == 127))
    GTEST_SKIP() << "there is no python3 with jsonschema (Debian: python3-jsonschema)";
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace treering::topology

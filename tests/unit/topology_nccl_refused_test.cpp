// What is no topology file of NCCL, or too large for one, is refused: by file, line and reason.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "topology/builder.hpp"
#include "topology/nccl/nccl_xml.hpp"
#include "topology_nccl_samples.hpp"

namespace treering::topology {
namespace {

using ::testing::HasSubstr;

std::string refusal(std::string_view text, const Limits& limits = {}) {
  const auto topology = topology_from_nccl_xml(text, "f", limits);
  EXPECT_FALSE(topology) << text.substr(0, 1000);
  if (topology) return "";
  EXPECT_EQ(topology.error().code, Code::invalid_argument);
  return topology.error().message;
}

std::string repeated(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

TEST(NcclXmlRefusals, SayFileLineAndReason) {
  const std::vector<std::pair<std::string, std::string>> texts{
      {"", "f:1: this is no XML (No document element found) correct it"},
      {"<system version=\"1\">\n<cpu>\n</system>", "f:3: this is no XML (Start-end tags mismatch) correct it"},
      {"<system version=\"1\">\n<cpu numaid=0/></system>",
       "f:2: this is no XML (Error parsing element attribute) correct it"},
      {"<system version=\"1\"/>\n<system version=\"1\"/>",
       "f:2: <system> is a second element at the top (a document has one) take it out"},
      {"<!-- a -->\n<topology version=\"2.0\"/>",
       "f:2: the top is <topology> (topologies of NCCL have <system> there) read another file"},
      {"<system/>", "f:1: 'version' is '' (1 and 2 are known) write the file with another NCCL"},
      {"<system version=\"3\"/>", "f:1: 'version' is '3' (1 and 2 are known) write the file with another NCCL"},
      {"<?xml version=\"1.0\"?>\n<!DOCTYPE system [<!ENTITY a \"aa\">]>\n<system version=\"1\"/>",
       "f:2: there is a document type (entities of a file's own are not expanded) take it out"},
      {in_cpu("text"), "f:2: there is the text '?text?' (attributes alone carry values) take it out"},
      {in_cpu("<![CDATA[x]]>"), "f:3: there is the text 'x' (attributes alone carry values) take it out"},
      {in_cpu("<pci/>"), "f:3: 'busid' is '' (it must be domain:bus:device.function in hexadecimal digits) correct it"},
      {in_cpu("<nic>\n<net/>\n<pci busid=\"0000:01:00.0\"/></nic>"),
       "f:5: <pci> lies in <nic> (nothing is known of what that would mean) take it out"},
      {in_cpu("<nic><net>\n<port/></net></nic>"),
       "f:4: <port> lies in <net> (nothing is known of what that would mean) take it out"},
      {in_cpu("<gpu><nvlink>\n<port/></nvlink></gpu>"),
       "f:4: <port> lies in <nvlink> (nothing is known of what that would mean) take it out"},
      {in_cpu("<gpu dev=\"0\"\n dev=\"1\"/>"),
       "f:3: 'dev' comes twice (then it is not clear which counts) leave one out"},
      {in_cpu("<gpu dev=\"&#1;\"/>"), "f:3: 'dev' is '?' (texts are UTF-8 without control characters) correct it"},
      {in_cpu("<gpu dev=\"&dev;\"/>"), "f:3: there is '&dev;\"/>' (it is no entity or character of XML) correct it"},
      {in_cpu("<gpu dev=\"a&#0;b\"/>"), "f:3: there is '&#0;b\"/>' (it is no entity or character of XML) correct it"},
      {in_cpu("<gpu dev=\"&#xg;\"/>"), "f:3: there is '&#xg;\"/>' (it is no entity or character of XML) correct it"},
      {in_cpu("<gpu dev=\"1 & 2\"/>"), "f:3: there is '& 2\"/>?<' (it is no entity or character of XML) correct it"},
      {in_cpu("<!-- & -->&"), "f:3: there is '&?</cpu>' (it is no entity or character of XML) correct it"},
      {std::string("<system version=\"1\"/>") + '\0' + "amp;",
       "f:1: there is '?amp;' (it is no entity or character of XML) correct it"},
      {in_cpu("<gpu dev=\"\xff\"/>"), "f:3: 'dev' is '?' (texts are UTF-8 without control characters) correct it"},
      {in_cpu("<gpu \xff=\"1\"/>"), "f:3: '?' is '1' (texts are UTF-8 without control characters) correct it"},
      {in_cpu("<gpu\xff/>"), "f:3: the name 'gpu?' is no UTF-8 (all names are) correct it"},
  };
  for (const auto& [text, message] : texts) EXPECT_EQ(refusal(text), message) << text;
}

TEST(NcclXmlRefusals, LeaveEntitiesAndCommentsAlone) {
  const std::string text =
      in_cpu("<!-- & &a; <x> --><gpu dev=\"0\" a=\"&lt;&gt;&amp;&quot;&apos;&#65;&#x42;&#10;\"/><!--&-->");
  const Topology topology = read(text);
  EXPECT_EQ((*++topology.node_attributes(2).begin()).value, "<>&\"'AB\n");
  EXPECT_EQ(read(write(topology)), topology);
  EXPECT_EQ(refusal("<!--&"), "f:1: this is no XML (Error parsing comment) correct it");
}

TEST(NcclXmlRefusals, KeepBounds) {
  const auto nested = [](int levels) {
    return in_cpu(repeated("<pci busid=\"0000:01:00.0\">", levels) + repeated("</pci>", levels));
  };
  EXPECT_EQ(read(nested(62)).nodes().size(), 64u);
  EXPECT_EQ(refusal(nested(63)), "f:3: elements lie more than 64 deep in each other (that is bounded) take some out");
  EXPECT_THAT(refusal(in_cpu(repeated("<a>", 500'000) + repeated("</a>", 500'000))), HasSubstr("more than 64 deep"));
  EXPECT_EQ(refusal(in_cpu("<gpu/>"), {.file_bytes = 30}),
            "f has more than 30 bytes (files are bounded) leave out what does not matter");
  EXPECT_EQ(refusal(std::string((64 << 20) + 1, ' ')),
            "f has more than 67108864 bytes (files are bounded) leave out what does not matter");
  EXPECT_EQ(refusal(in_cpu(repeated("<a/>", 50)), {.nodes = 10, .links = 10}),
            "f has more than 40 tags (files are bounded) leave out what does not matter");
  EXPECT_THAT(refusal(in_cpu("<gpu/>\n<gpu/>"), {.nodes = 3}), HasSubstr("f:4: there are more than 3 nodes"));
  EXPECT_THAT(refusal(in_cpu("<gpu/>\n<gpu/>"), {.links = 1}), HasSubstr("there are more than 1 links"));
  EXPECT_THAT(refusal(in_cpu("<gpu a=\"123456789012\"/>"), {.attribute_bytes = 11}),
              HasSubstr("f:3: the attribute 'a'"));
  std::string attributes;
  for (int i = 0; i < 256; ++i) attributes += " a" + std::to_string(i) + "=\"1\"";
  EXPECT_EQ(read(in_cpu("<gpu" + attributes + "/>")).node_attributes(2).size(), 256u);
  EXPECT_EQ(refusal(in_cpu("<gpu" + attributes + " b=\"1\"/>")),
            "f:3: <gpu> has more than 256 attributes (they are bounded) take some out");
}

TEST(NcclXmlRefusals, ManyElementsOfOneNameTakeNoLongTime) {
  const Topology topology = read(in_cpu(repeated("<gpu dev=\"0\"/><nic/>", 50'000)));
  EXPECT_EQ(topology.nodes().size(), 100'002u);
  EXPECT_EQ(topology.nodes().back().name, "nic#50000");
}

TEST(NcclXmlRefusals, OfWhatXmlCannotHold) {
  const auto refused = [](const Attribute& attribute) {
    TopologyBuilder builder;
    builder.annotate_node(builder.add(Node{.kind = NodeKind::host, .name = "a"}), attribute);
    const auto topology = std::move(builder).build();
    const auto text = nccl_xml_of(*topology);
    return text ? "" : text.error().message;
  };
  const std::string reason =
      " (XML has names of letters, digits and -_.: and texts without control characters) correct it or take it out";
  EXPECT_EQ(refused({"nccl.cpu", "arch", "x86\n"}), "");
  EXPECT_EQ(refused({"hwloc.info", "a b", "\x01"}), "");
  EXPECT_EQ(refused({"nccl.cpu", "arch", "x\x01"}), "the attribute 'arch' of 'nccl.cpu' is 'x?'" + reason);
  EXPECT_EQ(refused({"nccl.cpu", "a b", "x"}), "the attribute 'a b' of 'nccl.cpu' is 'x'" + reason);
  EXPECT_EQ(refused({"nccl.cpu", "1", "x"}), "the attribute '1' of 'nccl.cpu' is 'x'" + reason);
  EXPECT_EQ(refused({"nccl.<.0", "a", "x"}), "the attribute 'a' of 'nccl.<.0' is 'x'" + reason);
  EXPECT_EQ(refused({"nccl.other", "", "a>"}), "the attribute '' of 'nccl.other' is 'a>'" + reason);
  const auto nothing = nccl_xml_of(Topology());
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().message,
            "there is no host (files of NCCL are of the insides of hosts) write it in another format");
  EXPECT_EQ(write(read("<system version=\"2\"/>")), "<system version=\"2\" />\n");
}

/// Pieces that files consist of, in any order: most results are wrong, in ways that a person would not think of.
std::string spoiled(std::string text, std::mt19937& random) {
  constexpr std::string_view pieces[] = {"<gpu/>",
                                         "<nic/>",
                                         "<net name=\"a\"/>",
                                         "</pci>",
                                         "\"",
                                         " dev=\"-1\"",
                                         "&amp;",
                                         "0",
                                         "<xgmi target=\"0000:12:00.0\" count=\"3\"/>",
                                         "<pcilink target=\"0000:10:00.0\"/>",
                                         "<rack a=\"\"/>"};
  constexpr std::string_view letters = "0123456789abcdefgx:.";
  for (int changes = static_cast<int>(random() % 4) + 1; changes > 0; --changes) {
    const std::size_t at = random() % (text.size() + 1), to = random() % (text.size() + 1);
    switch (random() % 6) {
      case 0: text.insert(at, pieces[random() % std::size(pieces)]); break;
      case 1: text.erase(at, random() % 40); break;
      case 2: text.insert(at, text.substr(to, random() % 200)); break;
      case 3:
        text.insert(std::min(text.find('>', at), text.size() - 1) + 1, pieces[random() % std::size(pieces)]);
        break;
      default:
        if (const auto digit = text.find_first_of("0123456789", at); digit < text.size())
          text[digit] = letters[random() % letters.size()];
    }
  }
  return text;
}

TEST(NcclXmlRefusals, OrRoundTripsOfSpoiledFiles) {
  std::mt19937 random(4711);
  int valid = 0;
  for (int round = 0; round < 20'000; ++round) {
    const std::string text = spoiled(std::string(round % 2 ? two_gpus : two_trays), random);
    const auto topology = topology_from_nccl_xml(text, "f");
    if (!topology) {
      EXPECT_TRUE(topology.error().message.starts_with("f")) << topology.error().message;
      continue;
    }
    ++valid;
    const auto written = nccl_xml_of(*topology);
    ASSERT_TRUE(written) << written.error().message << "\n" << text;
    const auto again = topology_from_nccl_xml(*written, "again");
    ASSERT_TRUE(again) << again.error().message << "\n" << text << *written;
    ASSERT_EQ(*again, *topology) << text << *written;
  }
  EXPECT_GT(valid, 3000);
}

}  // namespace
}  // namespace treering::topology

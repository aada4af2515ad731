// Files of real machines: all are read, and written again with the same elements and attributes.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <pugixml.hpp>
#include <string>
#include <utility>
#include <vector>

#include "topology/file.hpp"
#include "topology/nccl/nccl_xml.hpp"

namespace treering::topology {
namespace {

std::vector<std::string> files_in(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& file : std::filesystem::directory_iterator(TREERING_TOPOLOGIES "/" + folder, error))
    files.push_back(file.path().string());
  std::sort(files.begin(), files.end());
  return files;
}

/// A document with attributes in the order of their names, and without comments.
std::string canonical(pugi::xml_node node) {
  std::vector<std::pair<std::string, std::string>> attributes;
  for (const pugi::xml_attribute attribute : node.attributes())
    attributes.emplace_back(attribute.name(), attribute.value());
  std::sort(attributes.begin(), attributes.end());
  std::string text = std::string("<") + node.name();
  for (const auto& [name, value] : attributes) text += " " + name + "='" + value + "'";
  text += ">\n";
  for (const pugi::xml_node child : node.children()) text += canonical(child);
  return text + "</" + node.name() + ">\n";
}

std::string canonical(const std::string& text) {
  pugi::xml_document document;
  EXPECT_TRUE(document.load_string(text.c_str()));
  return canonical(document.document_element());
}

class NcclFiles : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Of, NcclFiles, ::testing::Values("nccl", "rccl"), [](const auto& test) { return test.param; });

TEST_P(NcclFiles, AreWrittenAsTheyWereRead) {
  const auto files = files_in(GetParam());
  if (files.empty()) GTEST_SKIP() << "there are no files in " TREERING_TOPOLOGIES "/" << GetParam();
  for (const std::string& file : files) {
    const auto text = file_bytes(file);
    ASSERT_TRUE(text) << text.error().message;
    const auto topology = topology_from_nccl_xml(*text, file);
    if (file.ends_with("-graph.xml")) {
      ASSERT_FALSE(topology);
      EXPECT_EQ(topology.error().message,
                file + ":1: the top is <graphs> (topologies of NCCL have <system> there) read another file");
      continue;
    }
    ASSERT_TRUE(topology) << topology.error().message;
    const auto written = nccl_xml_of(*topology);
    ASSERT_TRUE(written) << written.error().message;
    EXPECT_EQ(canonical(*written), canonical(*text)) << file;
    const auto again = topology_from_nccl_xml(*written, "again");
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(*again, *topology) << file;
  }
}

}  // namespace
}  // namespace treering::topology

// Texts that are not what ibnetdiscover prints.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <utility>

#include "infiniband_text.hpp"
#include "topology/infiniband/ibnetdiscover.hpp"

namespace treering::topology {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

std::string refusal(std::string_view text, const Limits& limits = {}) {
  const auto topology = topology_from_ibnetdiscover(text, "f", limits);
  EXPECT_FALSE(topology) << text;
  if (topology) return "";
  EXPECT_EQ(topology.error().code, Code::invalid_argument);
  return topology.error().message;
}

TEST(IbnetdiscoverRefusal, SaysTheLineAndTheReason) {
  constexpr std::string_view header = "#\nSwitch\t36 \"S-a\"\t\t# \"s\" base port 0 lid 1 lmc 0\n";
  const std::pair<const char*, const char*> lines[] = {
      {"{\"format\": 1}", "'{\"format\": 1}' begins no line of ibnetdiscover (known are Switch"},
      {"Switch\t : 0x0008f10500000001 ports 8 devid 0x0 vendid 0x0 \"leaf\"", "this is a list of devices (it does not"},
      {"Switch x \"S-b\"", "no number of ports at ' x \"S-b\"'"},
      {"Switch 36 \"Switch1\"", "no GUID at ' \"Switch1\"'"},
      {"Switch 36 \"S-\"", "no GUID"},
      {"Switch 36 \"S-11223344556677889\"", "no GUID"},
      {"Switch 36", "no GUID at ''"},
      {"Switch 36 \"", "no GUID"},
      {"Switch 36 \"H-b\"", "no device of this kind at ' \"H-b\"'"},
      {"Ca 1 \"H-a\"", "0x000000000000000a is an adapter (line 2 has a switch of this GUID)"},
      {"sysimgguid=12", "no GUID at '12'"},
      {"[0] \"H-b\"[1]", "no port at '[0]"},
      {"[256] \"H-b\"[1]", "no port at '[256]"},
      {"[-1] \"H-b\"[1]", "no port"},
      {"[1 \"H-b\"[1]", "no port"},
      {"[1](x) \"H-b\"[1]", "no port"},
      {"[1][ext x] \"H-b\"[1]", "no port"},
      {"[1] \"H-b\"", "no port at ''"},
      {"[1] \"H-b\"[1] x", "no note at ' x'"},
      {"[1] \"H-b\"[1] # lid 3 \"h\" lid 3 4xSDR", "no local identifier"},
      {"[1] \"H-b\"[1] # lid 70000 lmc 0 \"h\" lid 3 4xSDR", "no local identifier"},
      {"[1] \"H-b\"[1] # \"h", "no description"},
      {"[1] \"H-b\"[1] # h lid 3 4xSDR", "no description"},
      {"[1] \"H-b\"[1] # \"h\" 4xSDR", "no lid at ' 4xSDR'"},
      {"[1] \"H-b\"[1] # \"h\" lid 65536 4xSDR", "no lid"},
      {"[1] \"H-b\"[1] # \"h\" lid 3", "no speed at ''"},
      {"[1] \"H-b\"[1] # \"h\" lid 3 0xSDR", "no speed"},
      {"[1] \"H-b\"[1] # \"h\" lid 3 4xsdr", "no speed"},
      {"[1] \"H-b\"[1] # \"h\" lid 3 4", "no speed"},
      {"[1] \"H-b\"[1] # \"h\" lid 3 4xABCDEFGHI", "no speed"},
  };
  for (const auto& [line, reason] : lines) {
    EXPECT_THAT(refusal(std::string(header) + line + "\n"), HasSubstr(reason)) << line;
    EXPECT_THAT(refusal(std::string(header) + line), ContainsRegex("^f:3: .*\\(.*\\) ")) << line;
  }
  EXPECT_THAT(refusal("[1] \"H-b\"[1]\n"), HasSubstr("f:1: a cable comes before all devices"));
}

TEST(IbnetdiscoverRefusal, OfListsToo) {
  for (const char* const line :
       {"SW", "SW 1", "SW 1 1", "SW 1 1 0xa", "SW 1 1 0xa 4x", "SW 1 1 0xa 4x SDR", "SW 1 1 0xa 4x SDR 'a",
        "SW 1 1 0xa 4x SDR '", "SW 1 0 0xa 4x SDR 'a'", "SW 1 256 0xa 4x SDR 'a'", "SW 65536 1 0xa 4x SDR 'a'",
        "SW 1 1 a 4x SDR 'a'", "SW 1 1 0xa 4x SDR - 'a'", "SW 1 1 0xa 4x SDR - CA 1 1 0xb", "?? 1 1 0xa 4x SDR 'a'",
        "SW 1 1 0xa 4x SDR - CA 1 1 0xb ( 'a' )", "SW 1 1 0xa 4x SDR - CA 1 1 0xb ( 'a' - 'b'",
        "SW 1 1 0xa 4x SDR - ?? 1 1 0xb ( 'a' - 'b' )", "Ca 1 \"H-a\""}) {
    EXPECT_THAT(refusal(std::string("SW 1 9 0xc 4x SDR 'c'\n") + line + "\n"),
                HasSubstr("is no port (ibnetdiscover -p"))
        << line;
    EXPECT_THAT(refusal(std::string("SW 1 9 0xc 4x SDR 'c'\n") + line), HasSubstr("f:2: ")) << line;
  }
}

TEST(IbnetdiscoverRefusal, OfCablesThatContradict) {
  constexpr std::string_view begin = "Switch 8 \"S-a\"\n[1] \"H-b\"[1]\n";
  for (const char* const cable : {"[1] \"H-c\"[1]", "[1] \"H-b\"[2]", "[2] \"H-b\"[1]"}) {
    EXPECT_THAT(refusal(std::string(begin) + cable), HasSubstr("f:3: port ")) << cable;
  }
  EXPECT_EQ(
      refusal(std::string(begin) + "Ca 1 \"H-c\"\n[1] \"S-a\"[1]"),
      "f:4: port 1 of 0x000000000000000a is cabled to port 1 of 0x000000000000000c (line 2 has it cabled to port 1 "
      "of 0x000000000000000b) discover the fabric again, while nobody changes it");
  EXPECT_THAT(refusal("SW 1 1 0xa 4x SDR - CA 1 1 0xb ( 'a' - 'b' )\nSW 1 1 0xc 4x SDR - CA 1 1 0xb ( 'c' - 'b' )\n"),
              HasSubstr("f:2: port 1 of 0x000000000000000b is cabled to port 1 of 0x000000000000000c (line 1 has"));
  EXPECT_THAT(refusal("SW 1 1 0xa 4x SDR - CA 1 1 0xb ( 'a' - 'b' )\nCA 1 1 0xa 4x SDR 'a'\n"),
              HasSubstr("f:2: 0x000000000000000a is an adapter (line 1 has a switch of this GUID)"));
}

TEST(IbnetdiscoverRefusal, OfNothing) {
  EXPECT_THAT(refusal(""), HasSubstr("there is no device up to here"));
  EXPECT_THAT(refusal("#\n\n# Topology file\n"), HasSubstr("f:3: there is no device up to here"));
}

TEST(IbnetdiscoverRefusal, OfTooMuch) {
  EXPECT_THAT(refusal(device_format, {.nodes = 4}), HasSubstr("f:22: there are more than 4 devices"));
  EXPECT_THAT(refusal(device_format, {.nodes = 6}), HasSubstr("there are more than 6 nodes"));
  EXPECT_THAT(refusal(device_format, {.links = 5}), HasSubstr("f:22: there are more than 5 cables"));
  EXPECT_THAT(refusal(port_format, {.links = 5}), HasSubstr("there are more than 5 cables"));
  EXPECT_THAT(refusal(device_format, {.attributes = 3}), HasSubstr("there are more than 3 attributes"));
  EXPECT_THAT(refusal(device_format, {.file_bytes = 100}), HasSubstr("f:1: there are more than 100 bytes"));
}

TEST(IbnetdiscoverRefusal, OrASoundTopologyIsWhatWrongBytesMake) {
  std::mt19937 random(7);
  constexpr std::string_view bytes = "\"'[]()#x- \t\n\r0f\xff\xc3/?SHRC";
  for (const std::string_view format : {device_format, port_format}) {
    for (int round = 0; round < 20'000; ++round) {
      std::string text(format);
      for (unsigned change = random() % 4 + 1; change > 0; --change) {
        const std::size_t at = random() % text.size();
        const std::size_t length = random() % 3;
        text.replace(at, length, length == 2 ? 1 : random() % 2, bytes[random() % bytes.size()]);
      }
      const auto topology = topology_from_ibnetdiscover(text, "f");
      if (topology) continue;  // the builder has looked at it
      ASSERT_THAT(topology.error().message, ContainsRegex("^f:[0-9]+: .*\\(.*\\) ")) << text;
    }
  }
}

}  // namespace
}  // namespace treering::topology

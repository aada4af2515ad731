#include "transports/framed/frame.hpp"

#include <gtest/gtest.h>

#include <random>

namespace treering::framed {
namespace {

using enum FrameKind;

TEST(TcpFrame, is_little_endian) {
  const Header expected{std::byte{4}, std::byte{0},    std::byte{0x02}, std::byte{0x01},
                        std::byte{6}, std::byte{0x05}, std::byte{0x04}, std::byte{0x03}};
  EXPECT_EQ(encode({ring, 0x0102, 0x03040506}), expected);
}

TEST(TcpFrame, comes_back_as_it_was) {
  for (const Frame frame :
       {Frame{opened, 0, 1u << 30}, Frame{record, 65535, 123}, Frame{line, 258, 0xfffefdfc}, Frame{ring, 1, 1},
        Frame{line_credit, 2, 64}, Frame{ring_credit, 3, 0xffffffff}, Frame{starved, 513, 0}, Frame{goodbye, 0, 0}}) {
    const auto decoded = decode(encode(frame).data());
    ASSERT_TRUE(decoded) << decoded.error().message;
    EXPECT_EQ(decoded->kind, frame.kind);
    EXPECT_EQ(decoded->lane, frame.lane);
    EXPECT_EQ(decoded->value, frame.value);
  }
}

TEST(TcpFrame, is_refused_outside_its_bounds) {
  for (const Frame frame : {Frame{opened, 0, 0}, Frame{record, 0, 124}, Frame{ring, 0, 0}, Frame{ring, 0, 0xffffffff},
                            Frame{line_credit, 0, 0}, Frame{line_credit, 0, 65}, Frame{ring_credit, 0, 0},
                            Frame{starved, 0, 1}, Frame{goodbye, 1, 0}, Frame{goodbye, 0, 1}})
    EXPECT_FALSE(decode(encode(frame).data())) << static_cast<int>(frame.kind) << " with " << frame.value;
}

TEST(TcpFrame, of_any_bytes_is_refused_or_says_the_same_again) {
  std::mt19937 random(1);
  int accepted = 0;
  for (int k = 0; k < 200000; ++k) {
    Header header;
    for (auto& byte : header) byte = static_cast<std::byte>(random() % (k % 2 ? 256 : 10));
    const auto decoded = decode(header.data());
    if (!decoded) continue;
    ++accepted;
    EXPECT_EQ(encode(*decoded), header);
    EXPECT_LE(small_payload_bytes(*decoded), most_small_payload_bytes);
  }
  EXPECT_GT(accepted, 0);
}

}  // namespace
}  // namespace treering::framed

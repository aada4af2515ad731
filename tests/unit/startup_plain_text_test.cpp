#include "startup/plain_text.hpp"

#include <gtest/gtest.h>

namespace treering {
namespace {

TEST(PlainText, HasNoControlCharacters) {
  EXPECT_EQ(plain_line("a\tb\nc\x1b[2Jd\x7f"), "a?b?c?[2Jd?");
  EXPECT_EQ(plain_lines("a\tb\nc\x1b[2Jd\x7f\n"), "a?b\nc?[2Jd?\n");
  EXPECT_EQ(plain_line(std::string_view("\0x\x1f ", 4)), "?x? ");
}

TEST(PlainText, KeepsOtherLanguages) {
  EXPECT_EQ(plain_line("B\xc3\xa4r \xe7\x86\x8a \xc2\xa0"), "B\xc3\xa4r \xe7\x86\x8a \xc2\xa0");
  EXPECT_EQ(plain_line("\xc2\x80\xc2\x9f\xc2"), "??\xc2") << "controls of two bytes";
}

}  // namespace
}  // namespace treering

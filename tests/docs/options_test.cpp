#include <gtest/gtest.h>

#include "docs/document.hpp"
#include "options/options.hpp"

namespace treering {

TEST(OptionsDocument, IsWhatTheTableSays) {
  EXPECT_EQ(test::document("options.md"), options_document()) << "write options_document() to docs/options.md";
}

}  // namespace treering

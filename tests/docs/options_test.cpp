#include <gtest/gtest.h>

#include "communicator/options.hpp"
#include "docs/document.hpp"

namespace treering {

TEST(OptionsDocument, IsWhatTheTableSays) {
  EXPECT_EQ(test::document("options.md"), options_document()) << "write options_document() to docs/options.md";
}

}  // namespace treering

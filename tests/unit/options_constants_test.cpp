// The constants of a host: their file, and what is refused.
#include "options/constants.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>

namespace treering {
namespace {

using testing::HasSubstr;

/// No two alike.
constexpr HostConstants different{
    .shared_memory = {1, 2, 3, 4, 5, 106}, .tcp = {60, 70, 80, 90, 100, 110}, .gamma_ps = 11, .cache_kib = 13};

std::string refusal(std::string text) {
  const auto constants = constants_from(text, "f.json", "h");
  return constants ? "accepted" : constants.error().message;
}

/// The text with one thing in the place of another.
std::string with(const std::string& what, const std::string& instead) {
  std::string text = text_of(different, "h");
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), instead);
}

TEST(Constants, AreReadBackAsTheyWereWritten) {
  constexpr auto host = "a \"host\"\n\xff";
  for (const HostConstants& constants : {HostConstants(), different}) {
    const auto back = constants_from(text_of(constants, host), "f", host);
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(*back, constants);
  }
}

TEST(Constants, AreRefusedWithAReason) {
  EXPECT_THAT(refusal(""), HasSubstr("f.json is no file of constants (it is no JSON object)"));
  EXPECT_THAT(refusal("[1]"), HasSubstr("no JSON object"));
  EXPECT_THAT(refusal("{}"), HasSubstr("its format is not \"treering constants\""));
  EXPECT_THAT(refusal(with("\"version\": 2", "\"version\": 1")), HasSubstr("its version is not 2"));
  EXPECT_THAT(refusal(with("\"beta_ps\": 5", "\"beta_ps\": 100001")),
              HasSubstr("beta_ps is missing, or no whole number from 0 to 100000"));
  EXPECT_THAT(refusal(with("\"alpha_ns\": 60", "\"alpha_ns\": -60")), HasSubstr("alpha_ns is missing, or no whole"));
  EXPECT_THAT(refusal(with("\"alpha_ns\": 60", "\"alpha_ns\": 6.5")), HasSubstr("alpha_ns is missing, or no whole"));
  EXPECT_THAT(refusal(with("\"far_ps\": 110", "\"far_ps\": -1")), HasSubstr("far_ps is missing, or no"));
  EXPECT_THAT(refusal(with("\"wake_ns\"", "\"wake\"")), HasSubstr("wake_ns is missing"));
  EXPECT_THAT(refusal(with("\"tcp\"", "\"udp\"")), HasSubstr("alpha_ns is missing"));
  EXPECT_THAT(refusal(text_of(different, "h") + "x"), HasSubstr("no JSON object"));
  EXPECT_THAT(refusal(std::string(100'000, ' ')), HasSubstr("more than 65536 bytes"));
  EXPECT_THAT(refusal(std::string(60'000, '[')), HasSubstr("no JSON object"));
}

TEST(Constants, OfMutatedFilesAreWithinBoundsOrRefused) {
  const std::string text = text_of(different, "h");
  std::mt19937 random(7);
  int accepted = 0;
  for (int k = 0; k < 20'000; ++k) {
    std::string mutant = text;
    for (auto changes = random() % 3 + 1; changes > 0; --changes) {
      const std::size_t at = random() % mutant.size();
      const char letter = random() % 2 == 0 ? "0123456789-.e\"{}[],:"[random() % 20] : static_cast<char>(random());
      switch (random() % 3) {
        case 0: mutant[at] = letter; break;
        case 1: mutant.insert(at, 1, letter); break;
        default: mutant.erase(at, random() % 20);
      }
    }
    const auto constants = constants_from(mutant, "f", "h");
    if (!constants) continue;
    ++accepted;
    EXPECT_TRUE(constants->is_within_bounds());
  }
  EXPECT_GT(accepted, 100);
}

TEST(Constants, OfAnotherHostAreRefused) {
  const auto read_on = [](const char* host, const char* of) {
    const auto constants = constants_from(text_of(different, of), "f.json", host);
    return constants ? "accepted" : constants.error().message;
  };
  EXPECT_EQ(read_on("node-1", "node-1"), "accepted");
  EXPECT_EQ(read_on("node-1", "node-2"),
            "f.json holds what messages and bytes cost on host node-2, not on this one, node-1 (hosts differ) measure "
            "here: treering-perf constants; or, where hosts are alike, write \"*\" for the host in the file");
  EXPECT_EQ(read_on("node-1", "*"), "accepted");
  EXPECT_THAT(refusal(with("\"host\": \"h\",", "")), HasSubstr("it does not say of which host"));
  EXPECT_THAT(refusal(with("\"host\": \"h\"", "\"host\": 7")), HasSubstr("it does not say of which host"));
}

TEST(Constants, HaveBounds) {
  EXPECT_TRUE(HostConstants().is_within_bounds());
  HostConstants constants = different;
  EXPECT_TRUE(constants.is_within_bounds());
  constants.tcp.wake_ns = HostConstants::most_ns + 1;
  EXPECT_FALSE(constants.is_within_bounds());
  constants = different;
  constants.shared_memory.far_ps = HostConstants::most_ps + 1;
  EXPECT_FALSE(constants.is_within_bounds());
}

TEST(Constants, OfTheSlowerHostAreTheLargerOfEach) {
  HostConstants other = different;
  other.shared_memory.beta_ps = 50;
  other.tcp.alpha_ns = 6;
  other.gamma_ps = 1;
  other.cache_kib = 100;
  HostConstants slower = different;
  slower.shared_memory.beta_ps = 50;
  EXPECT_EQ(slower_of(different, other), slower);
  EXPECT_EQ(slower_of(other, different), slower);
  other.cache_kib = 0;  // not known
  EXPECT_EQ(slower_of(different, other), slower);
  EXPECT_EQ(slower_of(other, different), slower);
}

TEST(Constants, AreStoredByTheNameOfTheHost) {
  const auto path = [](const Options& options, const std::map<std::string, std::string>& environment,
                       const std::string& host) {
    return constants_path(
        options,
        [&](std::string_view name) {
          const auto found = environment.find(std::string(name));
          return found == environment.end() ? std::nullopt : std::optional(found->second);
        },
        host);
  };
  Options options;
  EXPECT_EQ(path(options, {{"HOME", "/home/a"}, {"XDG_CACHE_HOME", "/c"}}, "node-1.b"), "/c/treering/node-1.b.json");
  EXPECT_EQ(path(options, {{"HOME", "/home/a"}}, "../x"), "/home/a/.cache/treering/_.._x.json");
  EXPECT_EQ(path(options, {}, "h"), "");
  options.constants = "/x/y";
  EXPECT_EQ(path(options, {{"HOME", "/home/a"}}, "h"), "/x/y");
  options.constants = "none";
  EXPECT_EQ(path(options, {{"HOME", "/home/a"}}, "h"), "");
}

TEST(Constants, AreStoredAsAWhole) {
  std::string folder = (std::filesystem::temp_directory_path() / "treering-constants-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/new/f.json";
  char host[65] = {};
  gethostname(host, sizeof host - 1);
  for (const HostConstants& constants : {HostConstants(), different}) {
    const auto stored = store_constants(constants, path);
    ASSERT_TRUE(stored) << stored.error().message;
    std::ifstream file(path);
    const auto back = constants_from(std::string(std::istreambuf_iterator<char>(file), {}), path, host);
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(*back, constants);
  }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder + "/new"), {}), 1);
  const auto refused = store_constants(different, path + "/below-a-file/f.json");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("cannot make the folder of"));
  EXPECT_THAT(refused.error().message, HasSubstr("Not a directory"));
  EXPECT_FALSE(store_constants(different, ""));
  EXPECT_FALSE(check_constants_path(""));
  EXPECT_FALSE(check_constants_path(path + "/below-a-file/f.json"));
  EXPECT_FALSE(check_constants_path(folder));
  EXPECT_TRUE(check_constants_path(path));
  EXPECT_TRUE(check_constants_path(folder + "/not-yet/f.json"));
  EXPECT_TRUE(std::filesystem::is_empty(folder + "/not-yet"));
  const std::string victim = folder + "/victim";
  std::filesystem::create_symlink(victim, path + "." + std::to_string(getpid()));
  EXPECT_FALSE(store_constants(different, path));
  EXPECT_FALSE(std::filesystem::exists(victim));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace treering

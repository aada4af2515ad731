// What interfaces say of their rate, in folders as the kernel lays them out.
#include "startup/interface_rate.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace treering {
namespace {

/// A /sys with interfaces.
class InterfaceRate : public testing::Test {
 protected:
  InterfaceRate() { EXPECT_NE(mkdtemp(system_.data()), nullptr); }
  ~InterfaceRate() override { std::filesystem::remove_all(system_); }

  std::string folder(const std::string& name) const { return system_ + "/class/net/" + name; }
  /// One that stands on others, or on nothing.
  void add(const std::string& name, const std::string& speed, const std::vector<std::string>& below = {}) const {
    std::filesystem::create_directories(folder(name));
    if (!speed.empty()) std::ofstream(folder(name) + "/speed") << speed << '\n';
    for (const std::string& lower : below)
      std::filesystem::create_directory_symlink(folder(lower), folder(name) + "/lower_" + lower);
  }
  void add_adapter(const std::string& name, const std::string& speed) const {
    add(name, speed);
    std::filesystem::create_directory(folder(name) + "/device");
  }
  void add_bond(const std::string& name, const std::string& speed, const std::vector<std::string>& below) const {
    add(name, speed, below);
    std::filesystem::create_directory(folder(name) + "/bonding");
  }
  std::uint32_t mbits(const std::string& name) const { return mbits_of_interface(name, system_); }

  std::string system_ = (std::filesystem::temp_directory_path() / "treering-net-XXXXXX").string();
};

TEST_F(InterfaceRate, OfAnAdapterIsWhatItsDriverSays) {
  add_adapter("eth0", "25000");
  add_adapter("ib0", "400000");
  EXPECT_EQ(mbits("eth0"), 25'000u);
  EXPECT_EQ(mbits("ib0"), 400'000u);
}

TEST_F(InterfaceRate, IsUnknownWhereTheDriverDoesNotKnow) {
  for (const char* const speed : {"", "-1", "0", "4294967295", "100000001", "fast", "10 G", "10000 "}) {
    add_adapter("eth0", speed);
    EXPECT_EQ(mbits("eth0"), 0u) << speed;
    std::filesystem::remove_all(folder("eth0"));
  }
  EXPECT_EQ(mbits("eth7"), 0u);
  EXPECT_EQ(mbits(""), 0u);
}

TEST_F(InterfaceRate, IsNotBelievedOfWhatStandsOnNothing) {
  add("veth0", "10000");
  add("tun0", "10");
  EXPECT_EQ(mbits("veth0"), 0u);
  EXPECT_EQ(mbits("tun0"), 0u);
  add("br0", "10000", {"veth0"});
  EXPECT_EQ(mbits("br0"), 0u);
}

TEST_F(InterfaceRate, OfABondIsTheKernelsSum) {
  add_adapter("eth0", "25000");
  add_adapter("eth1", "25000");
  add_bond("bond0", "50000", {"eth0", "eth1"});
  add_bond("standby", "25000", {"eth0", "eth1"});
  add_bond("silent", "", {"eth0", "eth1"});
  EXPECT_EQ(mbits("bond0"), 50'000u);
  EXPECT_EQ(mbits("standby"), 25'000u);
  EXPECT_EQ(mbits("silent"), 25'000u);
}

TEST_F(InterfaceRate, OfABridgeIsThatOfItsFastestPortAndOfAVlanThatOfWhatItLiesOn) {
  add_adapter("eth0", "40000");
  add("veth0", "10000");
  add_adapter("eth1", "1000");
  add_bond("bond0", "40000", {"eth0"});
  add("br0", "", {"veth0", "eth1", "bond0"});
  add("br0.7", "", {"br0"});
  EXPECT_EQ(mbits("br0"), 40'000u);
  EXPECT_EQ(mbits("br0.7"), 40'000u);
}

TEST_F(InterfaceRate, IsNotLookedForInACircle) {
  add("a", "10");
  add("b", "10", {"a"});
  std::filesystem::create_directory_symlink(folder("b"), folder("a") + "/lower_b");
  EXPECT_EQ(mbits("a"), 0u);
}

TEST_F(InterfaceRate, BridgesWithoutAnAdapterLeadNowhere) {
  const auto add_bridge = [&](const std::string& name, const std::vector<std::string>& ports) {
    add(name, "", ports);
    std::filesystem::create_directory(folder(name) + "/bridge");
  };
  add_adapter("eth0", "25000");
  add("veth0", "10000");
  add_bond("bond0", "25000", {"eth0"});
  add_bridge("docker0", {});
  add_bridge("docker1", {"veth0"});
  add_bridge("br0", {"veth0", "bond0"});
  for (const char* const name : {"docker0", "docker1"}) EXPECT_TRUE(is_inner_bridge(name, system_)) << name;
  for (const char* const name : {"eth0", "veth0", "bond0", "br0", "eth7"})
    EXPECT_FALSE(is_inner_bridge(name, system_)) << name;
}

}  // namespace
}  // namespace treering

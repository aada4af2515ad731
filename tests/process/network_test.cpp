// What a communicator knows of the network between its hosts. Ranks are processes here, on hosts as in faked_hosts.hpp.
#include <gmock/gmock.h>

#include <cstdint>
#include <string>
#include <vector>

#include "process/api_processes.hpp"
#include "process/faked_hosts.hpp"
#include "startup/addresses.hpp"

namespace treering {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

/// The interface by which other hosts would reach this one first; empty if there is none.
std::string first_interface() {
  const auto found = interfaces();
  if (!found || found->empty() || is_loopback(found->front().address)) return "";
  return found->front().name;
}

/// What the log says of two hosts whose interfaces the kernel knows these rates of.
std::string told_with_speeds(const std::string& interface, const std::vector<const char*>& speeds) {
  const Files files;
  std::vector<std::string> folders, boot_ids;
  for (const char* const speed : speeds) {
    const int host = static_cast<int>(folders.size());
    const std::string folder = "net" + std::to_string(host), adapter = folder + "/" + interface;
    files.write(adapter + "/device/vendor", "0x15b3");
    files.write(adapter + "/speed", speed);
    folders.push_back(files.path(folder));
    boot_ids.push_back(files.boot_id(host));
  }
  in_processes(
      static_cast<int>(speeds.size()), [](int, ncclComm_t) { return Report(); },
      [&](int rank) {
        setenv("TREERING_LOG", "info", 1);
        setenv("TREERING_LOG_FILE", files.path("log").c_str(), 1);
        const auto index = static_cast<std::size_t>(rank);
        if (!move_to_host(boot_ids[index]) || !see(folders[index], "/sys/class/net")) _exit(3);
      });
  return files.text("log");
}

TEST(Network, IsAsFastAsItsSlowestInterfaceSays) {
  SKIP_UNLESS_HOSTS_CAN_BE_FAKED();
  const std::string interface = first_interface();
  if (interface.empty()) GTEST_SKIP() << "SKIPPED: this needs a network interface besides loopback";
  const std::string head = "network           ";
  EXPECT_THAT(told_with_speeds(interface, {"100000", "25000"}),
              ContainsRegex(head + "25 Gbit/s into each host and out of it, as " + interface + " says of [^ ]+\n"));
  EXPECT_THAT(told_with_speeds(interface, {"100", "-1", "-1"}),
              ContainsRegex(head + "100 Mbit/s into each host and out of it, as " + interface +
                            " says of [^ ]+; nobody says it of 2 hosts\n"));
  EXPECT_THAT(told_with_speeds(interface, {"-1", "0"}),
              HasSubstr(head + "10 Gbit/s into each host and out of it, assumed: no interface says its rate\n"));
}

TEST(Network, IsNotSpokenOfOnOneHost) {
  const Files files;
  in_processes(
      2, [](int, ncclComm_t) { return Report(); },
      [&](int) {
        setenv("TREERING_LOG", "info", 1);
        setenv("TREERING_LOG_FILE", files.path("log").c_str(), 1);
      });
  EXPECT_THAT(files.text("log"), HasSubstr("2 ranks on 1 host"));
  EXPECT_THAT(files.text("log"), testing::Not(HasSubstr("network  ")));
}

}  // namespace
}  // namespace treering

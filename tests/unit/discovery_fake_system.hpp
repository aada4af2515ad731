// A tree of files as Linux shows them, for devices that the machine of the test has not got.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace treering::topology {

/// Lies in a folder of its own, which goes with it.
class FakeSystem {
 public:
  using Files = std::vector<std::pair<std::string, std::string>>;

  FakeSystem() : root_(::testing::TempDir() + "discovery_XXXXXX") {
    if (mkdtemp(root_.data()) == nullptr) ADD_FAILURE() << "no folder for a test in " << ::testing::TempDir();
  }
  FakeSystem(const FakeSystem&) = delete;
  FakeSystem& operator=(const FakeSystem&) = delete;
  ~FakeSystem() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }

  const std::string& root() const { return root_; }

  std::string write(const std::string& path, const std::string& text) {
    const std::filesystem::path file = std::filesystem::path(root_) / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
    return file.string();
  }

  void write_all(const std::string& folder, const Files& files) {
    for (const auto& [name, text] : files) write(folder + "/" + name, text);
  }

  /// A device at a PCI address, and the folder of a class that shows it: "sys/class/net/eth0".
  void device(const std::string& folder, const std::string& pci, const Files& files, const std::string& bus = "") {
    const std::string device = "sys/devices/pci0000:00/" + pci + bus;
    std::filesystem::create_directories(std::filesystem::path(root_) / device);
    std::filesystem::create_directories(std::filesystem::path(root_) / folder);
    write_all(folder, files);
    std::filesystem::create_directory_symlink("../../../../" + device,
                                              std::filesystem::path(root_) / folder / "device");
    write("sys/devices/pci0000:00/" + pci + "/numa_node", "1\n");
  }

 private:
  std::string root_;
};

}  // namespace treering::topology

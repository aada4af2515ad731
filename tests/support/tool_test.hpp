// A program as people run it: by a shell, with what it prints and how it ends.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace treering::test {

struct Ran {
  int status = 0;  ///< 128 + number of the signal, if one ended it
  std::string out, err;
};

inline std::string read(const std::filesystem::path& path) {
  std::ifstream stream(path);
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

/// Has a folder of its own for files.
class ToolTest : public testing::Test {
 protected:
  ToolTest() { std::filesystem::create_directories(folder_); }
  ~ToolTest() override { std::filesystem::remove_all(folder_); }

  Ran run_shell(const std::string& command) const {
    const int status = std::system((command + " >" + path("out") + " 2>" + path("err")).c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), read(path("out")), read(path("err"))};
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("treering-tool-" + std::to_string(getpid()));
};

}  // namespace treering::test

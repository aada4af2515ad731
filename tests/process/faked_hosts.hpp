// Processes that take themselves for hosts of their own: each sees the boot id of its host, which a mount namespace of
// its own puts in the place of the kernel's. All else is real: hosts of different boot ids talk over TCP.
#pragma once

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace treering {

/// Files of a test: those that are mounted over what the system says of itself, and others.
class Files {
 public:
  Files() : folder_((std::filesystem::temp_directory_path() / "treering-hosts-XXXXXX").string()) {
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
  }
  ~Files() { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  std::string text(const std::string& name) const {
    std::ifstream stream(path(name));
    return std::string(std::istreambuf_iterator<char>(stream), {});
  }
  std::string write(const std::string& name, const std::string& line) const {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    std::ofstream(path(name)) << line << '\n';
    return path(name);
  }
  std::string boot_id(int host) const {
    const std::string number = std::to_string(host);
    return write("host" + number, "0000000" + number + "-1111-2222-3333-444444444444");
  }

 private:
  std::string folder_;
};

/// From now on this process sees the one in the place of the other. False: it may not (errno).
inline bool see(const std::string& this_one, const char* in_the_place_of) {
  return unshare(CLONE_NEWNS) == 0 && mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         mount(this_one.c_str(), in_the_place_of, nullptr, MS_BIND, nullptr) == 0;
}
inline bool move_to_host(const std::string& boot_id) {
  return see(boot_id, "/proc/sys/kernel/random/boot_id");
}

/// The same, under a name of its own.
inline bool move_to_host(const std::string& boot_id, const std::string& name) {
  return move_to_host(boot_id) && unshare(CLONE_NEWUTS) == 0 && sethostname(name.data(), name.size()) == 0;
}

inline bool can_move() {
  const Files files;
  const std::string boot_id = files.boot_id(0);
  const pid_t child = fork();
  if (child == 0) _exit(move_to_host(boot_id, "elsewhere") ? 0 : 1);
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

#define SKIP_UNLESS_HOSTS_CAN_BE_FAKED() \
  if (!can_move()) GTEST_SKIP() << "SKIPPED: namespaces need root (CAP_SYS_ADMIN)"

}  // namespace treering

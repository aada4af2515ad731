#include "startup/rendezvous_file.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "startup/event_thread.hpp"
#include "startup/openssl.hpp"

namespace treering {
namespace {

constexpr const char* ending = ".id";
constexpr std::time_t old_age_s = 3600;

/// Held until the process ends, with the locks on the files. Never destroyed: see at_end_of_process().
struct KeptFiles {
  std::mutex mutex;
  pid_t owner = 0;
  std::vector<std::string> paths;
};
KeptFiles& kept_files() {
  static KeptFiles& one = *new KeptFiles;
  return one;
}

void at_end_of_process() {
  if (kept_files().owner != getpid()) return;
  for (const std::string& path : kept_files().paths) unlink(path.c_str());
}

struct flock whole_file(short type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

/// Does a living process hold the lock on it?
bool is_alive(int file) {
  struct flock lock = whole_file(F_WRLCK);
  return fcntl(file, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

Descriptor open_own(const std::string& path) {
  Descriptor file(open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  struct stat about {};
  if (file &&
      (fstat(file.get(), &about) != 0 || about.st_uid != geteuid() || !S_ISREG(about.st_mode) || about.st_mode & 077))
    file.reset();
  return file;
}

std::optional<UniqueId> read_live(const std::string& path) {
  const Descriptor file = open_own(path);
  UniqueId id;
  if (!file || !is_alive(file.get()) || pread(file.get(), id.bytes.data(), sizeof id.bytes, 0) != sizeof id.bytes ||
      !decode(id))
    return std::nullopt;
  return id;
}

/// Removes files that killed processes have left.
void sweep(const std::filesystem::path& directory) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(directory, ignored)) {
    const std::string path = entry.path().string();
    struct stat about {};
    if (!path.ends_with(ending) || stat(path.c_str(), &about) != 0 || about.st_mtime > time(nullptr) - old_age_s)
      continue;
    // Closing a file gives up this process's own lock on it: leave our own alone.
    {
      const std::lock_guard lock(kept_files().mutex);
      if (std::ranges::find(kept_files().paths, path) != kept_files().paths.end()) continue;
    }
    const Descriptor file = open_own(path);
    if (file && !is_alive(file.get())) unlink(path.c_str());
  }
}

Error cannot_publish(const std::string& path) {
  if (errno == ENOLCK || errno == ENOSYS || errno == EOPNOTSUPP)
    return {Code::system_error, "the unique id cannot be left for the other ranks (" + path +
                                    ": this file system has no locks, by which a job's id is told from what an earlier "
                                    "job has left: " +
                                    std::strerror(errno) +
                                    ") set TREERING_RENDEZVOUS_DIRECTORY to a directory that has (NFS: mounted without "
                                    "nolock, with lockd running), or start with treering-run, which needs none"};
  return {Code::system_error, "the unique id cannot be left for the other ranks (" + path + ": " +
                                  std::strerror(errno) +
                                  ") set TREERING_RENDEZVOUS_DIRECTORY to a directory that can be written"};
}

}  // namespace

Result<std::string> rendezvous_directory(const std::string& chosen) {
  std::string path = chosen;
  if (path.empty()) {
    const char* runtime = std::getenv("XDG_RUNTIME_DIR");
    path = (runtime && access(runtime, W_OK) == 0 ? std::string(runtime) : "/tmp") + "/treering-" +
           std::to_string(geteuid());
  }
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return cannot_publish(path);
  struct stat about {};
  if (stat(path.c_str(), &about) != 0) return cannot_publish(path);
  if (!S_ISDIR(about.st_mode) || about.st_uid != geteuid() || (about.st_mode & 022) != 0)
    return Error{Code::invalid_usage,
                 path +
                     " cannot hold the unique id (it is no directory, belongs to another user, or "
                     "others can write to it) set TREERING_RENDEZVOUS_DIRECTORY to one of your own, "
                     "of mode 0700"};
  return path;
}

std::string rendezvous_path(const std::string& directory, const std::string& job, unsigned number) {
  unsigned char hash[32] = {};
  std::size_t length = 0;
  keep_openssl();
  EVP_Q_digest(nullptr, "SHA256", nullptr, job.data(), job.size(), hash, &length);
  std::string name;
  for (std::size_t k = 0; k < 16; ++k) {
    constexpr char digits[] = "0123456789abcdef";
    name += {digits[hash[k] >> 4], digits[hash[k] & 15]};
  }
  return directory + "/" + name + "-" + std::to_string(number) + ending;
}

Result<void> publish(const UniqueId& id, const std::string& path) {
  sweep(std::filesystem::path(path).parent_path());
  // Written and locked under another name, then moved: nobody sees half of it, or all of it without its lock.
  std::string draft = path + ".XXXXXX";
  Descriptor file(mkostemp(draft.data(), O_CLOEXEC));  // of mode 0600
  struct flock lock = whole_file(F_WRLCK);
  if (!file || write(file.get(), id.bytes.data(), sizeof id.bytes) != sizeof id.bytes ||
      fcntl(file.get(), F_SETLK, &lock) != 0 || rename(draft.c_str(), path.c_str()) != 0) {
    Error error = cannot_publish(path);
    if (file) unlink(draft.c_str());
    return error;
  }
  KeptFiles& all = kept_files();
  const std::lock_guard guard(all.mutex);
  if (all.owner == 0) std::atexit(at_end_of_process);
  if (all.owner != getpid()) all.paths.clear();  // those of the parent
  all.owner = getpid();
  all.paths.push_back(path);
  (void)file.release();  // the lock lasts as long as the process
  return {};
}

Result<UniqueId> await_published(const std::string& path, std::chrono::milliseconds timeout) {
  const Deadline deadline = Clock::now() + timeout;
  std::chrono::milliseconds pause{1};
  while (true) {
    if (const auto id = read_live(path)) return *id;
    if (Clock::now() >= deadline) break;
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::milliseconds(20));
  }
  return Error{Code::timeout, "no unique id from rank 0 within " + std::to_string(timeout.count()) +
                                  " ms (it should be in " + path +
                                  ") check that rank 0 was started by the same launcher; on several hosts, set "
                                  "TREERING_RENDEZVOUS_DIRECTORY to a directory that all of them share"};
}

}  // namespace treering

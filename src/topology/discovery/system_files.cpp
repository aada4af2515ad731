#include "topology/discovery/system_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <system_error>

#include "topology/names.hpp"
#include "topology/sound.hpp"

namespace treering::topology {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  int number() const { return number_; }

 private:
  int number_;
};

bool is_plain_file(int descriptor) {
  struct stat status = {};
  return fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

/// Linux says -1 of a device that is near none, or where it does not know.
std::optional<std::uint32_t> numa_number(std::optional<std::int64_t> number) {
  if (!number || *number < 0 || *number > UINT32_MAX) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

std::string folder_of(const PciAddress& address) {
  return "sys/bus/pci/devices/" + text_of(address);
}

}  // namespace

std::optional<std::string> SystemFiles::bytes(const std::string& path, std::size_t most_bytes) const {
  const Descriptor file(open(path_of(path).c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  if (file.number() < 0 || !is_plain_file(file.number())) return std::nullopt;
  std::string bytes(most_bytes + 1, '\0');
  std::size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t got = read(file.number(), bytes.data() + size, bytes.size() - size);
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > most_bytes) return std::nullopt;
  bytes.resize(size);
  return bytes;
}

std::optional<std::string> SystemFiles::text(const std::string& path, std::size_t most_bytes) const {
  auto text = bytes(path, most_bytes);
  if (!text || !is_utf8(*text)) return std::nullopt;
  text->erase(text->find_last_not_of(" \t\r\n") + 1);
  return text;
}

std::optional<std::string> SystemFiles::name(const std::string& path) const {
  auto name = text(path);
  return name && is_name(*name, name_bytes) ? name : std::nullopt;
}

std::optional<std::int64_t> SystemFiles::number(const std::string& path) const {
  const auto digits = text(path);
  if (!digits) return std::nullopt;
  std::int64_t number = 0;
  const auto [end, problem] = std::from_chars(digits->data(), digits->data() + digits->size(), number);
  if (problem != std::errc() || end != digits->data() + digits->size()) return std::nullopt;
  return number;
}

std::vector<std::string> SystemFiles::names_in(const std::string& folder) const {
  std::vector<std::string> names;
  std::error_code problem;
  std::filesystem::directory_iterator entry(path_of(folder), problem), end;
  for (; !problem && entry != end && names.size() < most_entries; entry.increment(problem)) {
    std::string name = entry->path().filename().string();
    if (is_name(name, name_bytes)) names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool SystemFiles::exists(const std::string& path) const {
  std::error_code problem;
  return std::filesystem::exists(path_of(path), problem);
}

std::optional<SystemFiles::Space> SystemFiles::space(const std::string& folder) const {
  struct statvfs status = {};
  if (root_ != "/") return std::nullopt;
  if (statvfs(path_of(folder).c_str(), &status) != 0) return std::nullopt;
  return Space{std::uint64_t{status.f_blocks} * status.f_frsize, std::uint64_t{status.f_bavail} * status.f_frsize};
}

std::vector<std::string> SystemFiles::way_of(const std::string& link) const {
  std::error_code problem;
  const std::filesystem::path way = std::filesystem::canonical(path_of(link), problem);
  if (problem) return {};
  return {way.begin(), way.end()};
}

std::optional<PciAddress> pci_of_device(const SystemFiles& files, const std::string& folder) {
  std::vector<std::string> way = files.way_of(folder + "/device");
  if (!way.empty() && way.back().starts_with("virtio")) way.pop_back();
  return way.empty() ? std::nullopt : pci_address(way.back());
}

std::optional<std::uint32_t> numa_of_device(const SystemFiles& files, const std::string& folder) {
  auto number = files.number(folder + "/device/numa_node");
  if (!number) number = files.number(folder + "/device/../numa_node");  // of the device below virtio
  return numa_number(number);
}

std::optional<std::uint32_t> numa_at(const SystemFiles& files, const PciAddress& address) {
  return numa_number(files.number(folder_of(address) + "/numa_node"));
}

std::optional<std::uint32_t> class_at(const SystemFiles& files, const PciAddress& address) {
  const std::string text = files.text(folder_of(address) + "/class").value_or("");
  std::uint32_t number = 0;
  if (!text.starts_with("0x")) return std::nullopt;
  const auto [end, problem] = std::from_chars(text.data() + 2, text.data() + text.size(), number, 16);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace treering::topology

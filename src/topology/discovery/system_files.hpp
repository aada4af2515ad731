// The files by which Linux tells what there is: small texts, of which any may be absent, unreadable or nonsense.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "topology/node.hpp"

namespace treering::topology {

/// Paths are relative to the root: "sys/class/net". Never blocks on what is no plain file.
class SystemFiles {
 public:
  static constexpr std::size_t attribute_bytes = 4096;  ///< of a file of sysfs (one page)
  static constexpr std::size_t most_entries = 4096;     ///< of a folder
  static constexpr std::size_t name_bytes = 200;        ///< of an entry

  explicit SystemFiles(std::string root) : root_(std::move(root)) {}

  /// As they are. Nothing where they cannot be read or are more.
  std::optional<std::string> bytes(const std::string& path, std::size_t most_bytes = attribute_bytes) const;

  /// Without white space at the end. Nothing where it cannot be read, has more bytes, or is no UTF-8.
  std::optional<std::string> text(const std::string& path, std::size_t most_bytes = attribute_bytes) const;

  /// One that a node may have: at most `name_bytes`, no control characters.
  std::optional<std::string> name(const std::string& path) const;

  /// A whole number that is all of the text.
  std::optional<std::int64_t> number(const std::string& path) const;

  /// Names in a folder, sorted. Those beyond the bounds, and those that are no names of nodes, are left out.
  std::vector<std::string> names_in(const std::string& folder) const;

  bool exists(const std::string& path) const;

  /// Of the file system that a folder is on; nothing where there is no such folder. A copy of another host's files says
  /// nothing of it: it lies on a file system of this host.
  struct Space {
    std::uint64_t bytes = 0, free_bytes = 0;
  };
  std::optional<Space> space(const std::string& folder) const;

  /// The parts of the path that a link leads to; empty where it leads nowhere.
  std::vector<std::string> way_of(const std::string& link) const;

 private:
  std::string path_of(const std::string& path) const { return root_ + "/" + path; }

  std::string root_;
};

/// Of the device that a folder of /sys/class has a link `device` to. The PCI address is that of the device itself or of
/// its virtio bus, not of a controller that it hangs on (USB).
std::optional<PciAddress> pci_of_device(const SystemFiles& files, const std::string& folder);
std::optional<std::uint32_t> numa_of_device(const SystemFiles& files, const std::string& folder);

/// Of the device at an address.
std::optional<std::uint32_t> numa_at(const SystemFiles& files, const PciAddress& address);
std::optional<std::uint32_t> class_at(const SystemFiles& files, const PciAddress& address);  ///< 0x068000: a bridge

}  // namespace treering::topology

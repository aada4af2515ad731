#include "topology/file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

namespace treering::topology {

Result<std::string> file_bytes(const std::string& path, std::uint64_t most_bytes) {
  const auto failed = [&] {
    return Error{Code::system_error, fmt::format("{} cannot be read ({}) check the path and its permissions", path,
                                                 std::generic_category().message(errno))};
  };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), std::fclose);
  if (!file) return failed();
  std::string bytes;
  constexpr std::size_t chunk = 1 << 20;
  while (bytes.size() <= most_bytes) {
    const std::size_t before = bytes.size();
    bytes.resize(before + chunk);
    const std::size_t read = std::fread(bytes.data() + before, 1, chunk, file.get());
    bytes.resize(before + read);
    if (read == chunk) continue;
    if (std::ferror(file.get())) return failed();
    break;
  }
  if (bytes.size() <= most_bytes) return bytes;
  return Error{
      Code::invalid_argument,
      fmt::format("{} has more than {} bytes (files are bounded) leave out what does not matter", path, most_bytes)};
}

std::string at_line(std::string_view file, std::string_view text, std::size_t offset, std::string_view problem) {
  const auto before = text.substr(0, offset);
  return fmt::format("{}:{}: {}", file, 1 + std::count(before.begin(), before.end(), '\n'), problem);
}

}  // namespace treering::topology

#include "transports/mapping.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#ifndef MADV_POPULATE_WRITE  // Linux 5.14
#define MADV_POPULATE_WRITE 23
#endif

namespace treering {
namespace {

Error failed(const char* what, std::uint64_t bytes, const char* advice) {
  return {Code::system_error, fmt::format("cannot {} {} bytes of memory ({}) {}", what, bytes,
                                          std::generic_category().message(errno), advice)};
}

constexpr auto free_memory = "free memory, or raise the limit on it";

Result<Mapping> map(int file, std::uint64_t bytes, int protection, int flags) {
  void* first = ::mmap(nullptr, bytes, protection, flags, file, 0);
  if (first == MAP_FAILED) return failed("map", bytes, "free memory, or raise vm.max_map_count");
  return Mapping(static_cast<std::byte*>(first), bytes);
}

}  // namespace

Mapping::~Mapping() {
  if (first_) ::munmap(first_, bytes_);
}

void Mapping::populate(std::uint64_t bytes) const {
  (void)::madvise(first_, std::min(bytes_, round_up_to_pages(bytes)), MADV_POPULATE_WRITE);
}

Result<Mapping> map_private(std::uint64_t bytes) {
  auto mapped = map(-1, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE);
  // A huge page would make neighbours that nobody touches cost memory too. Advice: its failure matters to nobody.
  if (mapped) (void)::madvise(mapped->first(), bytes, MADV_NOHUGEPAGE);
  return mapped;
}

Result<SharedFile> create_shared_file(const char* name, std::uint64_t bytes) {
  Descriptor file(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file) return failed("create", bytes, "raise the limit on open files (ulimit -n)");
  if (::ftruncate(file.get(), static_cast<off_t>(bytes)) != 0) return failed("reserve", bytes, free_memory);
  if (::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) != 0)
    return failed("seal", bytes, "this kernel offers no sealed memory files");
  auto memory = map(file.get(), bytes, PROT_READ | PROT_WRITE, MAP_SHARED);
  if (!memory) return std::move(memory).error();
  return SharedFile{std::move(file), *std::move(memory)};
}

Result<Mapping> map_shared_file(const Descriptor& file, std::uint64_t bytes) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode) ||
      static_cast<std::uint64_t>(status.st_size) != bytes || bytes == 0)
    return Error{Code::remote_error, fmt::format("a peer's memory is not {} bytes long (it says so, but handed over "
                                                 "something else) use the same version of the library on all ranks",
                                                 bytes)};
  const int seals = ::fcntl(file.get(), F_GET_SEALS);
  if (seals < 0 || !(seals & F_SEAL_SHRINK))
    return Error{Code::remote_error,
                 "a peer's memory is not sealed (it could vanish while it is read) "
                 "use the same version of the library on all ranks"};
  return map(file.get(), bytes, PROT_READ | PROT_WRITE, MAP_SHARED);
}

std::uint64_t page_bytes() {
  static const auto bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return bytes;
}

std::uint64_t round_up_to_pages(std::uint64_t bytes) {
  return (bytes + page_bytes() - 1) / page_bytes() * page_bytes();
}

std::uint64_t wire_bytes(std::uint64_t ring_bytes) {
  return round_up_to_pages(sizeof(WireControl)) + ring_bytes;
}

Wire wire_in(const Mapping& memory, std::uint64_t ring_bytes) {
  return {reinterpret_cast<WireControl*>(memory.first()), memory.first() + round_up_to_pages(sizeof(WireControl)),
          ring_bytes};
}

}  // namespace treering

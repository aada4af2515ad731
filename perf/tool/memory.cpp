#include "memory.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <cstring>

#include "options/option_values.hpp"
#include "treering/communicator.hpp"

namespace treering::perf {

Result<Memory> Memory::make(std::uint64_t bytes, Home home) {
  constexpr std::uint64_t page = 4096;
  bytes = (bytes / page + 1) * page;  // not empty, and whole pages
  Memory made;
  made.home_ = home;
  if (home == Home::of_the_library) {
    Result<void*> allocated = allocate(bytes);
    if (!allocated) return std::move(allocated).error();
    made.data_ = static_cast<std::byte*>(*allocated);
  } else {
    made.data_ = static_cast<std::byte*>(std::aligned_alloc(page, bytes));
  }
  if (!made.data_) {
    return Error{Code::system_error,
                 fmt::format("no memory for a buffer of {} (the system has none left) lower -e", size_text(bytes))};
  }
  std::memset(made.data_, 0, bytes);
  return made;
}

Memory::~Memory() {
  if (home_ == Home::own) {
    std::free(data_);
  } else if (data_) {
    (void)deallocate(data_);
  }
}

}  // namespace treering::perf

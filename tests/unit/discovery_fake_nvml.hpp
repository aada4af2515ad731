// The stand-in for NVIDIA's Management Library (tests/support/fake_nvml.cpp), as tests drive it.
#pragma once

#include <dlfcn.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <thread>

namespace treering::topology {

class FakeNvml {
 public:
  static constexpr const char* current = TREERING_FAKE_NVML;
  static constexpr const char* old = TREERING_FAKE_OLD_NVML;

  explicit FakeNvml(const std::string& script, const char* path = current) : path_(path) {
    library_ = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library_ == nullptr) ADD_FAILURE() << dlerror();
    become(script);
  }
  FakeNvml(const FakeNvml&) = delete;
  FakeNvml& operator=(const FakeNvml&) = delete;
  /// It stays loaded, as a host without GPUs.
  ~FakeNvml() { become(""); }

  const std::string& path() const { return path_; }
  void become(const std::string& script) { function<void(const char*)>("fake_nvml_become")(script.c_str()); }
  int shutdowns() const { return function<int()>("fake_nvml_shutdowns")(); }
  void wait_for_shutdowns(int count) const {
    while (shutdowns() < count) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

 private:
  template <class Type>
  Type* function(const char* name) const {
    return reinterpret_cast<Type*>(dlsym(library_, name));
  }

  std::string path_;
  void* library_;
};

/// Lines of its script. All GPUs: compute capability of the argument, ECC on.
inline std::string gpu_line(int number, std::string_view address, int major, int nvlinks, std::string_view model) {
  return fmt::format("gpu {} GPU-{} {} 0 {} 0 1 0 {}\n", address, number, major, nvlinks, model);
}

enum class FakeEnd : int { gpu, processor, nvswitch, unknown = 255 };

/// `count` links from `first` on.
inline std::string link_lines(int gpu, int first, int count, int mbs, FakeEnd end, std::string_view address) {
  std::string lines;
  for (int link = first; link < first + count; ++link)
    lines += fmt::format("link {} {} {} {} {}\n", gpu, link, mbs, static_cast<int>(end), address);
  return lines;
}

}  // namespace treering::topology

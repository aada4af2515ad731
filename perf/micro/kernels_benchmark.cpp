// Bytes a second of the reduction kernels beside std::memcpy. Bytes are those read and written, so a copy of n bytes
// counts 2n; `of memcpy` is the rate over that of memcpy at the same size. Sizes are those of one operand, such that
// five operands fit: 4 KiB (first-level cache), 128 KiB (second), 64 MiB (memory); and 8 and 56 bytes, where
// nanoseconds matter.
#include <benchmark/benchmark.h>

#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "execution/kernels.hpp"

namespace {

using namespace treering;
using Role = Operand::Role;

struct Case {
  std::string name;
  DataType type;
  Reduction reduction;
  int takes;
  int gives;
};

constexpr std::int64_t sizes[] = {8, 56, 4 << 10, 128 << 10, 64 << 20};
constexpr const char* copy_name = "memcpy";

/// `operands` buffers that lie apart, each a little further into its page: none hinders another in the cache.
std::vector<std::byte*> buffers(std::vector<std::byte>& memory, int operands, std::size_t bytes) {
  const std::size_t distance = (bytes + 4095) / 4096 * 4096 + 4096 + 320;
  memory.assign(distance * operands, std::byte{0x3f});
  std::vector<std::byte*> starts;
  for (int operand = 0; operand < operands; ++operand) starts.push_back(memory.data() + operand * distance);
  return starts;
}

void run_kernel(benchmark::State& state, const Case& run) {
  const auto bytes = static_cast<std::size_t>(state.range(0));
  std::vector<std::byte> memory;
  const std::vector<std::byte*> at = buffers(memory, run.takes + run.gives, bytes);
  std::vector<Operand> words;
  for (int operand = 0; operand < run.takes + run.gives; ++operand) {
    words.push_back({at[operand], operand < run.takes ? Role::take : Role::give});
  }
  Arithmetic arithmetic;
  arithmetic.type = run.type;
  arithmetic.reduction = run.reduction;
  arithmetic.element_bytes = size_of(run.type);
  const Kernel kernel = kernel_for(arithmetic);
  for (auto _ : state) {
    kernel(words, bytes / size_of(run.type), arithmetic);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * state.range(0) * (run.takes + run.gives));
}

void run_memcpy(benchmark::State& state) {
  const auto bytes = static_cast<std::size_t>(state.range(0));
  std::vector<std::byte> memory;
  const std::vector<std::byte*> at = buffers(memory, 2, bytes);
  for (auto _ : state) {
    std::memcpy(at[1], at[0], bytes);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * state.range(0) * 2);
}

/// What a compiler makes of the plain loop.
void run_plain_copy(benchmark::State& state) {
  const auto words = static_cast<std::size_t>(state.range(0)) / 8;
  std::vector<std::byte> memory;
  const std::vector<std::byte*> at = buffers(memory, 2, words * 8);
  const auto* from = reinterpret_cast<const volatile std::uint64_t*>(at[0]);  // volatile: or it becomes a memcpy
  auto* to = reinterpret_cast<std::uint64_t*>(at[1]);
  for (auto _ : state) {
    for (std::size_t word = 0; word < words; ++word) to[word] = from[word];
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * state.range(0) * 2);
}

const Case cases[] = {
    {"float32 1 to 1", DataType::float32, Reduction::sum, 1, 1},
    {"float32 1 to 2", DataType::float32, Reduction::sum, 1, 2},
    {"float32 2 to 1", DataType::float32, Reduction::sum, 2, 1},
    {"float32 2 to 2", DataType::float32, Reduction::sum, 2, 2},
    {"float32 3 to 1", DataType::float32, Reduction::sum, 3, 1},
    {"float32 4 to 1", DataType::float32, Reduction::sum, 4, 1},
    {"float32 8 to 1", DataType::float32, Reduction::sum, 8, 1},
    {"float32 max 2 to 1", DataType::float32, Reduction::maximum, 2, 1},
    {"float64 2 to 1", DataType::float64, Reduction::sum, 2, 1},
    {"int8 2 to 1", DataType::int8, Reduction::sum, 2, 1},
    {"int8 product 2 to 1", DataType::int8, Reduction::product, 2, 1},
    {"int64 2 to 1", DataType::int64, Reduction::sum, 2, 1},
    {"int64 product 2 to 1", DataType::int64, Reduction::product, 2, 1},
    {"float16 2 to 1", DataType::float16, Reduction::sum, 2, 1},
    {"bfloat16 2 to 1", DataType::bfloat16, Reduction::sum, 2, 1},
    {"float8_e4m3 2 to 1", DataType::float8_e4m3, Reduction::sum, 2, 1},
    {"float8_e5m2 2 to 1", DataType::float8_e5m2, Reduction::sum, 2, 1},
};

/// The console's table with one column more.
class BesideMemcpy final : public benchmark::ConsoleReporter {
 public:
  BesideMemcpy() : ConsoleReporter(OO_Tabular) {}

  void ReportRuns(const std::vector<Run>& runs) override {
    std::vector<Run> shown = runs;
    for (Run& run : shown) {
      const std::string size = run.run_name.args;
      const double rate = run.counters["bytes_per_second"];
      if (run.run_name.function_name == copy_name) copies_[size] = rate;
      if (copies_.contains(size)) run.counters["of memcpy"] = rate / copies_[size];
    }
    ConsoleReporter::ReportRuns(shown);
  }

 private:
  std::map<std::string, double> copies_;  // bytes a second
};

}  // namespace

int main(int arguments, char** values) {
  benchmark::Initialize(&arguments, values);
  for (const std::int64_t size : sizes) {
    benchmark::RegisterBenchmark(copy_name, run_memcpy)->Arg(size);
    benchmark::RegisterBenchmark("plain copy", run_plain_copy)->Arg(size);
    for (const Case& run : cases)
      benchmark::RegisterBenchmark(run.name.c_str(), [&run](benchmark::State& state) {
        run_kernel(state, run);
      })->Arg(size);
  }
  BesideMemcpy table;
  benchmark::RunSpecifiedBenchmarks(&table);
  return 0;
}

#include "measure.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <limits>
#include <memory>
#include <numeric>
#include <sstream>
#include <string>

namespace peers {
namespace {

constexpr std::array<std::string_view, 8> names = {"all_reduce",     "broadcast",  "reduce", "all_gather",
                                                   "reduce_scatter", "all_to_all", "scan",   "barrier"};
constexpr double shortest_sample_s = 20e-6;  // these three numbers as in perf/tool/timing.cpp
constexpr double largest_batch = 1000;
constexpr int probes = 8;

struct Free {
  void operator()(float* memory) const { std::free(memory); }
};
using Buffer = std::unique_ptr<float, Free>;

/// Page-aligned and touched, as treering-perf's.
Buffer buffer_of(std::size_t elements) {
  constexpr std::size_t page = 4096;
  const std::size_t bytes = (elements * sizeof(float) / page + 1) * page;
  Buffer made(static_cast<float*>(std::aligned_alloc(page, bytes)));
  if (made) std::memset(made.get(), 0, bytes);
  return made;
}

double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double median(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  const std::size_t half = samples.size() / 2;
  return samples.size() % 2 == 1 ? samples[half] : (samples[half - 1] + samples[half]) / 2;
}

/// How many calls make a sample long enough: the same on all ranks.
std::uint64_t batch_of(Library& library, const std::function<void()>& call) {
  double shortest = std::numeric_limits<double>::max();
  const auto probe = [&](int calls) {
    shortest = std::numeric_limits<double>::max();
    for (int k = 0; k < calls; ++k) {
      const double begin = now_s();
      call();
      shortest = std::min(shortest, now_s() - begin);
    }
    std::vector<double> over_ranks = {shortest};
    library.slowest(over_ranks);
    shortest = std::max(over_ranks.front(), 1e-9);
  };
  probe(1);
  if (shortest < 1000 * shortest_sample_s) probe(probes);
  return static_cast<std::uint64_t>(std::clamp(std::ceil(shortest_sample_s / shortest), 1.0, largest_batch));
}

/// Microseconds of a call: samples follow one another without a barrier, and each counts as the slowest rank saw it.
double median_us(Library& library, const std::function<void()>& call, std::size_t samples, int warmup) {
  for (int k = 0; k < warmup; ++k) call();
  const std::uint64_t batch = batch_of(library, call);
  library.barrier();
  std::vector<double> times(samples);
  double before = now_s();
  for (double& time : times) {
    for (std::uint64_t k = 0; k < batch; ++k) call();
    const double after = now_s();
    time = 1e6 * (after - before) / static_cast<double>(batch);
    before = after;
  }
  library.slowest(times);
  return median(std::move(times));
}

int complain(const Library& library, const std::string& text) {
  if (library.rank() == 0) std::fprintf(stderr, "%s\n", text.c_str());
  return 2;
}

struct Sweep {
  Collective collective = Collective::all_reduce;
  std::uint64_t first = 0, last = 0, factor = 0;
  std::size_t samples = 0;
  int warmup = 0;
};

int sweep(Library& library, const Sweep& what) {
  const Shape largest = shape_of_bytes(what.collective, what.last, library.ranks());
  const Buffer input = buffer_of(library.has_own_buffers() ? 0 : largest.send);
  const Buffer output = buffer_of(library.has_own_buffers() ? 0 : largest.recv);
  if (!input || !output)
    return complain(library, "no memory for the buffers (the system has none left) lower LAST_BYTES");
  for (std::uint64_t bytes = what.first; bytes <= what.last; bytes *= what.factor) {
    const Shape shape = shape_of_bytes(what.collective, bytes, library.ranks());
    library.fill(shape, input.get(), output.get());
    const std::function<void()> call = library.call(shape, input.get(), output.get());
    if (!call) return complain(library, "no such collective in this library");
    const double us = median_us(library, call, what.samples, what.warmup);
    std::vector<double> wrong = {static_cast<double>(library.wrong(shape, output.get()))};
    library.slowest(wrong);
    if (wrong.front() > 0) return complain(library, "wrong results at " + std::to_string(bytes) + " bytes");
    if (library.rank() == 0) {
      std::printf("%llu,%.4f\n", static_cast<unsigned long long>(bytes), us);
      std::fflush(stdout);
    }
    if (what.collective == Collective::barrier) break;
  }
  return 0;
}

/// A line of perf/traffic: COLLECTIVE TYPE COUNT[/ranks] [OPERATOR]. Nothing if a peer cannot run it as it is.
std::optional<Shape> parsed(const std::string& line, int ranks) {
  std::istringstream words(line);
  std::string name, type, count, op;
  words >> name >> type >> count >> op;
  const auto collective = collective_named(name);
  if (!collective || (type != "float32" && type != "float") || (!op.empty() && op != "sum")) return std::nullopt;
  char* end = nullptr;
  std::size_t elements = std::strtoull(count.c_str(), &end, 10);
  const auto n = static_cast<std::size_t>(ranks);
  if (std::string_view(end) == "/ranks") elements = (elements + n - 1) / n;
  Shape shape = shape_of_count(*collective, elements, ranks);
  shape.in_place = true;
  return shape;
}

int replay(Library& library, const char* file, int steps, int warmup) {
  std::ifstream stream(file);
  std::vector<Shape> step;
  std::size_t most = 0;
  for (std::string line; std::getline(stream, line);) {
    line.resize(std::min(line.size(), line.find('#')));
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const auto shape = parsed(line, library.ranks());
    if (!shape) return complain(library, "cannot replay `" + line + "` (peers sum float32) take another traffic file");
    step.push_back(*shape);
    most = std::max({most, shape->send, shape->recv});
  }
  const Buffer buffer = buffer_of(most);
  if (step.empty() || !buffer) return complain(library, "no collective in the file, or no memory for it");
  std::vector<std::function<void()>> calls;
  for (const Shape& shape : step) {
    calls.push_back(library.call(shape, buffer.get(), buffer.get()));
    if (!calls.back()) return complain(library, "a collective of the file is not in this library");
  }
  std::vector<double> times;
  for (int k = 0; k < warmup + steps; ++k) {
    library.barrier();
    const double begin = now_s();
    for (const auto& call : calls) call();
    times.push_back(1e6 * (now_s() - begin));
  }
  times.erase(times.begin(), times.begin() + warmup);
  library.slowest(times);
  const double mean = std::accumulate(times.begin(), times.end(), 0.0) / static_cast<double>(times.size());
  if (library.rank() == 0) std::printf("step,%.4f\n", mean);
  return 0;
}

}  // namespace

std::optional<Collective> collective_named(std::string_view name) {
  const auto at = std::find(names.begin(), names.end(), name);
  if (at == names.end()) return std::nullopt;
  return static_cast<Collective>(at - names.begin());
}

Shape shape_of_count(Collective collective, std::size_t count, int ranks) {
  const std::size_t all = count * static_cast<std::size_t>(ranks);
  Shape shape{collective, count, count, count};
  if (collective == Collective::all_gather || collective == Collective::all_to_all) shape.recv = all;
  if (collective == Collective::reduce_scatter || collective == Collective::all_to_all) shape.send = all;
  return shape;
}

Shape shape_of_bytes(Collective collective, std::uint64_t bytes, int ranks) {
  if (collective == Collective::barrier) return {collective, 0, 0, 0};
  const bool divides = collective == Collective::all_gather || collective == Collective::reduce_scatter ||
                       collective == Collective::all_to_all;
  const std::size_t elements = bytes / sizeof(float);
  return shape_of_count(collective, divides ? elements / static_cast<std::size_t>(ranks) : elements, ranks);
}

float given(int rank, std::size_t k) {
  return static_cast<float>((rank + 1) * static_cast<int>(k % 13 + 1));
}

float expected(const Shape& shape, int rank, int ranks, std::size_t k) {
  const int all = ranks * (ranks + 1) / 2;  // given() is (rank + 1) times a factor: so are its sums
  const std::size_t mine = static_cast<std::size_t>(rank) * shape.count;
  switch (shape.collective) {
    case Collective::broadcast: return given(0, k);
    case Collective::all_gather: return given(static_cast<int>(k / shape.count), k % shape.count);
    case Collective::reduce_scatter: return static_cast<float>(all) * given(0, mine + k);
    case Collective::all_to_all: return given(static_cast<int>(k / shape.count), mine + k % shape.count);
    case Collective::scan: return static_cast<float>((rank + 1) * (rank + 2) / 2) * given(0, k);
    default: return static_cast<float>(all) * given(0, k);
  }
}

bool gets_result(const Shape& shape, int rank) {
  return shape.collective != Collective::barrier && (shape.collective != Collective::reduce || rank == 0);
}

void Library::fill(const Shape& shape, float* input, float* output) {
  for (std::size_t k = 0; k < shape.send; ++k) input[k] = given(rank(), k);
  // A broadcast has one buffer, which holds the data at the root and nothing elsewhere.
  const bool is_source = shape.collective == Collective::broadcast && rank() == 0;
  for (std::size_t k = 0; k < shape.recv; ++k) output[k] = is_source ? given(0, k) : -1.0F;
}

std::uint64_t Library::wrong(const Shape& shape, const float* output) {
  std::uint64_t wrong = 0;
  if (!gets_result(shape, rank())) return 0;
  for (std::size_t k = 0; k < shape.recv; ++k) wrong += output[k] != expected(shape, rank(), ranks(), k) ? 1 : 0;
  return wrong;
}

int run(Library& library, int argc, char** argv) {
  const auto number = [&](int k) { return std::strtoull(argv[k], nullptr, 10); };
  if (argc == 5 && std::string_view(argv[1]) == "replay" && number(3) > 0) {
    return replay(library, argv[2], static_cast<int>(number(3)), static_cast<int>(number(4)));
  }
  const auto collective = argc == 7 ? collective_named(argv[1]) : std::nullopt;
  if (!collective || number(4) < 2 || number(5) < 1 || (number(2) < 1 && *collective != Collective::barrier)) {
    return complain(library,
                    "usage: COLLECTIVE FIRST_BYTES LAST_BYTES FACTOR SAMPLES WARMUP | replay FILE STEPS WARMUP");
  }
  return sweep(library, {*collective, number(2), number(3), number(4), static_cast<std::size_t>(number(5)),
                         static_cast<int>(number(6))});
}

}  // namespace peers

// The same measurement by MPI_Allreduce: float32 sums, out of place, medians over samples of the slowest rank.
//   mpi_all_reduce FIRST_BYTES LAST_BYTES FACTOR SAMPLES
// Prints one line a size: bytes, microseconds.
#include <mpi.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

constexpr double shortest_sample_s = 20e-6;  // as treering-perf: shorter calls are timed in batches

double timed(const std::vector<float>& input, std::vector<float>& output, int count, int calls) {
  MPI_Barrier(MPI_COMM_WORLD);
  const double begin = MPI_Wtime();
  for (int k = 0; k < calls; ++k) MPI_Allreduce(input.data(), output.data(), count, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
  double mine = (MPI_Wtime() - begin) / calls;
  double slowest = 0;
  MPI_Allreduce(&mine, &slowest, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  return slowest;
}

double median_us(std::uint64_t bytes, int samples) {
  const auto count = static_cast<int>(bytes / sizeof(float));
  std::vector<float> input(static_cast<std::size_t>(count), 1.0F), output(static_cast<std::size_t>(count));
  timed(input, output, count, 3);  // warm-up
  const double one = std::max(timed(input, output, count, 1), 1e-9);
  const int batch = std::clamp(static_cast<int>(shortest_sample_s / one) + 1, 1, 1000);
  std::vector<double> times;
  for (int k = 0; k < samples; ++k) times.push_back(timed(input, output, count, batch));
  std::nth_element(times.begin(), times.begin() + samples / 2, times.end());
  return 1e6 * times[static_cast<std::size_t>(samples / 2)];
}

}  // namespace

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  if (argc != 5) {
    if (rank == 0) std::fprintf(stderr, "usage: mpi_all_reduce FIRST_BYTES LAST_BYTES FACTOR SAMPLES\n");
    MPI_Finalize();
    return 2;
  }
  const std::uint64_t last = std::strtoull(argv[2], nullptr, 10),
                      factor = std::max(2ULL, std::strtoull(argv[3], nullptr, 10));
  for (std::uint64_t bytes = std::max(8ULL, std::strtoull(argv[1], nullptr, 10)); bytes <= last; bytes *= factor) {
    const double us = median_us(bytes, std::max(1, std::atoi(argv[4])));
    if (rank == 0) std::printf("%llu %.3f\n", static_cast<unsigned long long>(bytes), us);
  }
  MPI_Finalize();
  return 0;
}

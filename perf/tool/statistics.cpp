#include "statistics.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace treering::perf {
namespace {

double percentile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace

Statistics statistics_of(std::vector<double> samples) {
  Statistics found;
  if (samples.empty()) return found;
  std::sort(samples.begin(), samples.end());
  const auto n = static_cast<double>(samples.size());
  found.min = samples.front();
  found.max = samples.back();
  found.avg = std::accumulate(samples.begin(), samples.end(), 0.0) / n;
  found.p50 = percentile(samples, 0.50);
  found.p95 = percentile(samples, 0.95);
  found.p99 = percentile(samples, 0.99);
  double squares = 0;
  for (const double sample : samples) squares += (sample - found.avg) * (sample - found.avg);
  found.stdev = n > 1 ? std::sqrt(squares / (n - 1)) : 0;
  return found;
}

}  // namespace treering::perf

// What a set of samples says.
#pragma once

#include <vector>

namespace treering::perf {

struct Statistics {
  double min = 0;
  double avg = 0;
  double p50 = 0;
  double p95 = 0;
  double p99 = 0;
  double max = 0;
  double stdev = 0;  ///< of the sample (divided by n - 1); 0 for a single one
};

/// Percentiles interpolate linearly between the two nearest samples. All zero without samples.
Statistics statistics_of(std::vector<double> samples);

}  // namespace treering::perf

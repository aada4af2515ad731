// A collective by the least that loopback TCP allows: one connection between two processes carries as many bytes as all
// ranks must receive in all, both ways at once where the collective can use both, one way where it cannot.
#pragma once

#include <cstddef>
#include <vector>

#include "crew.hpp"
#include "perf/peers/measure.hpp"

namespace limits {

class TcpLimit : public peers::Library {
 public:
  TcpLimit(Worker& worker, int ranks) : worker_(worker), ranks_(ranks) {}

  int rank() const override { return worker_.index(); }
  int ranks() const override { return ranks_; }
  bool has_own_buffers() const override { return true; }
  void barrier() override { worker_.meet(); }
  void slowest(std::vector<double>& numbers) override { worker_.slowest(numbers); }
  std::function<void()> call(const peers::Shape& shape, float* input, float* output) override;
  void fill(const peers::Shape&, float*, float*) override {}
  std::uint64_t wrong(const peers::Shape&, const float*) override { return 0; }

 private:
  Worker& worker_;
  int ranks_;
};

/// Bytes that all ranks must receive in all, if none is received in vain.
std::size_t least_bytes(const peers::Shape& shape, int ranks);

}  // namespace limits

// The native format: what was read is written and read again as the same value.
#include "round_trip.hpp"
#include "topology/json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace treering;
  const auto topology = topology::topology_from_json(fuzz::text(data, size), "input", fuzz::limits);
  if (!topology) return 0;
  const std::string written = topology::json_of(*topology);
  const auto again = topology::topology_from_json(written, "written", fuzz::limits);
  fuzz::require(again && *again == *topology && topology::json_of(*again) == written);
  return 0;
}

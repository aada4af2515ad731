// Typed topologies: written out they mean the same, and what is accepted can be built.
#include "round_trip.hpp"
#include "topology/description.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace treering;
  const auto description = topology::description(fuzz::text(data, size), fuzz::limits);
  if (!description) return 0;
  const auto again = topology::description(topology::text_of(*description), fuzz::limits);
  fuzz::require(again && *again == *description);
  fuzz::require(static_cast<bool>(topology::topology_of(*description, fuzz::limits)));
  return 0;
}

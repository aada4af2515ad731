// Prints the fabric that it runs on, as a file: infiniband_live_probe DEADLINE_MS [ADAPTER]. The test of the fabric
// runs it under a library that simulates the kernel's part.
#include <cstdio>
#include <cstdlib>

#include "topology/infiniband/live/live_fabric.hpp"
#include "topology/json.hpp"

int main(int argument_count, char** arguments) {
  using namespace treering::topology;
  FabricSearch search;
  if (argument_count > 1) search.deadline = std::chrono::milliseconds(std::atoi(arguments[1]));
  if (argument_count > 2) search.adapter = arguments[2];
  const auto topology = live_fabric(search);
  if (topology) {
    std::fputs(json_of(*topology).c_str(), stdout);
    return 0;
  }
  std::puts(topology.error().message.c_str());
  return static_cast<int>(topology.error().code);
}

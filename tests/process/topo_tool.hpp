// Runs treering-topo.
#pragma once

#include <fstream>
#include <string>

#include "support/tool_test.hpp"
#include "topology/json.hpp"
#include "topology/topology.hpp"

namespace treering::topo {

class TopoTool : public test::ToolTest {
 protected:
  test::Ran run(const std::string& arguments, const std::string& before = "") const {
    return run_shell(before + TREERING_TOPO + " " + arguments);
  }
  std::string file(const std::string& name, const topology::Topology& topology) const {
    std::ofstream(path(name)) << topology::json_of(topology);
    return path(name);
  }
};

}  // namespace treering::topo

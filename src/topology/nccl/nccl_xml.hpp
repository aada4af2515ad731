// The topology files of NCCL and RCCL: XML, as NCCL_TOPO_FILE reads it and NCCL_TOPO_DUMP_FILE writes it.
// docs/topology.md says which element becomes which node or link.
#pragma once

#include <string>
#include <string_view>

#include "topology/topology.hpp"
#include "treering/result.hpp"

namespace treering::topology {

/// Reads versions 1 (NCCL) and 2 (RCCL), whole machines or templates, one host or several. `file` is its name in
/// messages, which read "dump.xml:17: problem (why) what to do". Figures that are known to be wrong are unknown in the
/// topology. What is not understood, and how things were spelled, stays as attributes whose origin begins with "nccl.".
/// Bounded by `limits` (of which `depth` bounds elements in elements too), by 64 MiB and by 256 attributes of an
/// element; document types, and with them entities of a file's own, are refused. Fails with Code::invalid_argument.
Result<Topology> topology_from_nccl_xml(std::string_view text, std::string_view file, const Limits& limits = {});

/// The file, version 1 unless it was read as another, one element a line. What was read is written as it was spelled,
/// as far as it still says what the topology says; comments are not kept. Of a topology from elsewhere: hosts, NUMA
/// domains, PCIe, GPUs, NICs, and links of GPUs; NCCL has no elements for the rest. Fails with Code::invalid_argument
/// where there is no host, and where an attribute cannot be written as XML.
Result<std::string> nccl_xml_of(const Topology& topology);

}  // namespace treering::topology

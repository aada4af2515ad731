#include <fmt/format.h>

#include "topology/nccl/nccl_xml.hpp"
#include "topology/nccl/reading.hpp"
#include "topology/nccl/xml.hpp"

namespace treering::topology {

Result<Topology> topology_from_nccl_xml(std::string_view text, std::string_view file, const Limits& limits) {
  const auto document = xml_of(text, file, limits);
  if (!document) return document.error();
  Reading reading(limits);
  reading.read(document->document_element());
  if (reading.fault()) return xml_error(text, file, reading.fault()->where, reading.fault()->problem);
  auto topology = std::move(reading).topology();
  if (!topology) return Error{topology.error().code, fmt::format("{}: {}", file, topology.error().message)};
  return topology;
}

}  // namespace treering::topology

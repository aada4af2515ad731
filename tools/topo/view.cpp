#include "tools/topo/view.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "tools/topo/check.hpp"
#include "tools/topo/cluster.hpp"
#include "tools/topo/difference.hpp"
#include "tools/topo/explain.hpp"
#include "tools/topo/input.hpp"
#include "tools/topo/job.hpp"
#include "tools/topo/matrix.hpp"
#include "tools/topo/picture.hpp"
#include "tools/topo/plan.hpp"
#include "topology/json.hpp"
#include "topology/nccl/nccl_xml.hpp"

namespace treering::topo {
namespace {

bool has_unknown_memory(const Topology& topology) {
  return std::ranges::any_of(topology.links(), [](const topology::Link& link) {
    return link.type == topology::LinkType::memory && !topology::capacity(link).forward_gbs.is_known();
  });
}

Result<Topology> perhaps_redacted(Result<Topology> topology, bool redact) {
  return topology && redact ? redacted(*topology) : std::move(topology);
}

/// The one topology that the inputs make.
Result<Topology> read_all(const Settings& settings) {
  if (settings.fabric) {
    // Somebody waits for it, and fabrics are large.
    const topology::FabricSearch search{settings.fabric->adapter, settings.fabric->port, std::chrono::minutes(1)};
    return perhaps_redacted(topology_of_fabric(search), settings.redact);
  }
  if (settings.inputs.empty()) return perhaps_redacted(topology_of_this_host(settings.measure), settings.redact);
  if (settings.inputs.size() == 1) return perhaps_redacted(topology_from(settings.inputs.front()), settings.redact);
  std::vector<Part> parts;
  for (const std::string& input : settings.inputs) {
    auto topology = topology_from(input);
    if (!topology) return topology;
    parts.push_back({input, *std::move(topology)});
  }
  auto cluster = merged(parts);
  return cluster && settings.redact ? redacted(*cluster) : std::move(cluster);
}

Result<std::string> picture(const Topology& topology, Format format, const Paint& paint) {
  switch (format) {
    case Format::tree: return tree_text(topology);
    case Format::json: return topology::json_of(topology);
    case Format::nccl: return topology::nccl_xml_of(topology);
    case Format::dot: return dot_text(topology);
    case Format::svg: return svg_text(topology);
    default: return matrix_text(topology, paint);
  }
}

Result<Shown> difference(const Settings& settings, const Paint& paint) {
  const auto before = perhaps_redacted(topology_from(settings.inputs[0]), settings.redact);
  if (!before) return Error(before.error());
  const auto after = perhaps_redacted(topology_from(settings.inputs[1]), settings.redact);
  if (!after) return Error(after.error());
  std::string text = difference_text(*before, *after, paint);
  const int status = text.empty() ? exit_ok : exit_found;
  return Shown{std::move(text), status};
}

Shown checked(const Topology& topology, const Paint& paint) {
  const std::vector<Finding> found = findings(topology);
  return {findings_text(topology, found, paint), std::ranges::none_of(found, is_wrong) ? exit_ok : exit_found};
}

/// Of this host, memory is known where it is measured.
Result<std::string> planned(const Topology& topology, const Settings& settings, const Paint& paint) {
  auto text = plan_text(topology, settings.collective, settings.sizes, paint);
  const bool may_measure =
      settings.inputs.empty() && !settings.fabric && !settings.measure && has_unknown_memory(topology);
  if (text || !may_measure) return text;
  return Error{text.error().code, text.error().message + "; add --measure to find out"};
}

Result<Shown> shown(Result<std::string> text) {
  if (!text) return std::move(text).error();
  return Shown{*std::move(text), exit_ok};
}

}  // namespace

Result<Shown> shown(const Settings& settings, const Paint& paint) {
  if (settings.view == View::difference) return difference(settings, paint);
  if (settings.view == View::job) return shown(job_text(settings.job));
  const auto topology = read_all(settings);
  if (!topology) return Error(topology.error());
  switch (settings.view) {
    case View::plan: return shown(planned(*topology, settings, paint));
    case View::explain: return shown(explain_text(*topology, settings.from, settings.to, paint));
    case View::check: return checked(*topology, paint);
    default: return shown(picture(*topology, settings.format, paint));
  }
}

}  // namespace treering::topo

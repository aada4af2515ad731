// Text to description: one function for each rule of the grammar.
#include <array>
#include <utility>

#include "topology/description.hpp"
#include "topology/description_size.hpp"
#include "topology/pcie.hpp"
#include "topology/word_reader.hpp"

namespace treering::topology {
namespace {

bool on_rails(WordReader& reader) {
  if (!reader.takes("on")) return false;
  reader.expect("rails");
  return true;
}

void flat(WordReader& reader, Description& description) {
  Flat flat{.hosts = reader.count()};
  reader.expect_noun("host");
  description.speed = reader.speed();
  flat.rails = on_rails(reader);
  description.network = flat;
}

void torus(WordReader& reader, Description& description, bool twisted) {
  reader.expect("torus");
  const Word& extents = reader.word();
  Torus torus{.extents = {}, .twisted = twisted};
  for (std::string_view rest = extents.text; !rest.empty();) {
    const std::size_t length = std::min(rest.find('x'), rest.size());
    torus.extents.push_back(reader.number_in(rest.substr(0, length)));
    rest.remove_prefix(std::min(length + 1, rest.size()));
  }
  if (const std::string problem = problem_of(torus); !problem.empty()) reader.refuse(extents, problem, "write 4x4x8");
  reader.skip();
  description.speed = reader.speed();
  description.network = std::move(torus);
}

void fat_tree_option(WordReader& reader, FatTree& tree) {
  reader.takes(",");
  const Word& first = reader.word();
  if (reader.takes("leaves")) {
    reader.expect("of");
    tree.hosts_per_leaf = reader.count();
  } else if (reader.takes("oversubscribed")) {
    tree.down = reader.count();
    reader.expect(":");
    tree.up = reader.count();
  } else if (first.kind == Word::Kind::number) {
    tree.levels = reader.count();
    reader.expect_noun("level");
    if (tree.levels > most_levels) reader.refuse(first, "fat trees have 1 to 8 levels", "choose fewer");
  } else {
    reader.refuse(first, "a number of levels, 'leaves of' or 'oversubscribed' is expected", see_grammar);
  }
}

void fat_tree(WordReader& reader, Description& description) {
  FatTree tree{.hosts = reader.count()};
  reader.expect_noun("host");
  description.speed = reader.speed();
  tree.rails = on_rails(reader);
  while (!reader.error() && !reader.is_at("x") && !reader.is_at(Word::Kind::end)) fat_tree_option(reader, tree);
  description.network = tree;
}

void dragonfly(WordReader& reader, Description& description) {
  Dragonfly dragonfly{.groups = reader.count()};
  reader.expect_noun("group");
  reader.expect("of");
  dragonfly.routers = reader.count();
  reader.expect_noun("router");
  reader.expect("of");
  dragonfly.hosts_per_router = reader.count();
  reader.expect_noun("host");
  description.speed = reader.speed();
  if (reader.takes(",")) {
    const Word& links = reader.word();
    if (!reader.is_at("global")) dragonfly.global_links = reader.count();
    reader.expect("global");
    dragonfly.global = reader.speed();
    if (const std::string problem = problem_of(dragonfly); !problem.empty()) reader.refuse(links, problem, "raise it");
  }
  description.network = dragonfly;
}

void network(WordReader& reader, Description& description) {
  if (reader.takes("twisted")) return torus(reader, description, true);
  if (reader.is_at("torus")) return torus(reader, description, false);
  if (reader.takes("fat-tree")) return fat_tree(reader, description);
  if (reader.takes("dragonfly")) return dragonfly(reader, description);
  if (reader.is_at(Word::Kind::number)) return flat(reader, description);
  reader.refuse(reader.word(), "hosts, 'torus', 'twisted torus', 'fat-tree' or 'dragonfly' are expected", see_grammar);
}

/// "5" or "5x8".
Slot slot(WordReader& reader, std::string_view text) {
  const std::size_t x = std::min(text.find('x'), text.size());
  Slot slot{.generation = reader.number_in(text.substr(0, x))};
  if (x < text.size()) slot.lanes = reader.number_in(text.substr(x + 1));
  if (slot.generation > pcie_generations || slot.lanes > 32) {
    reader.refuse(reader.word(), "PCIe has generations 1 to 7 and 1 to 32 lanes", "write pcie5 or pcie5x8");
  }
  reader.skip();
  return slot;
}

GpuFabric gpu_fabric(WordReader& reader) {
  if (reader.takes("nvswitch")) return GpuFabric::nvswitch;
  if (reader.takes("nvlink")) return GpuFabric::nvlink;
  return reader.takes("xgmi") ? GpuFabric::xgmi : GpuFabric::none;
}

/// Words about `parts`, until one that is not.
void properties(WordReader& reader, Parts& parts, bool may_have_fabric, bool may_have_slot) {
  for (bool goes_on = true; goes_on;) {
    goes_on = reader.takes_figure(parts.speed);
    if (may_have_fabric && parts.fabric == GpuFabric::none) {
      parts.fabric = gpu_fabric(reader);
      goes_on = goes_on || parts.fabric != GpuFabric::none;
    }
    if (may_have_slot && !parts.slot && reader.word().text.starts_with("pcie") && !reader.error()) {
      parts.slot = slot(reader, reader.word().text.substr(4));
      goes_on = true;
    }
  }
}

Parts* kind_of_part(WordReader& reader, Inside& inside) {
  if (reader.takes_noun("gpu")) return &inside.gpus;
  if (reader.takes_noun("nic")) return &inside.nics;
  if (reader.takes_noun("core")) return &inside.cores;
  return reader.takes("numa") ? &inside.numa : nullptr;
}

void part(WordReader& reader, Inside& inside) {
  const Word& number = reader.word();
  Parts parts{.count = reader.count()};
  Parts* place = kind_of_part(reader, inside);
  if (place == nullptr)
    return reader.refuse(reader.word(), "'gpus', 'nics', 'cores' or 'numa' is expected", see_grammar);
  if (place->count > 0) reader.refuse(number, "these were counted already", "count them once");
  properties(reader, parts, place == &inside.gpus, place == &inside.gpus || place == &inside.nics);
  *place = parts;
}

Inside inside(WordReader& reader) {
  Inside inside;
  reader.expect("(");
  do part(reader, inside);
  while (reader.takes(","));
  reader.expect(")");
  return inside;
}

}  // namespace

Result<Description> description(std::string_view text, const Limits& limits) {
  auto cut = words(text);
  if (!cut) return std::move(cut).error();
  WordReader reader(*std::move(cut), limits.nodes);
  Description description;
  network(reader, description);
  if (reader.takes("x")) description.inside = inside(reader);
  if (!reader.is_at(Word::Kind::end)) reader.refuse(reader.word(), "the end is expected", see_grammar);
  if (reader.error()) return Error(*reader.error());
  const std::string problem = problem_of(description, limits);
  if (!problem.empty()) return Error{Code::invalid_argument, problem};
  return description;
}

}  // namespace treering::topology

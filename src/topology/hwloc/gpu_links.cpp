#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "topology/hwloc/links.hpp"
#include "topology/sound.hpp"

namespace treering::topology {
namespace {

/// The words of all children of that name, one after another; at most `most` and one.
std::vector<std::string_view> words_of(pugi::xml_node matrix, const char* name, std::size_t most) {
  constexpr std::string_view blanks = " \t\r\n";
  std::vector<std::string_view> words;
  for (const pugi::xml_node part : matrix.children(name)) {
    std::string_view text = part.text().get();
    while (words.size() <= most) {
      text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
      if (text.empty()) break;
      words.push_back(text.substr(0, text.find_first_of(blanks)));
      text.remove_prefix(words.back().size());
    }
  }
  return words;
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// One matrix of bandwidths.
class GpuMatrix {
 public:
  GpuMatrix(const HwlocDocument& document, const HwlocObjects& objects, TopologyBuilder& builder,
            pugi::xml_node element)
      : document_(document), objects_(objects), builder_(builder), element_(element) {}

  Result<void> read(const HwlocLimits& limits) {
    const auto size = whole_number(element_.attribute("nbobjs").value());
    if (!size || *size > limits.objects_of_distances) {
      return wrong(fmt::format("distances are of '{}' objects (that is no number up to {}) correct nbobjs",
                               shown(element_.attribute("nbobjs").value()), limits.objects_of_distances));
    }
    if (auto read = read_ends(*size); !read) return read;
    return read_values(*size);
  }

  void add_links(LinkType type) {
    const std::size_t size = ends_.size();
    for (std::size_t i = 0; i < size; ++i) {
      for (std::size_t j = i + 1; j < size && !builder_.fault(); ++j) add(type, i, j);
    }
  }

 private:
  Error wrong(std::string_view problem) const { return document_.wrong(element_, problem); }

  /// The objects, each "802" or "OSDev:802". A software device stands for the PCI device that it lies in.
  Result<void> read_ends(std::size_t size) {
    const auto words = words_of(element_, "indexes", size);
    if (words.size() != size) {
      return wrong(fmt::format("distances of {} objects name {} (each has an index) export them again", size,
                               words.size() > size ? "more" : std::to_string(words.size())));
    }
    for (const std::string_view word : words) {
      const auto index = whole_number(word.substr(word.find(':') + 1));
      NodeIndex node = index ? objects_.by_global_index(*index) : no_node;
      if (node == no_node) {
        return wrong(fmt::format("distances are of object '{}' (there is none with that gp_index) export them again",
                                 shown(word)));
      }
      const Node& self = builder_.nodes()[node];
      if (!self.pci && self.parent != no_node && builder_.nodes()[self.parent].pci) node = self.parent;
      ends_.push_back(node);
    }
    return {};
  }

  Result<void> read_values(std::size_t size) {
    const auto words = words_of(element_, "u64values", size * size);
    if (words.size() != size * size) {
      return wrong(fmt::format("distances of {} objects have {} values (not one for each two) export them again", size,
                               words.size() > size * size ? "more" : std::to_string(words.size())));
    }
    for (const std::string_view word : words) {
      const auto value = whole_number(word);
      if (!value) return wrong(fmt::format("a distance is '{}' (that is no whole number) correct it", shown(word)));
      mbs_.push_back(*value);
    }
    return {};
  }

  /// One way may be left out for what does not begin transfers, such as NVSwitches: then it is as fast as the other.
  void add(LinkType type, std::size_t i, std::size_t j) {
    const std::uint64_t there = mbs_[i * ends_.size() + j], back = mbs_[j * ends_.size() + i];
    if (ends_[i] == ends_[j] || (there == 0 && back == 0)) return;
    const auto gbs = [](std::uint64_t mbs, std::uint64_t other) {
      return static_cast<double>(mbs == 0 ? other : mbs) / 1000;
    };
    builder_.add(Link{.from = ends_[i],
                      .to = ends_[j],
                      .type = type,
                      .declared = {.forward_gbs = gbs(there, back), .back_gbs = gbs(back, there)}});
  }

  const HwlocDocument& document_;
  const HwlocObjects& objects_;
  TopologyBuilder& builder_;
  pugi::xml_node element_;
  std::vector<NodeIndex> ends_;
  std::vector<std::uint64_t> mbs_;
};

}  // namespace

Result<void> add_gpu_links(const HwlocDocument& document, const HwlocObjects& objects, const HwlocLimits& limits,
                           TopologyBuilder& builder) {
  for (const pugi::xml_node element : document.topology().children()) {
    if (!std::string_view(element.name()).starts_with("distances2")) continue;
    const std::string_view name = element.attribute("name").value();
    if (name != "NVLinkBandwidth" && name != "XGMIBandwidth") continue;
    GpuMatrix matrix(document, objects, builder, element);
    if (auto read = matrix.read(limits); !read) return read;
    matrix.add_links(name.starts_with("NV") ? LinkType::nvlink : LinkType::xgmi);
    if (builder.fault()) return document.wrong(element, *builder.fault());
  }
  return {};
}

}  // namespace treering::topology

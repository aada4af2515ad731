#include "topology/nccl/xml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "topology/file.hpp"
#include "topology/sound.hpp"

namespace treering::topology {
namespace {

std::string problem_of_attributes(pugi::xml_node element) {
  std::vector<std::string_view> names;
  for (const pugi::xml_attribute attribute : element.attributes()) {
    names.emplace_back(attribute.name());
    if (names.size() > most_xml_attributes) {
      return fmt::format("<{}> has more than {} attributes (they are bounded) take some out", shown(element.name()),
                         most_xml_attributes);
    }
    if (!is_xml_text(attribute.value()) || !is_utf8(attribute.value()) || !is_utf8(attribute.name())) {
      return fmt::format("'{}' is '{}' (texts are UTF-8 without control characters) correct it",
                         shown(attribute.name()), shown(attribute.value()));
    }
  }
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice == names.end()) return "";
  return fmt::format("'{}' comes twice (then it is not clear which counts) leave one out", shown(*twice));
}

/// Whether what follows '&' is one of the five entities of XML, or the number of a character.
bool is_reference(std::string_view text) {
  const std::size_t end = text.substr(0, 12).find(';');
  if (end == std::string_view::npos) return false;
  std::string_view name = text.substr(0, end);
  constexpr std::string_view names[] = {"amp", "lt", "gt", "quot", "apos"};
  if (std::find(std::begin(names), std::end(names), name) != std::end(names)) return true;
  if (!name.starts_with('#')) return false;
  const int base = name.starts_with("#x") ? 16 : 10;
  name.remove_prefix(base == 16 ? 2 : 1);
  std::uint32_t character = 0;
  const auto [rest, error] = std::from_chars(name.data(), name.data() + name.size(), character, base);
  return error == std::errc() && rest == name.data() + name.size() && character != 0;
}

/// Where the parser, which keeps what it cannot expand and ends at a byte of 0, would read something else than it says.
std::size_t misleading(std::string_view text) {
  constexpr std::string_view looked_for("<&\0", 3), comment = "<!--";
  std::size_t at = text.find_first_of(looked_for);
  while (at != std::string_view::npos) {
    if (text[at] != '<' && (text[at] == '\0' || !is_reference(text.substr(at + 1)))) return at;
    if (text.substr(at).starts_with(comment)) at = text.find("-->", at + comment.size());
    at = text.find_first_of(looked_for, std::min(at, text.size() - 1) + 1);
  }
  return at;
}

/// Goes through the whole tree without recursion, up to the first thing that does not belong there.
class Inspection final : public pugi::xml_tree_walker {
 public:
  explicit Inspection(std::uint32_t most_deep) : most_deep_(most_deep) {}

  bool for_each(pugi::xml_node& node) override {
    where = node;
    problem = problem_of(node);
    return problem.empty();
  }

  pugi::xml_node where;
  std::string problem;

 private:
  std::string problem_of(pugi::xml_node node) {
    if (node.type() == pugi::node_doctype)
      return "there is a document type (entities of a file's own are not expanded) take it out";
    if (node.type() != pugi::node_element) {
      return fmt::format("there is the text '{}' (attributes alone carry values) take it out", shown(node.value()));
    }
    if (depth() == 0 && std::exchange(has_top_, true))
      return fmt::format("<{}> is a second element at the top (a document has one) take it out", shown(node.name()));
    if (depth() >= static_cast<int>(most_deep_))
      return fmt::format("elements lie more than {} deep in each other (that is bounded) take some out", most_deep_);
    if (!is_utf8(node.name()))
      return fmt::format("the name '{}' is no UTF-8 (all names are) correct it", shown(node.name()));
    return problem_of_attributes(node);
  }

  std::uint32_t most_deep_;
  bool has_top_ = false;
};

}  // namespace

bool is_xml_name(std::string_view name) {
  const auto begins = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' || (c & 0x80) != 0;
  };
  const auto goes_on = [&](char c) { return begins(c) || (c >= '0' && c <= '9') || c == '-' || c == '.'; };
  return !name.empty() && begins(name[0]) && std::all_of(name.begin(), name.end(), goes_on);
}

bool is_xml_text(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
  });
}

Error xml_error(std::string_view text, std::string_view file, pugi::xml_node where, std::string_view problem) {
  const auto offset = static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, where.offset_debug()));
  return {Code::invalid_argument, at_line(file, text, offset, problem)};
}

Result<pugi::xml_document> xml_of(std::string_view text, std::string_view file, const Limits& limits) {
  const auto refused = [&](std::string_view what, std::uint64_t bound) {
    return Error{Code::invalid_argument, fmt::format("{} has more than {} {} (files are bounded) leave out what does "
                                                     "not matter",
                                                     file, bound, what)};
  };
  const std::uint64_t most_bytes = std::min<std::uint64_t>(limits.file_bytes, most_xml_bytes);
  if (text.size() > most_bytes) return refused("bytes", most_bytes);
  const std::uint64_t most_tags = 2 * (std::uint64_t{limits.nodes} + limits.links);
  if (static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '<')) > most_tags)
    return refused("tags", most_tags);

  if (const std::size_t at = misleading(text); at != std::string_view::npos) {
    return Error{Code::invalid_argument,
                 at_line(file, text, at,
                         fmt::format("there is '{}' (it is no entity or character of XML) correct it",
                                     shown(text.substr(at, 8))))};
  }
  pugi::xml_document document;
  const auto parsed =
      document.load_buffer(text.data(), text.size(), pugi::parse_default | pugi::parse_doctype, pugi::encoding_utf8);
  if (!parsed) {
    return Error{Code::invalid_argument,
                 at_line(file, text, static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, parsed.offset)),
                         fmt::format("this is no XML ({}) correct it", parsed.description()))};
  }
  Inspection inspection(limits.depth);
  document.traverse(inspection);
  if (!inspection.problem.empty()) return xml_error(text, file, inspection.where, inspection.problem);
  return document;
}

std::string text_of(const pugi::xml_document& document) {
  class Text final : public pugi::xml_writer {
   public:
    void write(const void* data, std::size_t size) override { text.append(static_cast<const char*>(data), size); }
    std::string text;
  } text;
  document.save(text, "  ", pugi::format_indent | pugi::format_no_declaration, pugi::encoding_utf8);
  return std::move(text.text);
}

}  // namespace treering::topology

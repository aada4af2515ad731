#include "traffic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>
#include <sstream>

namespace treering::perf {
namespace {

std::vector<std::string> words_of(std::string_view line) {
  std::istringstream stream{std::string(line.substr(0, line.find('#')))};
  return {std::istream_iterator<std::string>(stream), std::istream_iterator<std::string>()};
}

std::optional<std::uint64_t> count_of(std::string_view word, int ranks) {
  constexpr std::string_view shared = "/ranks";
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max() >> 16;  // bytes of it, and sums, fit 64 bits
  const bool divides = word.ends_with(shared);
  if (divides) word.remove_suffix(shared.size());
  std::uint64_t count = 0;
  const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), count);
  if (problem != std::errc{} || end != word.data() + word.size() || count > most) return std::nullopt;
  const auto n = static_cast<std::uint64_t>(ranks);
  return divides ? (count + n - 1) / n : count;
}

Result<Traffic> parse_line(const std::vector<std::string>& words, int ranks) {
  const auto refuse = [](std::string message) { return Error{Code::invalid_argument, std::move(message)}; };
  if (words.size() < 3 || words.size() > 4) {
    return refuse(
        fmt::format("{} words (a collective, a type, a count and perhaps an operator belong there) add or remove some",
                    words.size()));
  }
  const auto kind = kind_named(words[0]);
  if (!kind) return refuse(unknown_name("collective", words[0], kind_names()));
  const auto type = type_named(words[1]);
  if (!type) return refuse(unknown_name("type", words[1], type_names()));
  const auto count = count_of(words[2], ranks);
  if (!count)
    return refuse(
        fmt::format("`{}` is no count (a number of elements, perhaps followed by /ranks) correct it", words[2]));

  Traffic traffic{*kind, *type, reduces(*kind) ? Op::sum : Op::none, extent_of_count(*kind, *count, *type, ranks)};
  if (words.size() == 4) {
    const auto op = op_named(words[3]);
    if (!op) return refuse(unknown_name("operator", words[3], op_names()));
    if (!reduces(*kind))
      return refuse(fmt::format("{} with an operator (it combines nothing) leave `{}` out", words[0], words[3]));
    traffic.op = *op;
  }
  return traffic;
}

}  // namespace

bool Traffic::operator==(const Traffic& other) const {
  return kind == other.kind && type == other.type && op == other.op && extent.count == other.extent.count;
}

Result<std::vector<Traffic>> parse_traffic(std::string_view text, int ranks, const std::string& name) {
  std::vector<Traffic> traffic;
  for (int line = 1; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::vector<std::string> words = words_of(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (words.empty()) continue;
    Result<Traffic> parsed = parse_line(words, ranks);
    if (!parsed) return Error{parsed.error().code, fmt::format("{}, line {}: {}", name, line, parsed.error().message)};
    traffic.push_back(*parsed);
  }
  if (traffic.empty()) {
    return Error{Code::invalid_argument,
                 fmt::format("{} holds no collective (only comments) see perf/traffic/ for examples", name)};
  }
  return traffic;
}

Result<std::vector<Traffic>> read_traffic(const std::string& file, int ranks) {
  std::ifstream stream(file);
  if (!stream) {
    return Error{Code::invalid_argument,
                 fmt::format("cannot read {} ({}) give the path of a traffic file, such as those in perf/traffic/",
                             file, std::strerror(errno))};
  }
  return parse_traffic(std::string(std::istreambuf_iterator<char>(stream), {}), ranks, file);
}

}  // namespace treering::perf

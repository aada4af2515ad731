#include "topology/json_pieces.hpp"

#include <fmt/format.h>

#include <iterator>
#include <set>
#include <utility>
#include <vector>

#include "topology/sound.hpp"

namespace treering::topology {
namespace {

using Json = PieceTaker::Json;

constexpr std::size_t deepest = 32;
constexpr std::size_t most_values = 1'000'000;
constexpr std::size_t most_members = 1'000;

/// Walks over the text and leaves word of how far it has come.
class Walk {
 public:
  // NOLINTBEGIN(readability-identifier-naming): as iterators must
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;
  // NOLINTEND(readability-identifier-naming)

  Walk(const char* at, const char** come_to) : at_(at), come_to_(come_to) {}
  reference operator*() const { return *at_; }
  Walk& operator++() {
    *come_to_ = ++at_;
    return *this;
  }
  bool operator==(const Walk& other) const { return at_ == other.at_; }
  bool operator!=(const Walk& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  const char** come_to_;
};

/// Is told of every token by the parser; `false` ends the reading.
class Cutter final : public nlohmann::json_sax<Json> {
 public:
  Cutter(std::string_view text, PieceTaker& taker) : taker_(taker), text_(text), come_to_(text.data()) {}

  std::optional<Fault> cut() {
    const Walk first(text_.data(), &come_to_), last(text_.data() + text_.size(), &come_to_);
    if (!Json::sax_parse(first, last, this) && !fault_) refuse("cannot be read (the parser ended) report this");
    return std::move(fault_);
  }

  bool null() override { return value(nullptr); }
  bool boolean(bool flag) override { return value(flag); }
  bool number_integer(number_integer_t number) override { return value(number); }
  bool number_unsigned(number_unsigned_t number) override { return value(number); }
  bool number_float(number_float_t number, const string_t&) override { return value(number); }
  bool string(string_t& text) override { return value(std::move(text)); }
  bool binary(binary_t&) override { return refuse("holds binary data (JSON has none) report this"); }

  bool start_object(std::size_t) override {
    if (!is_open_) return is_open_ = true;
    return open(Json::object());
  }
  bool start_array(std::size_t) override {
    if (open_.empty() && list_.empty() && (name_ == "nodes" || name_ == "links")) {
      list_ = std::exchange(name_, "");
      return true;
    }
    return open(Json::array());
  }
  bool key(string_t& name) override {
    if (open_.empty()) {
      name_ = name;
      if (!names_.insert(name).second) return refuse(fmt::format("the member '{}' comes twice {}", shown(name), once));
      return names_.size() <= most_members || refuse(too_many_members);
    }
    Json& object = *open_.back();
    if (object.contains(name)) return refuse(fmt::format("the member '{}' comes twice {}", shown(name), once));
    if (object.size() >= most_members) return refuse(too_many_members);
    member_ = &(object[name] = nullptr);
    return true;
  }
  bool end_object() override { return open_.empty() || close(); }
  bool end_array() override {
    if (!open_.empty()) return close();
    list_.clear();
    return true;
  }

  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& exception) override {
    const std::string_view what = exception.what();
    const std::size_t reason = what.find("syntax error");
    return refuse(
        fmt::format("this is no JSON ({}) correct it", reason == std::string_view::npos ? what : what.substr(reason)));
  }

 private:
  static constexpr const char* once = "(then it is not clear which counts) leave one out";
  static constexpr const char* too_many_members =
      "an object has more than 1000 members (files are bounded) split it up";

  bool refuse(std::string problem) {
    if (!fault_) fault_ = Fault{static_cast<std::size_t>(come_to_ - text_.data()), std::move(problem)};
    return false;
  }

  /// Puts a value where it belongs: it is a piece, or goes into the innermost that is open.
  Json* put(Json value) {
    if (open_.empty()) {
      begin_ = static_cast<std::size_t>(come_to_ - text_.data());
      values_ = 0;
      return &(piece_ = std::move(value));
    }
    Json& whole = *open_.back();
    if (whole.is_object()) return &(*member_ = std::move(value));
    whole.push_back(std::move(value));
    return &whole.back();
  }

  /// Whether a further value fits.
  bool fits() {
    if (!is_open_) return refuse("the document is no object (topologies are) write it as one");
    if (open_.empty() || ++values_ <= most_values) return true;
    return refuse("a part has more than 1000000 values (files are bounded) split it up");
  }

  bool value(Json value) {
    if (!fits()) return false;
    put(std::move(value));
    return !open_.empty() || take();
  }

  bool open(Json value) {
    if (!fits()) return false;
    if (open_.size() + 2 >= deepest) return refuse("this is nested more than 32 deep (files are bounded) flatten it");
    open_.push_back(put(std::move(value)));
    return true;
  }

  bool close() {
    open_.pop_back();
    return !open_.empty() || take();
  }

  bool take() {
    std::string problem = taker_.take(list_, name_, piece_);
    if (problem.empty()) return true;
    fault_ = Fault{begin_, std::move(problem)};
    return false;
  }

  PieceTaker& taker_;
  std::string_view text_;
  const char* come_to_;
  std::optional<Fault> fault_;

  bool is_open_ = false;         // the top object
  std::string list_;             // "nodes" or "links" while in one
  std::string name_;             // member of the top object
  std::set<std::string> names_;  // seen there
  Json piece_;
  std::size_t begin_ = 0;    // behind its first byte
  std::size_t values_ = 0;   // in it
  std::vector<Json*> open_;  // objects and arrays of the piece, outermost first
  Json* member_ = nullptr;   // of the innermost, where the next value goes
};

}  // namespace

std::optional<Fault> read_pieces(std::string_view text, PieceTaker& taker) {
  return Cutter(text, taker).cut();
}

}  // namespace treering::topology

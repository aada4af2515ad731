#include "tools/run/frames.hpp"

#include <span>

#include "startup/encoding.hpp"

namespace treering::run {
namespace {

constexpr std::uint32_t largest_frame = 64u << 20;
constexpr std::uint32_t most_words = 1u << 20;

void put(Encoder& out, const std::string& text) {
  out.number(static_cast<std::uint32_t>(text.size()));
  out.bytes(std::as_bytes(std::span(text)));
}

std::string text_in(Decoder& in) {
  const auto found = in.bytes(in.number<std::uint32_t>());
  return {reinterpret_cast<const char*>(found.data()), found.size()};
}

std::string text_of(const Encoder& out) {
  return {reinterpret_cast<const char*>(out.view().data()), out.size()};
}

std::uint32_t words_in(Decoder& in) {
  const auto count = in.number<std::uint32_t>();
  if (count > most_words) in.fail();
  return in.ok() ? count : 0;
}

}  // namespace

std::string number_text(std::uint32_t value) {
  Encoder out;
  out.number(value);
  return text_of(out);
}

std::uint32_t number_in(std::string_view text) {
  return Decoder(std::as_bytes(std::span(text))).number<std::uint32_t>();
}

std::string framed(Frame kind, std::string_view contents) {
  std::string text(1, static_cast<char>(kind));
  text += number_text(static_cast<std::uint32_t>(contents.size()));
  return text.append(contents);
}

std::string encoded(const Assignment& assignment) {
  Encoder out;
  for (const int number : {assignment.first, assignment.count, assignment.ranks, assignment.processors})
    out.number(number);
  out.number(static_cast<std::uint8_t>(assignment.makes_id));
  put(out, assignment.directory);
  out.number(static_cast<std::uint32_t>(assignment.environment.size()));
  for (const auto& [name, value] : assignment.environment) put(out, name), put(out, value);
  out.number(static_cast<std::uint32_t>(assignment.command.size()));
  for (const std::string& word : assignment.command) put(out, word);
  return text_of(out);
}

std::optional<Assignment> decoded_assignment(std::string_view text) {
  Decoder in(std::as_bytes(std::span(text)));
  Assignment found;
  for (int* number : {&found.first, &found.count, &found.ranks, &found.processors}) *number = in.number<std::int32_t>();
  found.makes_id = in.number<std::uint8_t>() != 0;
  found.directory = text_in(in);
  for (std::uint32_t left = words_in(in); left > 0 && in.ok(); --left) {
    std::string name = text_in(in);
    found.environment.emplace_back(std::move(name), text_in(in));
  }
  for (std::uint32_t left = words_in(in); left > 0 && in.ok(); --left) found.command.push_back(text_in(in));
  if (!in.complete() || found.command.empty() || found.count < 1) return std::nullopt;
  return found;
}

std::string encoded(const End& end) {
  Encoder out;
  for (const int number : {end.rank, end.pid, end.status, end.signal}) out.number(number);
  return text_of(out);
}

std::optional<End> decoded_end(std::string_view text) {
  Decoder in(std::as_bytes(std::span(text)));
  End end;
  for (int* number : {&end.rank, &end.pid, &end.status, &end.signal}) *number = in.number<std::int32_t>();
  return in.complete() ? std::optional(end) : std::nullopt;
}

std::optional<std::pair<Frame, std::string>> FrameReader::next() {
  constexpr std::size_t head = 5;
  if (broken_ || rest_.size() < head) return std::nullopt;
  const std::uint32_t bytes = number_in(std::string_view(rest_).substr(1));
  const auto kind = static_cast<Frame>(rest_[0]);
  broken_ = kind < Frame::job || kind > Frame::failed || bytes > largest_frame;
  if (broken_ || rest_.size() < head + bytes) return std::nullopt;
  std::pair found{kind, rest_.substr(head, bytes)};
  rest_.erase(0, head + bytes);
  return found;
}

std::string greeting() {
  return std::string(greeting_begin) + TREERING_VERSION + "\n";
}

}  // namespace treering::run

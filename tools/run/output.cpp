#include "tools/run/output.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace treering::run {
namespace {

/// A longer line is cut rather than kept.
constexpr std::size_t longest_line_bytes = 1 << 20;

bool write_all(int stream, std::string_view text) {
  while (!text.empty()) {
    const ssize_t put = write(stream, text.data(), text.size());
    if (put > 0) {
      text.remove_prefix(static_cast<std::size_t>(put));
    } else if (errno == EAGAIN) {  // it was made so by whoever has it, too
      pollfd writable{stream, POLLOUT, 0};
      poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace

bool Output::take(int rank, int stream, std::string_view bytes) {
  std::string& part = parts_[static_cast<std::size_t>(rank)].stream[stream - 1];
  part += bytes;
  std::size_t whole = part.rfind('\n') + 1;  // of none: 0
  if (whole == 0 && part.size() > longest_line_bytes) whole = part.size();
  if (whole == 0) return true;
  const bool read = put(rank, stream, std::string_view(part).substr(0, whole));
  part.erase(0, whole);
  return read;
}

bool Output::end(int rank) {
  bool read = true;
  for (const int stream : {1, 2}) {
    std::string& part = parts_[static_cast<std::size_t>(rank)].stream[stream - 1];
    if (part.empty()) continue;
    if (tagged_ || parts_.size() > 1) part += '\n';  // or another rank's line would continue it
    read = put(rank, stream, part) && read;
    part.clear();
  }
  return read;
}

bool Output::put(int rank, int stream, std::string_view lines) const {
  if (!tagged_) return write_all(stream, lines);
  std::string text;
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', at), lines.size() - 1) + 1;
    text += '[' + std::to_string(rank) + "] ";
    text += lines.substr(at, end - at);
    at = end;
  }
  return write_all(stream, text);
}

}  // namespace treering::run

// What treering-run and its agents on the hosts tell one another, over the agent's standard input and output.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace treering::run {

enum class Frame : unsigned char {
  // to the agent
  job = 1,  ///< an Assignment
  start,    ///< the unique id, in hexadecimal digits: all hosts are ready
  input,    ///< bytes for rank 0; none: its input ends
  signal,   ///< a number, for all ranks
  end,      ///< all ranks are to go
  // from the agent
  ready,   ///< its ranks can start; with the unique id, if it was to make it
  output,  ///< of a rank and stream: bytes
  taken,   ///< how many bytes of input have been passed on
  ended,   ///< an End
  failed,  ///< why this host takes no part
};

/// The ranks of one host.
struct Assignment {
  int first = 0, count = 0, ranks = 0;
  int processors = -1;  ///< of each rank; -1: an even share, 0: anywhere
  bool makes_id = false;
  std::string directory;
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<std::string> command;
};

struct End {
  int rank = 0, pid = 0, status = 0, signal = 0;
};

std::string framed(Frame kind, std::string_view contents);
std::string number_text(std::uint32_t value);
std::uint32_t number_in(std::string_view text);  ///< of the first four bytes

std::string encoded(const Assignment& assignment);
std::optional<Assignment> decoded_assignment(std::string_view text);
std::string encoded(const End& end);
std::optional<End> decoded_end(std::string_view text);

/// Cuts a stream into frames again.
class FrameReader {
 public:
  void take(std::string_view bytes) { rest_ += bytes; }
  /// The next whole one, if there is one.
  std::optional<std::pair<Frame, std::string>> next();
  bool is_broken() const { return broken_; }

 private:
  std::string rest_;
  bool broken_ = false;  ///< what has come is no frame
};

/// The first that an agent says: what comes before it is from the shell that started it.
std::string greeting();
inline constexpr std::string_view greeting_begin = "\ntreering-run agent ";

/// Bytes of input under way to rank 0 at most.
inline constexpr std::size_t input_window_bytes = 32768;

}  // namespace treering::run

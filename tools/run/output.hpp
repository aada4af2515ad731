// What the ranks write, line by line: no line of one is cut by another's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace treering::run {

class Output {
 public:
  /// `tagged`: every line begins with [rank].
  Output(int ranks, bool tagged) : parts_(static_cast<std::size_t>(ranks)), tagged_(tagged) {}

  /// `stream`: 1 or 2. False: nobody reads any more.
  bool take(int rank, int stream, std::string_view bytes);
  /// The last line of a rank, which may lack its end.
  bool end(int rank);

 private:
  bool put(int rank, int stream, std::string_view lines) const;
  struct Part {
    std::string stream[2];  ///< a line that has begun
  };
  std::vector<Part> parts_;
  bool tagged_;
};

}  // namespace treering::run

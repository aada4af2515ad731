// Hosts that say nothing: their power is out, or a cable or a switch on the way is. That ends no connection, so the
// kernel asks, and we look at what it has heard. The one place that says what silence means, for connections that carry
// data and those of the control plane alike: people are told after a while, a link that comes back in time costs
// nothing but the time, and a connection is lost when its patience is over.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace treering {

/// People are told after so long.
inline constexpr std::chrono::milliseconds silence_noticed{3000};

/// "10 s", "2.5 s".
std::string seconds_text(std::chrono::milliseconds time);

/// What is told of a connection whose other side is silent, or is so no more.
struct SilenceNews {
  bool is_over = false;
  std::chrono::milliseconds lasted{0};
  std::string path;  ///< as SocketPath::text() says it
};

/// What the looks at one connection come to.
class Silence {
 public:
  using Time = std::chrono::steady_clock::time_point;
  enum class Finding { nothing, begun, over, lost };  ///< `begun` and `over` once a silence

  explicit Silence(std::chrono::milliseconds timeout) : timeout_(timeout) {}

  /// `owes`: has the other side been asked something that it has not answered? `unheard`: for so long nothing has come
  /// from it. Somebody who has not looked for a long time is given time: silence counts from shortly before an answer
  /// was first seen to be missing.
  Finding look(Time now, bool owes, std::chrono::milliseconds unheard);
  /// Of what the last look has found.
  std::chrono::milliseconds lasted() const { return lasted_; }

 private:
  std::chrono::milliseconds timeout_;
  std::chrono::milliseconds lasted_{0};
  std::optional<Time> owes_since_;
  std::optional<Time> told_since_;  // when the silence that people were told of began
};

/// The same of a TCP connection. A host whose process is stopped answers: its rank is waited for.
class SilenceWatch {
 public:
  /// Has the kernel ask the other host every second where nothing is under way, and repeat what is under way about as
  /// often, as far as it can (Linux 6.15). What cannot be set up is left out: the connection works without.
  SilenceWatch(int socket, std::chrono::milliseconds timeout);

  /// To be called about once a second, while the connection lives.
  Silence::Finding look();
  std::chrono::milliseconds lasted() const { return silence_.lasted(); }

 private:
  int socket_;
  Silence silence_;
};

}  // namespace treering

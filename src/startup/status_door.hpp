// Where a process says what it found, chose and is doing, to whoever of its own user (or root) asks: treering-topo
// --job. A Unix socket beside the one for ranks, served by the service thread, so that it answers while ranks are
// stuck. It reads nothing: who connects is told all, and hung up on.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "startup/event_thread.hpp"
#include "transports/transport.hpp"
#include "treering/result.hpp"

namespace treering {

/// What a rank says of its communicator and of itself. Called on the service thread: quick, and waiting for nobody.
struct StatusTexts {
  std::function<std::string()> found;  ///< lines; what was found and chosen at start
  std::function<std::string()> doing;  ///< one line, without its end
};

/// Ends what is told. Where it is missing, the text is cut: it was longer than what the socket takes at once.
inline constexpr std::string_view status_end = "(all is told)\n";

/// Opened and closed by any thread, before the event thread ends.
class StatusDoor {
 public:
  /// The socket is `status` in `directory`, which no other user can enter. `text` is called on the event thread;
  /// status_end follows it.
  static Result<std::unique_ptr<StatusDoor>> open(EventThread& events, const std::string& directory,
                                                  std::function<std::string()> text);
  ~StatusDoor();  ///< when it returns, `text` is not running

 private:
  StatusDoor(EventThread& events, Descriptor socket, std::function<std::string()> text)
      : events_(events), socket_(std::move(socket)), text_(std::move(text)) {}
  void answer_some();

  EventThread& events_;
  Descriptor socket_;
  std::function<std::string()> text_;
  EventThread::Timer pause_;
};

}  // namespace treering

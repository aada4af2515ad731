// A stream socket on the event thread that carries frames: length (4 bytes, of what follows), kind (1), contents.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "startup/event_thread.hpp"
#include "transports/silence.hpp"
#include "transports/socket_path.hpp"

namespace treering {

/// No frame is longer: a peer that announces more is hung up on.
inline constexpr std::size_t longest_frame_bytes = 64 * 1024;

/// How a connection has ended.
struct LinkEnd {
  std::string reason;       ///< for people
  bool is_silence = false;  ///< nothing came through any more; the process on the other side may live
};

/// On the event thread only.
class FramedLink : public std::enable_shared_from_this<FramedLink> {
 public:
  struct Callbacks {
    /// False: the frame makes no sense; the link then ends.
    std::function<bool(std::uint8_t kind, std::span<const std::byte> contents)> frame;
    /// Once, when the connection has ended and close() was not called.
    std::function<void(const LinkEnd& how)> end;
    /// The other host is silent, or is so no more; if that lasts, the end follows.
    std::function<void(const SilenceNews& news)> silence;
  };
  static Result<std::shared_ptr<FramedLink>> open(EventThread& events, Descriptor socket, Callbacks callbacks);
  FramedLink(EventThread& events, Descriptor socket, Callbacks callbacks);
  ~FramedLink();

  /// Queues a frame and sends what the socket takes now.
  void send(std::uint8_t kind, std::span<const std::byte> contents);

  /// No callback is called from now on. What is queued is still sent, for at most two seconds.
  void close();

 private:
  void ready(std::uint32_t events);
  void read_some();
  bool take_frames();
  void write_some();
  LinkEnd broken(int error) const;
  void look_for_silence();
  void ended(const LinkEnd& how);
  void hang_up();

  EventThread& events_;
  Descriptor socket_;
  SocketPath path_;
  std::optional<SilenceWatch> silence_;  // of another host
  Callbacks callbacks_;
  bool closing_ = false;
  bool writes_watched_ = false;
  std::vector<std::byte> in_;
  std::vector<std::byte> out_;
  std::size_t out_sent_ = 0;
};

}  // namespace treering

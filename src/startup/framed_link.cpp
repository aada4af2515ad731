#include "startup/framed_link.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "options/options.hpp"
#include "startup/encoding.hpp"

namespace treering {
namespace {

constexpr std::size_t header_bytes = 5;
constexpr std::chrono::milliseconds between_looks{500};  // at a host that may be silent

}  // namespace

Result<std::shared_ptr<FramedLink>> FramedLink::open(EventThread& events, Descriptor socket, Callbacks callbacks) {
  const int fd = socket.get();
  auto link = std::make_shared<FramedLink>(events, std::move(socket), std::move(callbacks));
  // The watch keeps the link alive until it ends.
  if (auto watched = events.watch(fd, EPOLLIN, [link](std::uint32_t ready) { link->ready(ready); }); !watched)
    return std::move(watched).error();
  link->look_for_silence();
  return link;
}

FramedLink::FramedLink(EventThread& events, Descriptor socket, Callbacks callbacks)
    : events_(events), socket_(std::move(socket)), path_(socket_.get()), callbacks_(std::move(callbacks)) {
  if (path_.is_remote()) silence_.emplace(socket_.get(), options().silence_timeout);
}

FramedLink::~FramedLink() = default;

void FramedLink::send(std::uint8_t kind, std::span<const std::byte> contents) {
  if (!socket_ || closing_) return;
  Encoder header;
  header.number(static_cast<std::uint32_t>(contents.size() + 1));
  header.number(kind);
  out_.insert(out_.end(), header.view().begin(), header.view().end());
  out_.insert(out_.end(), contents.begin(), contents.end());
  write_some();
}

void FramedLink::close() {
  if (!socket_ || closing_) return;
  closing_ = true;
  // The callbacks may be what is calling: they are let go of later.
  events_.post([link = shared_from_this()] { link->callbacks_ = {}; });
  if (out_.empty()) return hang_up();
  events_.at(Clock::now() + std::chrono::seconds(2), [link = shared_from_this()] { link->hang_up(); });
}

void FramedLink::ready(std::uint32_t events) {
  if (events & EPOLLOUT) write_some();
  if (socket_ && (events & ~static_cast<std::uint32_t>(EPOLLOUT))) read_some();
}

void FramedLink::read_some() {
  std::byte buffer[16 * 1024];
  const ssize_t got = recv(socket_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got == 0) return ended({"its connection closed"});
  if (got < 0) return ended(broken(errno));
  if (closing_) return;  // nobody is interested; reading on keeps the peer's last words from resetting the connection
  in_.insert(in_.end(), buffer, buffer + got);
  if (!take_frames()) ended({"it sent what is no valid frame"});
}

bool FramedLink::take_frames() {
  std::size_t taken = 0;
  while (in_.size() - taken >= header_bytes && socket_ && !closing_) {
    Decoder header(std::span<const std::byte>(in_).subspan(taken));
    const std::size_t length = header.number<std::uint32_t>();
    if (length == 0 || length > longest_frame_bytes) return false;
    if (in_.size() - taken < 4 + length) break;
    const auto contents = std::span<const std::byte>(in_).subspan(taken + header_bytes, length - 1);
    if (!callbacks_.frame(static_cast<std::uint8_t>(in_[taken + 4]), contents)) return false;
    taken += 4 + length;
  }
  in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(taken));
  return true;
}

void FramedLink::write_some() {
  while (out_sent_ < out_.size()) {
    const ssize_t sent =
        ::send(socket_.get(), out_.data() + out_sent_, out_.size() - out_sent_, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) break;  // full, or broken: reading tells which
    out_sent_ += static_cast<std::size_t>(sent);
  }
  if (out_sent_ == out_.size()) {
    out_.clear();
    out_sent_ = 0;
  }
  const bool broken = !out_.empty() && errno != EAGAIN;
  const bool want = !out_.empty() && !broken;
  if (want != writes_watched_) events_.change(socket_.get(), want ? EPOLLIN | EPOLLOUT : EPOLLIN);
  writes_watched_ = want;
  if (closing_ && !want) hang_up();
}

/// Now and from now on.
void FramedLink::look_for_silence() {
  if (!silence_ || !socket_ || closing_) return;
  using enum Silence::Finding;
  const Silence::Finding found = silence_->look();
  if (found == lost)
    return ended(
        {"its connection broke: no answer for " + seconds_text(silence_->lasted()) + ", " + path_.text(), true});
  if ((found == begun || found == over) && callbacks_.silence)
    callbacks_.silence({found == over, silence_->lasted(), path_.text()});
  events_.at(Clock::now() + between_looks, [link = weak_from_this()] {
    if (const auto alive = link.lock()) alive->look_for_silence();
  });
}

LinkEnd FramedLink::broken(int error) const {
  const std::string path = is_silence(error) ? path_.text() : "";
  return {std::string("its connection broke: ") + std::strerror(error) + (path.empty() ? "" : ", ") + path,
          is_silence(error)};
}

void FramedLink::ended(const LinkEnd& how) {
  if (!socket_) return;
  const auto self = shared_from_this();
  hang_up();
  if (closing_) return;
  closing_ = true;
  const Callbacks callbacks = std::move(callbacks_);
  callbacks.end(how);
}

void FramedLink::hang_up() {
  if (!socket_) return;
  const auto self = shared_from_this();  // the watch may be the last owner
  events_.forget(socket_.get());
  shutdown(socket_.get(), SHUT_WR);
  socket_.reset();
}

}  // namespace treering

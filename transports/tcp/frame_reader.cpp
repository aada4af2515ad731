#include "transports/tcp/frame_reader.hpp"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace treering::tcp {

using framed::decode;
using framed::FrameKind;
using framed::header_bytes;
using framed::small_payload_bytes;

namespace {

/// recv(), but no place where a thread can be cancelled: the two locked instructions that this takes in glibc are a
/// twentieth of a small operation.
ssize_t receive(int fd, const iovec& part) {
  return ::syscall(SYS_recvfrom, fd, part.iov_base, part.iov_len, MSG_DONTWAIT, nullptr, nullptr);
}

}  // namespace

Result<FrameReader::Reading> FrameReader::read(int fd, FrameSink& sink) {
  iovec parts[2] = {{landing_.data(), landing_.size()}, {staged_.data() + end_, staged_.size() - end_}};
  const std::size_t asked = parts[0].iov_len + parts[1].iov_len;
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  ssize_t got;
  do {
    got = landing_.empty() ? receive(fd, parts[1]) : ::recvmsg(fd, &message, MSG_DONTWAIT);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return Reading{.error = errno == EAGAIN || errno == EWOULDBLOCK ? 0 : errno};
  if (got == 0) return Reading{.end = true};

  const auto bytes = static_cast<std::size_t>(got);
  const std::size_t landed = std::min(bytes, landing_.size());
  if (landed) {
    landing_ = landing_.subspan(landed);
    sink.landed(landing_lane_, landed);
  }
  end_ += bytes - landed;
  if (auto parsed = parse(sink); !parsed) return std::move(parsed).error();
  return Reading{.bytes = bytes, .filled = bytes == asked};
}

Result<void> FrameReader::parse(FrameSink& sink) {
  for (;;) {
    auto more = parse_one(sink);
    if (!more) return std::move(more).error();
    if (!*more) break;
  }
  // The rest of a small frame moves to the front, so that there is always room for all of it.
  std::memmove(staged_.data(), staged_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  return {};
}

/// False: no whole frame is there.
Result<bool> FrameReader::parse_one(FrameSink& sink) {
  const std::size_t there = end_ - begin_;
  if (!landing_.empty() || there < header_bytes) return false;
  const std::byte* const at = staged_.data() + begin_;
  auto frame = decode(at);
  if (!frame) return std::move(frame).error();
  if (frame->kind != FrameKind::ring) {
    const std::size_t all = header_bytes + small_payload_bytes(*frame);
    if (there < all) return false;
    if (auto taken = sink.take(*frame, at + header_bytes); !taken) return std::move(taken).error();
    begin_ += all;
    return true;
  }
  auto place = sink.land(*frame);
  if (!place) return std::move(place).error();
  const std::size_t staged = std::min<std::size_t>(there - header_bytes, frame->value);
  std::memcpy(*place, at + header_bytes, staged);
  begin_ += header_bytes + staged;
  landing_ = {*place + staged, frame->value - staged};
  landing_lane_ = frame->lane;
  if (staged) sink.landed(frame->lane, staged);
  return true;
}

}  // namespace treering::tcp

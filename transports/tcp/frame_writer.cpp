#include "transports/tcp/frame_writer.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace treering::tcp {
namespace {

/// Up to here a copy costs less than one more part of a message to the system.
constexpr std::size_t most_bytes_copied = 1024;

}  // namespace

void FrameWriter::copy(std::span<const std::byte> bytes) {
  std::byte* const to = copies_.data() + copied_;
  std::memcpy(to, bytes.data(), bytes.size());
  copied_ += bytes.size();
  if (!empty()) {
    iovec& last = spans_[spans_used_ - 1];
    if (static_cast<std::byte*>(last.iov_base) + last.iov_len == to) {
      last.iov_len += bytes.size();
      return;
    }
  }
  spans_[spans_used_++] = {to, bytes.size()};
}

void FrameWriter::add(const Frame& frame, std::span<const std::byte> payload) {
  copy(encode(frame));
  if (!payload.empty()) copy(payload);
}

void FrameWriter::add_in_place(const Frame& frame, std::span<const std::byte> payload) {
  copy(encode(frame));
  if (payload.size() <= most_bytes_copied && copied_ + payload.size() + most_small_frame_bytes <= copies_.size()) {
    copy(payload);
    return;
  }
  spans_[spans_used_++] = {const_cast<std::byte*>(payload.data()), payload.size()};  // sendmsg() only reads
}

FrameWriter::Written FrameWriter::write(int fd) {
  msghdr message{};
  message.msg_iov = spans_.data() + first_;
  message.msg_iovlen = spans_used_ - first_;
  ssize_t sent;
  do {
    sent = message.msg_iovlen == 1
               ? ::send(fd, message.msg_iov->iov_base, message.msg_iov->iov_len, MSG_NOSIGNAL | MSG_DONTWAIT)
               : ::sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) return {0, errno == EAGAIN || errno == EWOULDBLOCK ? 0 : errno};
  written(static_cast<std::size_t>(sent));
  return {static_cast<std::size_t>(sent), 0};
}

void FrameWriter::written(std::size_t bytes) {
  while (!empty() && bytes >= spans_[first_].iov_len) bytes -= spans_[first_++].iov_len;
  if (empty()) {
    clear();
    return;
  }
  iovec& span = spans_[first_];
  span.iov_base = static_cast<std::byte*>(span.iov_base) + bytes;
  span.iov_len -= bytes;
}

}  // namespace treering::tcp

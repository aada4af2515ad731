#include "transports/shared_memory/link.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace treering::shared_memory {
namespace {

constexpr std::size_t control_bytes = CMSG_SPACE(most_descriptors * sizeof(int));

}  // namespace

Link::Sent Link::send(const Frame& frame, std::span<const int> descriptors) {
  auto encoded = encode(frame);
  iovec data{encoded.data(), encoded.size()};
  alignas(cmsghdr) std::byte control[control_bytes] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  if (!descriptors.empty()) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
  }
  // So few bytes go as a whole or not at all.
  while (::sendmsg(socket_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
    if (errno == EINTR) continue;
    // Too many references: of descriptors on their way through the sockets of this user.
    return errno == EAGAIN || errno == ETOOMANYREFS || errno == ENOBUFS || errno == ENOMEM ? Sent::not_now
                                                                                           : Sent::never;
  }
  return Sent::yes;
}

Link::Sent Link::send_within(std::chrono::milliseconds limit, const Frame& frame, std::span<const int> descriptors) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  Sent sent = send(frame, descriptors);
  while (sent == Sent::not_now && std::chrono::steady_clock::now() < deadline) {
    // Readiness to write is not the only thing that may be missing: look again soon.
    pollfd writable{socket_.get(), POLLOUT, 0};
    if (::poll(&writable, 1, 10) > 0) ::poll(nullptr, 0, 1);
    sent = send(frame, descriptors);
  }
  return sent;
}

Link::Received Link::receive() {
  using What = Received::What;
  while (have_ < Frame::encoded_bytes) {
    iovec data{partial_.data() + have_, Frame::encoded_bytes - have_};
    alignas(cmsghdr) std::byte control[control_bytes];
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t taken = ::recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (taken < 0 && errno == EINTR) continue;
    if (taken < 0 && errno == EAGAIN) return {What::nothing_yet, {}, {}};
    if (taken <= 0) return {What::end, {}, {}};
    have_ += static_cast<std::size_t>(taken);
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
      if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
      const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (std::size_t k = 0; k < count; ++k) {
        int descriptor = -1;
        std::memcpy(&descriptor, CMSG_DATA(header) + k * sizeof(int), sizeof descriptor);
        descriptors_.emplace_back(descriptor);
      }
    }
    if (message.msg_flags & MSG_CTRUNC) return {What::too_many_open_files, {}, {}};
  }
  have_ = 0;
  const auto frame = decode(partial_);
  auto descriptors = std::exchange(descriptors_, {});
  if (!frame || descriptors.size() != descriptors_of(frame->kind)) return {What::nonsense, {}, {}};
  return {What::frame, *frame, std::move(descriptors)};
}

}  // namespace treering::shared_memory

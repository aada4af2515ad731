#include "transports/silence.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>

namespace treering {
namespace {

using std::chrono::milliseconds;

/// Of tcp(7), newer than many a header: milliseconds between the repeats of what is not acknowledged, at most. Without
/// it they double, and a link that has come back waits for the next for up to as long as it was out.
constexpr int longest_repeat_option = 44;

void set(int socket, int option, int value) {
  ::setsockopt(socket, IPPROTO_TCP, option, &value, sizeof value);
}

}  // namespace

std::string seconds_text(milliseconds time) {
  return fmt::format("{:g} s", static_cast<double>(time.count() / 100) / 10);
}

Silence::Finding Silence::look(Time now, bool owes, milliseconds unheard) {
  if (!owes) {
    owes_since_.reset();
    lasted_ = milliseconds(0);
  } else {
    if (!owes_since_) owes_since_ = now;
    // Looks, and what the kernel asks, are a second apart each.
    const milliseconds unseen = std::min(milliseconds(2000), timeout_ / 4);
    lasted_ = std::min(unheard, std::chrono::duration_cast<milliseconds>(now - *owes_since_) + unseen);
  }
  if (lasted_ >= timeout_) return Finding::lost;
  if (lasted_ >= silence_noticed) {
    if (told_since_) return Finding::nothing;
    told_since_ = now - lasted_;
    return Finding::begun;
  }
  if (!told_since_) return Finding::nothing;
  lasted_ = std::chrono::duration_cast<milliseconds>(now - *told_since_);
  told_since_.reset();
  return Finding::over;
}

SilenceWatch::SilenceWatch(int socket, milliseconds timeout) : socket_(socket), silence_(timeout) {
  // We give up first: the kernel does it where nobody looks. It takes counts of up to 127.
  const int timeout_s = static_cast<int>(timeout.count() / 1000);
  const int interval_s = 1 + timeout_s / 100, on = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  set(socket, TCP_KEEPIDLE, 1);
  set(socket, TCP_KEEPINTVL, interval_s);
  set(socket, TCP_KEEPCNT, timeout_s / interval_s + 10);
  // It repeats things so and so often, and no more: the more patience, the more slowly.
  set(socket, longest_repeat_option, static_cast<int>(std::clamp<std::int64_t>(timeout.count() / 8, 1000, 120'000)));
}

Silence::Finding SilenceWatch::look() {
  tcp_info info{};
  socklen_t bytes = sizeof info;
  if (::getsockopt(socket_, IPPROTO_TCP, TCP_INFO, &info, &bytes) != 0) return Silence::Finding::nothing;
  // What has been sent again, and questions, those after room among them: a peer that has none answers them.
  const bool owes = info.tcpi_probes > 0 || (info.tcpi_unacked > 0 && info.tcpi_retransmits > 0);
  return silence_.look(std::chrono::steady_clock::now(), owes,
                       milliseconds(std::min(info.tcpi_last_ack_recv, info.tcpi_last_data_recv)));
}

}  // namespace treering

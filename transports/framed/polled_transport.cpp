#include "transports/framed/polled_transport.hpp"

#include <sched.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <chrono>

namespace treering::framed {

Result<std::unique_ptr<Link>> PolledTransport::make_link(Peer& peer, Descriptor socket, Made made) {
  const std::uint32_t number = next_number_++;
  auto link = make_polled_link(peer, std::move(socket), made, number);
  if (!link) return std::move(link).error();
  links_[number] = link->get();
  are_coming_up_ = true;
  return std::unique_ptr<Link>(*std::move(link));
}

bool PolledTransport::progress() {
  if (!is_usable()) return false;
  bool moved = adopt();
  if (!has_connections()) return moved;
  moved |= poll();
  moved |= push_data();
  moved |= push_credits(moved);
  if (!moved) moved = look_around();
  if (!leaving_.empty()) drop_those_that_left();
  return moved;
}

/// Polling looks at memory; the rest takes calls into the system, and is done when something is expected there, before
/// this rank sleeps, and now and then.
bool PolledTransport::look_around() {
  constexpr unsigned looks_between = 1024;
  const bool sleeps = own_bell().doorbell->sleeping.load(std::memory_order_relaxed) != Doorbell::awake;
  if (are_coming_up_)
    are_coming_up_ = std::ranges::any_of(links_, [](const auto& known) { return known.second->is_coming_up(); });
  if (!sleeps && !are_coming_up_ && ++idle_looks_ % looks_between != 0) return false;
  const bool moved = take_events();
  if (!sleeps) return moved;
  const bool is_armed = arm();          // an event that was taken has disarmed it
  return poll() || moved || !is_armed;  // what had come before wakes nobody
}

bool PolledTransport::take_events() {
  std::array<epoll_event, 16> events;
  const int ready = ::epoll_wait(poller(), events.data(), events.size(), 0);
  bool moved = false;
  for (int i = 0; i < ready; ++i) {
    void* const tag = events[static_cast<std::size_t>(i)].data.ptr;
    if (is_own_tag(tag)) {
      take_event(tag);
    } else {
      receive(static_cast<PolledLink&>(*static_cast<Link*>(tag)));
      moved = true;
    }
  }
  return moved;
}

void PolledTransport::receive(PolledLink& link) {
  link.receive();
  if (!link.is_at_end()) return;
  while (poll()) {
  }
  link.settle_end();
  stop_watching(link);
}

void PolledTransport::drop_those_that_left() {
  std::erase_if(leaving_, [this](const std::unique_ptr<Link>& link) {
    if (!static_cast<const PolledLink&>(*link).has_left()) return false;
    std::erase_if(links_, [&](const auto& known) { return known.second == link.get(); });
    return true;
  });
}

/// What has waited for room. True if anything went.
bool PolledTransport::flush_all() {
  bool moved = false;
  for (const auto& [number, link] : links_) moved |= link->flush();
  return moved;
}

template <class Over>
void PolledTransport::poll_until(const Over& over) {
  constexpr std::chrono::milliseconds longest{800};  // whoever aborts is to be back within a second
  const auto since = std::chrono::steady_clock::now();
  const auto all_over = [&] {
    return std::ranges::all_of(links_, [&](const auto& known) { return over(*known.second); });
  };
  while (!all_over() && std::chrono::steady_clock::now() - since < longest)
    if (!poll() && !flush_all()) ::sched_yield();
}

void PolledTransport::withdraw() {
  FramedTransport::withdraw();
  poll_until([](const PolledLink& link) { return link.has_withdrawn(); });
}

void PolledTransport::close() {
  FramedTransport::close();
  poll_until([](const PolledLink& link) { return link.has_left(); });
}

void PolledTransport::end_links() {
  links_.clear();
  leaving_.clear();
  FramedTransport::end_links();
}

}  // namespace treering::framed

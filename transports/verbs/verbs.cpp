#include "transports/verbs/verbs.hpp"

#include <sched.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "transports/verbs/device.hpp"
#include "transports/verbs/open.hpp"
#include "transports/verbs/queue_link.hpp"
#include "transports/verbs/registrations.hpp"

namespace treering {

using framed::Link;
using verbs::QueueLink;

Result<std::unique_ptr<framed::FramedTransport>> verbs::open(framed::FramedTransport::Terms terms, const Port& port,
                                                             const Settings& settings) {
  auto device = Device::open(port);
  if (!device) return std::move(device).error();
  auto registrations = std::make_unique<Registrations>(*device);
  return std::unique_ptr<framed::FramedTransport>(
      std::make_unique<Verbs>(std::move(terms), *std::move(device), std::move(registrations), settings));
}

Verbs::Verbs(Terms terms, std::shared_ptr<verbs::Device> device, std::unique_ptr<verbs::Registrations> registrations,
             const verbs::Settings& settings)
    : FramedTransport(std::move(terms), Purpose::verbs, registrations.get()),
      device_(std::move(device)),
      registrations_(std::move(registrations)),
      settings_(settings) {}

Verbs::~Verbs() = default;

Result<std::unique_ptr<Link>> Verbs::make_link(framed::Peer& peer, Descriptor socket, Made made) {
  if (!is_watched_) {
    // The device's two descriptors have tags of their own; the links' are the links.
    if (auto watched = watch(device_->completion_descriptor(), nullptr); !watched) return std::move(watched).error();
    if (auto watched = watch(device_->news_descriptor(), device_.get()); !watched) return std::move(watched).error();
    is_watched_ = true;
  }
  const std::uint32_t number = next_number_++;
  auto link = QueueLink::make({peer.rank(), peer.sink(), *registrations_, settings_, number, made == Made::here},
                              std::move(socket), device_);
  if (!link) return std::move(link).error();
  links_[number] = link->get();
  are_coming_up_ = true;
  return std::unique_ptr<Link>(*std::move(link));
}

bool Verbs::progress() {
  if (!is_usable()) return false;
  bool moved = adopt();
  if (!has_connections()) return moved;
  registrations_->forget_released();
  moved |= take_completions();
  moved |= push_data();
  moved |= push_credits(moved);
  if (!moved) moved = look_around();
  if (!leaving_.empty()) drop_those_that_left();
  return moved;
}

bool Verbs::take_completions() {
  std::array<ibv_wc, 32> room;
  const auto completions = device_->poll(room);
  if (!completions) {
    fail(completions.error());
    return true;
  }
  for (const ibv_wc& completion : *completions) {
    const auto number = static_cast<std::uint32_t>((completion.wr_id & ~QueueLink::of_receive) >> 32);
    if (const auto found = links_.find(number); found != links_.end()) found->second->complete(completion);
  }
  return !completions->empty();
}

/// Completions are looked for in memory; the rest takes calls into the system, and is done when something is expected
/// there, before this rank sleeps, and now and then.
bool Verbs::look_around() {
  constexpr unsigned looks_between = 1024;
  const bool sleeps = own_bell().doorbell->sleeping.load(std::memory_order_relaxed) != Doorbell::awake;
  if (are_coming_up_)
    are_coming_up_ = std::ranges::any_of(links_, [](const auto& known) { return known.second->is_coming_up(); });
  if (!sleeps && !are_coming_up_ && ++idle_looks_ % looks_between != 0) return false;
  const bool moved = take_events();
  if (!sleeps) return moved;
  device_->arm();                      // an event that was taken has disarmed it
  return take_completions() || moved;  // what had come before wakes nobody
}

bool Verbs::take_events() {
  std::array<epoll_event, 16> events;
  const int ready = ::epoll_wait(poller(), events.data(), events.size(), 0);
  bool moved = false;
  for (int i = 0; i < ready; ++i) {
    void* const tag = events[static_cast<std::size_t>(i)].data.ptr;
    if (tag == nullptr) {
      device_->take_events();
    } else if (tag == device_.get()) {
      if (auto fine = device_->take_news(); !fine) fail(std::move(fine).error());
    } else {
      receive(static_cast<QueueLink&>(*static_cast<Link*>(tag)));
      moved = true;
    }
  }
  return moved;
}

void Verbs::receive(QueueLink& link) {
  link.receive();
  if (!link.is_at_end()) return;
  while (take_completions()) {
  }
  link.settle_end();
  stop_watching(link);
}

void Verbs::discard(std::unique_ptr<Link> link) {
  leaving_.push_back(std::move(link));
}

void Verbs::drop_those_that_left() {
  std::erase_if(leaving_, [this](const std::unique_ptr<Link>& link) {
    if (!static_cast<const QueueLink&>(*link).has_left()) return false;
    std::erase_if(links_, [&](const auto& known) { return known.second == link.get(); });
    return true;
  });
}

template <class Over>
void Verbs::complete_until(const Over& over) {
  constexpr std::chrono::seconds longest{2};
  const auto since = std::chrono::steady_clock::now();
  const auto all_over = [&] {
    return std::ranges::all_of(links_, [&](const auto& known) { return over(*known.second); });
  };
  while (!all_over() && std::chrono::steady_clock::now() - since < longest)
    if (!take_completions()) ::sched_yield();
}

void Verbs::withdraw() {
  FramedTransport::withdraw();
  complete_until([](const QueueLink& link) { return link.has_withdrawn(); });
}

void Verbs::close() {
  FramedTransport::close();
  complete_until([](const QueueLink& link) { return link.has_left(); });
}

}  // namespace treering

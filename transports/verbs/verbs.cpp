#include "transports/verbs/verbs.hpp"

#include <algorithm>
#include <array>

#include "transports/verbs/open.hpp"
#include "transports/verbs/queue_link.hpp"

namespace treering {

using verbs::QueueLink;

Result<std::unique_ptr<framed::FramedTransport>> verbs::open(framed::FramedTransport::Terms terms, const Port& port,
                                                             const Settings& settings) {
  // Not every device can enlarge a completion queue. Two links a peer, for a moment, and more peers than these seldom.
  const auto links = static_cast<std::uint32_t>(std::clamp(2 * (terms.ranks - 1), 2, 64));
  auto device = Device::open(port, links * QueueLink::most_completions());
  if (!device) return std::move(device).error();
  auto registrations = std::make_unique<Registrations>(*device);
  return std::unique_ptr<framed::FramedTransport>(
      std::make_unique<Verbs>(std::move(terms), *std::move(device), std::move(registrations), settings));
}

Verbs::Verbs(Terms terms, std::shared_ptr<verbs::Device> device, std::unique_ptr<verbs::Registrations> registrations,
             const verbs::Settings& settings)
    : PolledTransport(std::move(terms), Purpose::verbs, registrations.get()),
      device_(std::move(device)),
      registrations_(std::move(registrations)),
      settings_(settings) {}

Result<std::unique_ptr<framed::PolledLink>> Verbs::make_polled_link(framed::Peer& peer, Descriptor socket, Made made,
                                                                    std::uint32_t number) {
  if (!is_watched_) {
    if (auto watched = watch(device_->completion_descriptor(), &completions_); !watched)
      return std::move(watched).error();
    if (auto watched = watch(device_->news_descriptor(), &news_); !watched) return std::move(watched).error();
    is_watched_ = true;
  }
  auto link = QueueLink::make({peer.rank(), peer.sink(), *registrations_, settings_, number, made == Made::here},
                              std::move(socket), device_);
  if (!link) return std::move(link).error();
  return std::unique_ptr<framed::PolledLink>(*std::move(link));
}

bool Verbs::poll() {
  registrations_->forget_released();
  std::array<ibv_wc, 32> room;
  const auto completions = device_->poll(room);
  if (!completions) {
    fail(completions.error());
    return false;
  }
  for (const ibv_wc& completion : *completions) {
    const auto number = static_cast<std::uint32_t>((completion.wr_id & ~QueueLink::of_receive) >> 32);
    if (auto* const known = static_cast<QueueLink*>(link(number))) known->complete(completion);
  }
  return !completions->empty();
}

void Verbs::take_event(void* tag) {
  if (tag == &completions_) return device_->take_events();
  if (auto fine = device_->take_news(); !fine) fail(std::move(fine).error());
}

}  // namespace treering

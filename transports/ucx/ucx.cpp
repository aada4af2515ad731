#include "transports/ucx/ucx.hpp"

#include "transports/ucx/endpoint_link.hpp"
#include "transports/ucx/open.hpp"

namespace treering {

using ucx::EndpointLink;

bool ucx::is_there() {
  return true;
}

Result<std::unique_ptr<framed::FramedTransport>> ucx::open(framed::FramedTransport::Terms terms) {
  auto transport = std::make_unique<Ucx>(std::move(terms));
  if (auto up = transport->set_up(); !up) return std::move(up).error();
  return std::unique_ptr<framed::FramedTransport>(std::move(transport));
}

Result<void> Ucx::set_up() {
  auto worker = ucx::Worker::open(*this);
  if (!worker) return std::move(worker).error();
  worker_ = *std::move(worker);
  return {};
}

Result<std::unique_ptr<framed::PolledLink>> Ucx::make_polled_link(framed::Peer& peer, Descriptor socket, Made,
                                                                  std::uint32_t number) {
  if (!is_watched_)
    if (auto watched = watch(worker_->descriptor(), worker_.get()); !watched) return std::move(watched).error();
  is_watched_ = true;
  return std::unique_ptr<framed::PolledLink>(
      std::make_unique<EndpointLink>(peer.rank(), peer.sink(), number, std::move(socket), worker_));
}

bool Ucx::take(const Arrival& arrival) {
  auto* const known = static_cast<EndpointLink*>(link(arrival.link));
  return known && known->take(arrival);
}

}  // namespace treering

// Wires over UCX: the way to fabrics that have no transport of their own here.
#pragma once

#include <memory>
#include <string_view>

#include "transports/framed/polled_transport.hpp"
#include "transports/ucx/worker.hpp"

namespace treering {

class Ucx final : public framed::PolledTransport, private ucx::Receiver {
 public:
  explicit Ucx(Terms terms) : PolledTransport(std::move(terms), Purpose::ucx, nullptr) {}
  ~Ucx() override { end_links(); }
  Result<void> set_up();

  std::string_view name() const override { return "ucx"; }

 private:
  bool poll() override { return worker_->poll(); }
  bool arm() override { return worker_->arm(); }
  void take_event(void*) override {}  // the next arm() makes the descriptor silent
  bool is_own_tag(const void* tag) const override { return tag == worker_.get(); }
  Result<std::unique_ptr<framed::PolledLink>> make_polled_link(framed::Peer& peer, Descriptor socket, Made made,
                                                               std::uint32_t number) override;
  bool take(const Arrival& arrival) override;

  std::shared_ptr<ucx::Worker> worker_;
  bool is_watched_ = false;  // the worker, by the poller
};

}  // namespace treering

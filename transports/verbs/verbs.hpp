// Wires over InfiniBand and RoCE: reliable connections of libibverbs.
#pragma once

#include <memory>
#include <string_view>

#include "transports/framed/polled_transport.hpp"
#include "transports/verbs/device.hpp"
#include "transports/verbs/port.hpp"
#include "transports/verbs/registrations.hpp"

namespace treering {

class Verbs final : public framed::PolledTransport {
 public:
  Verbs(Terms terms, std::shared_ptr<verbs::Device> device, std::unique_ptr<verbs::Registrations> registrations,
        const verbs::Settings& settings);

  ~Verbs() override { end_links(); }

  std::string_view name() const override { return "verbs"; }

 private:
  bool poll() override;
  bool arm() override {
    device_->arm();
    return true;
  }
  void take_event(void* tag) override;
  bool is_own_tag(const void* tag) const override { return tag == &completions_ || tag == &news_; }
  Result<std::unique_ptr<framed::PolledLink>> make_polled_link(framed::Peer& peer, Descriptor socket, Made made,
                                                               std::uint32_t number) override;

  std::shared_ptr<verbs::Device> device_;
  std::unique_ptr<verbs::Registrations> registrations_;
  verbs::Settings settings_;
  bool is_watched_ = false;  // the device, by the poller, with two tags:
  char completions_{}, news_{};
};

}  // namespace treering

// Wires over InfiniBand and RoCE: reliable connections of libibverbs.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "transports/framed/framed_transport.hpp"
#include "transports/verbs/port.hpp"

namespace treering {

namespace verbs {
class Device;
class QueueLink;
class Registrations;
}  // namespace verbs

class Verbs final : public framed::FramedTransport {
 public:
  Verbs(Terms terms, std::shared_ptr<verbs::Device> device, std::unique_ptr<verbs::Registrations> registrations,
        const verbs::Settings& settings);
  ~Verbs() override;

  std::string_view name() const override { return "verbs"; }
  bool progress() override;
  void withdraw() override;
  /// Waits until the peers' devices have what was sent, at most two seconds: it would be lost with the queue pairs.
  void close() override;

 private:
  Result<std::unique_ptr<framed::Link>> make_link(framed::Peer& peer, Descriptor socket, Made made) override;
  void discard(std::unique_ptr<framed::Link> link) override;
  bool take_completions();
  bool look_around();
  bool take_events();
  void receive(verbs::QueueLink& link);
  void drop_those_that_left();
  template <class Over>
  void complete_until(const Over& over);

  std::shared_ptr<verbs::Device> device_;
  std::unique_ptr<verbs::Registrations> registrations_;
  verbs::Settings settings_;
  std::map<std::uint32_t, verbs::QueueLink*> links_;  // by the numbers in the ids of completions
  std::uint32_t next_number_ = 0;
  std::vector<std::unique_ptr<framed::Link>> leaving_;  // closed, and the peer has not got all yet
  unsigned idle_looks_ = 0;
  bool are_coming_up_ = false;  // some links, perhaps
  bool is_watched_ = false;     // the device, by the poller
};

}  // namespace treering

// The Connector of one rank of a communicator: the process's service, the roster, and the keys of the communicator.
#pragma once

#include <atomic>
#include <memory>

#include "startup/control.hpp"
#include "startup/member.hpp"
#include "startup/status_door.hpp"
#include "transports/transport.hpp"

namespace treering {

class Stay;

/// Any thread. Waiting ends at the connect timeout of the options, when the communicator fails, or when it is
/// cancelled.
class RankConnector final : public Connector {
 public:
  /// `control` and, where given, `cancelled` must outlive this.
  RankConnector(std::shared_ptr<const Stay> stay, std::shared_ptr<const Roster> roster, const Control& control,
                const std::atomic<bool>* cancelled);
  ~RankConnector() override;

  Result<Descriptor> connect(Rank peer, Purpose purpose) override;
  void on_accept(Purpose purpose, std::function<void(Rank peer, Descriptor socket)> accepted) override;
  void watch(int fd, std::function<bool()> readable) override;
  void forget(int fd) override;
  std::chrono::milliseconds silence_timeout() const override;
  void tell_silence(Rank peer, const SilenceNews& news) override;

  /// What this rank says to whoever asks its process; empty functions end that: when the call returns, none runs.
  void on_status(StatusTexts texts);

 private:
  std::shared_ptr<const Stay> stay_;
  std::shared_ptr<const Roster> roster_;
  const Control& control_;
  const std::atomic<bool>* cancelled_;
};

}  // namespace treering

// A reliable connection of verbs, from its creation to the end.
#pragma once

#include <infiniband/verbs.h>

#include <cstdint>
#include <memory>
#include <string>

#include "transports/verbs/card.hpp"
#include "transports/verbs/device.hpp"
#include "transports/verbs/port.hpp"
#include "treering/result.hpp"

namespace treering::verbs {

class QueuePair {
 public:
  struct Size {
    std::uint32_t sends;     ///< requests under way
    std::uint32_t receives;  ///< buffers for what comes
  };
  /// Receives can be posted from here on.
  static Result<std::unique_ptr<QueuePair>> create(std::shared_ptr<Device> device, Size size);
  ~QueuePair();
  QueuePair(const QueuePair&) = delete;
  QueuePair& operator=(const QueuePair&) = delete;

  /// What the peer has to know.
  Card card() const;
  /// Can send and receive from here on. An error names both ends.
  Result<void> connect(const Card& peer, const Settings& settings);
  /// Ends what is under way: it completes with an error.
  void stop();

  ibv_qp* get() const { return pair_; }
  std::uint32_t most_inline() const { return most_inline_; }
  /// "mlx5_0 port 1, 10.0.0.1 to 10.0.0.2", once connected.
  const std::string& path() const { return path_; }

 private:
  explicit QueuePair(std::shared_ptr<Device> device) : device_(std::move(device)) {}
  Result<void> set_up(Size size);
  Result<ibv_ah_attr> way_to(const Card& peer, const Settings& settings);

  std::shared_ptr<Device> device_;
  ibv_qp* pair_ = nullptr;
  std::uint32_t most_inline_ = 0;
  std::uint32_t first_packet_ = 0;
  std::string path_;
};

}  // namespace treering::verbs

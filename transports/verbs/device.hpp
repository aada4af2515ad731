// An opened RDMA device with what the links of a transport share: a protection domain and a completion queue.
#pragma once

#include <infiniband/verbs.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "transports/verbs/port.hpp"
#include "treering/result.hpp"

namespace treering::verbs {

/// Belongs to one thread. Links and registrations hold it, since it ends after them.
class Device {
 public:
  /// `completions`: of which room for so many will be reserve()d at least, most likely.
  static Result<std::shared_ptr<Device>> open(const Port& port, std::uint32_t completions);
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  const Port& port() const { return port_; }
  ibv_pd* domain() const { return domain_; }
  ibv_cq* queue() const { return queue_; }

  /// Room in the completion queue for so many more, ever.
  Result<void> reserve(std::uint32_t completions);
  /// Completions that are there, at most as many as fit; an error where the queue is broken.
  Result<std::span<const ibv_wc>> poll(std::span<ibv_wc> room);

  /// Readable when a completion has come since arm(). Look once more after arm(): what came before does not count.
  int completion_descriptor() const { return channel_->fd; }
  void arm();
  /// Takes the events that are there, so that the descriptor falls silent.
  void take_events();

  /// Readable when the device or a port has something to say.
  int news_descriptor() const { return context_->async_fd; }
  /// An error if the device has failed. Other news is passed over: what a port does shows in what fails.
  Result<void> take_news();
  /// Is the port active at this moment?
  bool is_active() const;

 private:
  explicit Device(Port port) : port_(std::move(port)) {}
  Result<void> set_up(std::uint32_t completions);

  Port port_;
  ibv_context* context_ = nullptr;
  ibv_pd* domain_ = nullptr;
  ibv_comp_channel* channel_ = nullptr;
  ibv_cq* queue_ = nullptr;
  std::uint32_t reserved_ = 0;
  std::uint32_t most_completions_ = 0;
  bool armed_ = false;
};

}  // namespace treering::verbs

#include "transports/verbs/device.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

namespace treering::verbs {
namespace {

Error failed(const Port& port, std::string_view what, int error = errno) {
  return {Code::system_error, fmt::format("cannot use {} ({}: {}) see dmesg, or set TREERING_TRANSPORT=tcp",
                                          port.text(), what, std::strerror(error))};
}

void make_non_blocking(int fd) {
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
}

ibv_context* open_named(const std::string& name) {
  int count = 0;
  ibv_device** const devices = ibv_get_device_list(&count);
  if (!devices) return nullptr;
  ibv_context* context = nullptr;
  errno = ENODEV;
  for (int i = 0; i < count && !context; ++i)
    if (name == ibv_get_device_name(devices[i])) context = ibv_open_device(devices[i]);
  ibv_free_device_list(devices);
  return context;
}

}  // namespace

Result<std::shared_ptr<Device>> Device::open(const Port& port, std::uint32_t completions) {
  std::shared_ptr<Device> device(new Device(port));
  if (auto up = device->set_up(completions); !up) return std::move(up).error();
  return device;
}

Result<void> Device::set_up(std::uint32_t completions) {
  context_ = open_named(port_.device);
  ibv_device_attr about{};
  if (!context_ || ibv_query_device(context_, &about) != 0) return failed(port_, "opening it");
  most_completions_ = static_cast<std::uint32_t>(about.max_cqe);
  domain_ = ibv_alloc_pd(context_);
  if (!domain_) return failed(port_, "a protection domain");
  channel_ = ibv_create_comp_channel(context_);
  if (!channel_) return failed(port_, "a completion channel");
  make_non_blocking(channel_->fd);
  make_non_blocking(context_->async_fd);
  const auto size = std::min(completions, most_completions_);
  queue_ = ibv_create_cq(context_, static_cast<int>(size), nullptr, channel_, 0);
  if (!queue_) return failed(port_, "a completion queue");
  return {};
}

Device::~Device() {
  if (queue_) ibv_destroy_cq(queue_);
  if (channel_) ibv_destroy_comp_channel(channel_);
  if (domain_) ibv_dealloc_pd(domain_);
  if (context_) ibv_close_device(context_);
}

Result<void> Device::reserve(std::uint32_t completions) {
  reserved_ += completions;
  const auto size = static_cast<std::uint32_t>(queue_->cqe);
  if (reserved_ <= size) return {};
  const std::uint32_t wanted = std::min(most_completions_, std::max(reserved_, 2 * size));
  const int error = wanted < reserved_ ? ENOSPC : ibv_resize_cq(queue_, static_cast<int>(wanted));
  if (error == 0) return {};
  return failed(port_, fmt::format("a completion queue of {} entries for all peers", reserved_), error);
}

Result<std::span<const ibv_wc>> Device::poll(std::span<ibv_wc> room) {
  const int found = ibv_poll_cq(queue_, static_cast<int>(room.size()), room.data());
  if (found < 0) return failed(port_, "its completion queue has broken");
  return std::span<const ibv_wc>(room.first(static_cast<std::size_t>(found)));
}

void Device::arm() {
  if (armed_) return;
  armed_ = ibv_req_notify_cq(queue_, 0) == 0;
}

void Device::take_events() {
  ibv_cq* queue = nullptr;
  void* unused = nullptr;
  unsigned events = 0;
  while (ibv_get_cq_event(channel_, &queue, &unused) == 0) ++events;
  if (events == 0) return;
  ibv_ack_cq_events(queue_, events);
  armed_ = false;
}

Result<void> Device::take_news() {
  ibv_async_event event{};
  std::optional<ibv_event_type> broken;
  while (ibv_get_async_event(context_, &event) == 0) {
    if (event.event_type == IBV_EVENT_DEVICE_FATAL || event.event_type == IBV_EVENT_CQ_ERR) broken = event.event_type;
    ibv_ack_async_event(&event);
  }
  if (!broken) return {};
  return Error{Code::system_error,
               fmt::format("{} has failed (its driver says: {}) see dmesg, or set TREERING_TRANSPORT=tcp", port_.device,
                           ibv_event_type_str(*broken))};
}

bool Device::is_active() const {
  ibv_port_attr attributes{};
  return ibv_query_port(context_, port_.number, &attributes) == 0 && attributes.state == IBV_PORT_ACTIVE;
}

}  // namespace treering::verbs

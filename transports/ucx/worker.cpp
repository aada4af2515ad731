#include "transports/ucx/worker.hpp"

#include <fmt/format.h>

#include <cstring>

namespace treering::ucx {
namespace {

Error failed(std::string_view what, ucs_status_t status) {
  return {Code::system_error, fmt::format("cannot use UCX ({}: {}) see what UCX says with UCX_LOG_LEVEL=info, or set "
                                          "TREERING_TRANSPORT=auto",
                                          what, ucs_status_string(status))};
}

template <bool is_ring>
ucs_status_t arrived(void* receiver, const void* header, std::size_t header_bytes, void* data, std::size_t bytes,
                     const ucp_am_recv_param_t* how) {
  Head head;
  if (header_bytes != sizeof head) return UCS_OK;
  std::memcpy(&head, header, sizeof head);
  const bool taken = static_cast<Receiver*>(receiver)->take(
      {head.link, head.order, is_ring, static_cast<std::byte*>(data), bytes,
       (how->recv_attr & UCP_AM_RECV_ATTR_FLAG_RNDV) != 0, (how->recv_attr & UCP_AM_RECV_ATTR_FLAG_DATA) != 0});
  return taken ? UCS_INPROGRESS : UCS_OK;
}

ucs_status_t listen(ucp_worker_h worker, unsigned id, ucp_am_recv_callback_t arrived, Receiver& receiver) {
  ucp_am_handler_param_t handler{};
  handler.field_mask = UCP_AM_HANDLER_PARAM_FIELD_ID | UCP_AM_HANDLER_PARAM_FIELD_CB | UCP_AM_HANDLER_PARAM_FIELD_ARG;
  handler.id = id;
  handler.cb = arrived;
  handler.arg = &receiver;
  return ucp_worker_set_am_recv_handler(worker, &handler);
}

ucs_status_t make_context(ucp_context_h& context) {
  ucp_config_t* config = nullptr;
  if (const ucs_status_t status = ucp_config_read(nullptr, nullptr, &config); status != UCS_OK) return status;
  ucp_params_t parameters{};
  parameters.field_mask = UCP_PARAM_FIELD_FEATURES | UCP_PARAM_FIELD_NAME;
  parameters.features = UCP_FEATURE_AM | UCP_FEATURE_WAKEUP;
  parameters.name = "treering";
  const ucs_status_t status = ucp_init(&parameters, config, &context);
  ucp_config_release(config);
  return status;
}

}  // namespace

Result<std::shared_ptr<Worker>> Worker::open(Receiver& receiver) {
  std::shared_ptr<Worker> worker(new Worker);
  if (auto up = worker->set_up(receiver); !up) return std::move(up).error();
  return worker;
}

Result<void> Worker::set_up(Receiver& receiver) {
  if (const auto status = make_context(context_); status != UCS_OK) return failed("a context", status);
  ucp_worker_params_t parameters{};
  parameters.field_mask = UCP_WORKER_PARAM_FIELD_THREAD_MODE;
  parameters.thread_mode = UCS_THREAD_MODE_SINGLE;
  if (const auto status = ucp_worker_create(context_, &parameters, &worker_); status != UCS_OK)
    return failed("a worker", status);
  for (const auto& [id, handler] : {std::pair{packet_id, &arrived<false>}, std::pair{ring_id, &arrived<true>}})
    if (const auto status = listen(worker_, id, handler, receiver); status != UCS_OK)
      return failed("active messages", status);
  if (const auto status = ucp_worker_get_efd(worker_, &descriptor_); status != UCS_OK)
    return failed("a descriptor to wait at", status);
  ucp_address_t* address = nullptr;
  std::size_t bytes = 0;
  if (const auto status = ucp_worker_get_address(worker_, &address, &bytes); status != UCS_OK)
    return failed("its address", status);
  const auto* const first = reinterpret_cast<const std::byte*>(address);
  address_.assign(first, first + bytes);
  ucp_worker_release_address(worker_, address);
  return {};
}

Worker::~Worker() {
  if (worker_) ucp_worker_destroy(worker_);
  if (context_) ucp_cleanup(context_);
}

}  // namespace treering::ucx

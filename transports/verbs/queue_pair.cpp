#include "transports/verbs/queue_pair.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <random>

namespace treering::verbs {
namespace {

/// How long a receiver without a buffer asks the sender to wait, as verbs count: 0.64 ms. Credits make it the
/// exception.
constexpr std::uint8_t not_ready_timer = 12;
constexpr std::uint8_t wait_for_ever = 7;
constexpr std::uint8_t most_hops = 64;
constexpr std::uint32_t all_24_bits = (1U << 24) - 1;

Error cannot(const Port& port, std::string_view what, int error) {
  return {Code::system_error, fmt::format("cannot {} on {} ({}) see dmesg, or set TREERING_TRANSPORT=tcp", what,
                                          port.text(), std::strerror(error))};
}

}  // namespace

Result<std::unique_ptr<QueuePair>> QueuePair::create(std::shared_ptr<Device> device, Size size) {
  std::unique_ptr<QueuePair> pair(new QueuePair(std::move(device)));
  if (auto up = pair->set_up(size); !up) return std::move(up).error();
  return pair;
}

QueuePair::~QueuePair() {
  if (pair_) ibv_destroy_qp(pair_);
}

Result<void> QueuePair::set_up(Size size) {
  ibv_qp_init_attr attributes{};
  attributes.qp_type = IBV_QPT_RC;
  attributes.send_cq = attributes.recv_cq = device_->queue();
  attributes.cap.max_send_wr = size.sends;
  attributes.cap.max_recv_wr = size.receives;
  attributes.cap.max_send_sge = attributes.cap.max_recv_sge = 1;
  // Devices differ in how much data they take along with a request, and none says so beforehand.
  for (const std::uint32_t inlined : {256U, 128U, 64U, 0U}) {
    attributes.cap.max_inline_data = inlined;
    pair_ = ibv_create_qp(device_->domain(), &attributes);
    if (pair_) break;
  }
  if (!pair_) return cannot(device_->port(), "make a queue pair", errno);
  most_inline_ = attributes.cap.max_inline_data;
  first_packet_ = std::random_device()() & all_24_bits;

  ibv_qp_attr init{};
  init.qp_state = IBV_QPS_INIT;
  init.port_num = device_->port().number;
  init.qp_access_flags = IBV_ACCESS_REMOTE_WRITE;
  const int error = ibv_modify_qp(pair_, &init, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS);
  return error ? Result<void>(cannot(device_->port(), "set up a queue pair", error)) : Result<void>();
}

Card QueuePair::card() const {
  const Port& port = device_->port();
  Card card{.is_infiniband = port.is_infiniband,
            .mtu = port.mtu,
            .lid = port.lid,
            .queue_pair = pair_->qp_num,
            .first_packet = first_packet_};
  if (port.ipv4) card.ipv4 = port.ipv4->gid;
  if (port.ipv6) card.ipv6 = port.ipv6->gid;
  return card;
}

/// InfiniBand: by LID. RoCE: by the addresses of one family that both ends have, IPv4 first; so both choose the same.
Result<ibv_ah_attr> QueuePair::way_to(const Card& peer, const Settings& settings) {
  const Port& port = device_->port();
  ibv_ah_attr way{};
  way.port_num = port.number;
  way.sl = settings.service_level;
  if (port.is_infiniband && peer.is_infiniband) {
    way.dlid = peer.lid;
    path_ = fmt::format("{}, LID {} to {}", port.text(), port.lid, peer.lid);
    return way;
  }
  const bool by_ipv4 = port.ipv4 && peer.ipv4;
  const std::optional<GidEntry>& own = by_ipv4 ? port.ipv4 : port.ipv6;
  const std::optional<Gid>& theirs = by_ipv4 ? peer.ipv4 : peer.ipv6;
  if (!own || !theirs)
    return Error{Code::remote_error,
                 fmt::format("{} of this rank cannot reach that of the peer (the two have no address family in common) "
                             "give both an IPv4 address, choose devices by TREERING_HCA, or set TREERING_TRANSPORT=tcp",
                             port.text())};
  way.is_global = 1;
  std::memcpy(way.grh.dgid.raw, theirs->data(), theirs->size());
  way.grh.sgid_index = own->index;
  way.grh.hop_limit = most_hops;
  way.grh.traffic_class = settings.traffic_class;
  // The source port follows from it, by which switches spread connections over equal paths.
  way.grh.flow_label = (pair_->qp_num * 2654435761U ^ peer.queue_pair) & 0xfffff;
  path_ = fmt::format("{}, {} to {}", port.text(), text_of(own->gid), text_of(*theirs));
  return way;
}

Result<void> QueuePair::connect(const Card& peer, const Settings& settings) {
  auto way = way_to(peer, settings);
  if (!way) return std::move(way).error();
  ibv_qp_attr receive{};
  receive.qp_state = IBV_QPS_RTR;
  receive.ah_attr = *way;
  receive.path_mtu = static_cast<ibv_mtu>(std::min(device_->port().mtu, peer.mtu));
  receive.dest_qp_num = peer.queue_pair;
  receive.rq_psn = peer.first_packet;
  receive.max_dest_rd_atomic = 1;
  receive.min_rnr_timer = not_ready_timer;
  if (const int error = ibv_modify_qp(pair_, &receive,
                                      IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN |
                                          IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER))
    return cannot(device_->port(), fmt::format("receive by {}", path_), error);
  ibv_qp_attr send{};
  send.qp_state = IBV_QPS_RTS;
  send.timeout = settings.timeout;
  send.retry_cnt = settings.retries;
  send.rnr_retry = wait_for_ever;
  send.sq_psn = first_packet_;
  send.max_rd_atomic = 1;
  if (const int error = ibv_modify_qp(pair_, &send,
                                      IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY |
                                          IBV_QP_SQ_PSN | IBV_QP_MAX_QP_RD_ATOMIC))
    return cannot(device_->port(), fmt::format("send by {}", path_), error);
  return {};
}

void QueuePair::stop() {
  ibv_qp_attr attributes{};
  attributes.qp_state = IBV_QPS_ERR;
  ibv_modify_qp(pair_, &attributes, IBV_QP_STATE);
}

}  // namespace treering::verbs

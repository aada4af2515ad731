#include "transports/verbs/send_queue.hpp"

namespace treering::verbs {

ibv_send_wr& SendQueue::add(std::span<const std::byte> bytes, std::uint32_t key) {
  if (gathered_ == most_gathered) error_ = post();
  parts_[gathered_] = {reinterpret_cast<std::uintptr_t>(bytes.data()), static_cast<std::uint32_t>(bytes.size()), key};
  ibv_send_wr& request = requests_[gathered_];
  request = {};
  request.wr_id = std::uint64_t{tag_} << 32 | static_cast<std::uint32_t>(++added_);
  request.sg_list = &parts_[gathered_];
  request.num_sge = 1;
  if (bytes.size() <= most_inline_) request.send_flags = IBV_SEND_INLINE;
  if (gathered_ > 0) requests_[gathered_ - 1].next = &request;
  ++gathered_;
  return request;
}

void SendQueue::add_write(std::span<const std::byte> bytes, std::uint32_t key, const framed::RingPlace& to,
                          bool is_users) {
  ibv_send_wr& request = add(bytes, key);
  request.opcode = IBV_WR_RDMA_WRITE;
  request.wr.rdma.remote_addr = to.address;
  request.wr.rdma.rkey = to.key;
  if (is_users) users_until_ = added_;
}

void SendQueue::add_send(std::span<const std::byte> bytes, std::uint32_t key) {
  add(bytes, key).opcode = IBV_WR_SEND;
}

int SendQueue::post() {
  if (error_ != 0) gathered_ = 0;  // nothing goes any more
  if (gathered_ == 0) return error_;
  const bool waits_for_users_memory = users_until_ > asked_until_;
  if (asks_ || waits_for_users_memory || added_ - asked_until_ >= between_completions) {
    requests_[gathered_ - 1].send_flags |= IBV_SEND_SIGNALED;
    asked_until_ = added_;
    asks_ = false;
  }
  ibv_send_wr* refused = nullptr;
  error_ = ibv_post_send(pair_, requests_.data(), &refused);
  gathered_ = 0;
  return error_;
}

}  // namespace treering::verbs

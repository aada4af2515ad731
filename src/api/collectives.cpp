// The calls of the C++ face become Calls.
#include <fmt/format.h>

#include "api/endpoint.hpp"
#include "api/group.hpp"
#include "api/last_error.hpp"
#include "treering/communicator.hpp"

namespace treering {
namespace {

using Made = Result<api::Call>;

/// A collective with both buffers. `whole` is the one that may hold a block a rank, `blocks` how many it must hold.
struct Sizes {
  std::size_t input;
  std::size_t output;
  std::size_t input_blocks = 1;
  std::size_t output_blocks = 1;
};

Made refused(std::string_view name, const Sizes& sizes) {
  return Error{Code::invalid_argument,
               fmt::format("{}: the sizes do not fit (the input has {} elements, the output {}) the {} holds {}", name,
                           sizes.input, sizes.output, sizes.input_blocks > 1 ? "input" : "output",
                           sizes.input_blocks == sizes.output_blocks
                               ? "as many as the input"
                               : fmt::format("{} times as many as the other",
                                             std::max(sizes.input_blocks, sizes.output_blocks)))};
}

bool fits(const Sizes& sizes) {
  return sizes.input / sizes.input_blocks * sizes.output_blocks == sizes.output &&
         sizes.input % sizes.input_blocks == 0;
}

Made call_of(std::string_view name, Collective collective, const ConstBuffer& input, const MutableBuffer& output,
             Operator op, Rank root = 0) {
  if (input.type != output.type || input.element_bytes != output.element_bytes) {
    return Error{Code::invalid_argument,
                 fmt::format("{}: two element types (the input has {}, the output {}) give both the same", name,
                             name_of(input.type), name_of(output.type))};
  }
  api::Call call{name, {}};
  call.request.collective = collective;
  call.request.send = input.data;
  call.request.recv = output.data;
  call.request.count = std::min(input.count, output.count);
  call.request.type = op.combine() != nullptr ? DataType::uint8 : input.type;
  call.request.element_bytes = input.element_bytes;
  call.request.op = std::move(op);
  call.request.root = root;
  return call;
}

Made all_reduce_call(const ConstBuffer& input, const MutableBuffer& output, Operator op) {
  const Sizes sizes{input.count, output.count};
  if (!fits(sizes)) return refused("all_reduce", sizes);
  return call_of("all_reduce", Collective::all_reduce, input, output, std::move(op));
}

Made reduce_call(const ConstBuffer& input, const MutableBuffer& output, Operator op, Rank root, Rank rank) {
  const Sizes sizes{input.count, output.count};
  if (rank == root && !fits(sizes)) return refused("reduce", sizes);
  auto call = call_of("reduce", Collective::reduce, input, output, std::move(op), root);
  if (call) call->request.count = input.count;
  return call;
}

Made all_gather_call(const ConstBuffer& input, const MutableBuffer& output, Rank ranks) {
  const Sizes sizes{.input = input.count, .output = output.count, .output_blocks = static_cast<std::size_t>(ranks)};
  if (!fits(sizes)) return refused("all_gather", sizes);
  return call_of("all_gather", Collective::all_gather, input, output, Reduction::sum);
}

Made reduce_scatter_call(const ConstBuffer& input, const MutableBuffer& output, Operator op, Rank ranks) {
  const Sizes sizes{.input = input.count, .output = output.count, .input_blocks = static_cast<std::size_t>(ranks)};
  if (!fits(sizes)) return refused("reduce_scatter", sizes);
  return call_of("reduce_scatter", Collective::reduce_scatter, input, output, std::move(op));
}

Made scan_call(std::string_view name, Collective collective, const ConstBuffer& input, const MutableBuffer& output,
               Operator op) {
  const Sizes sizes{input.count, output.count};
  if (!fits(sizes)) return refused(name, sizes);
  return call_of(name, collective, input, output, std::move(op));
}

/// A call with one buffer, on which no operator works.
Made call_on(std::string_view name, Collective collective, const ConstBuffer& data, void* recv, Rank root) {
  api::Call call{name, {}};
  call.request.collective = collective;
  call.request.send = collective == Collective::recv ? nullptr : data.data;
  call.request.recv = recv;
  call.request.count = data.count;
  call.request.type = data.type;
  call.request.element_bytes = data.element_bytes;
  call.request.root = root;
  return call;
}

ConstBuffer as_const(const MutableBuffer& buffer) {
  ConstBuffer same(buffer.data, buffer.count, buffer.type);
  same.element_bytes = buffer.element_bytes;
  return same;
}

Made broadcast_call(const MutableBuffer& data, Rank root) {
  return call_on("broadcast", Collective::broadcast, as_const(data), data.data, root);
}
Made send_call(const ConstBuffer& data, Rank peer) {
  return call_on("send", Collective::send, data, nullptr, peer);
}
Made recv_call(const MutableBuffer& data, Rank peer) {
  return call_on("recv", Collective::recv, as_const(data), data.data, peer);
}
Made barrier_call() {
  return api::Call{"barrier", {}};
}

}  // namespace

Result<void> Communicator::run(const Result<api::Call>& call) {
  return api::guarded([&]() -> Result<void> {
    if (call) return api::submit(endpoint_, *call);
    api::CallGroup& group = api::CallGroup::of_this_thread();
    if (group.is_open()) group.fail(call.error());
    return call.error();
  });
}

Result<Pending> Communicator::start(const Result<api::Call>& call) {
  return api::guarded([&]() -> Result<Pending> {
    if (!call) return call.error();
    if (api::CallGroup::of_this_thread().is_open()) {
      return api::refusal(Code::invalid_usage, *call, rank(),
                          "a started call within a group (the group decides when its calls start) make the plain call "
                          "and start the group");
    }
    auto admitted = api::admit(*endpoint_, *call);
    if (!admitted) return std::move(admitted).error();
    const auto ticket = endpoint_->start({&*call, 1});
    if (!ticket) return ticket.error();
    return Pending({{endpoint_, *ticket}});
  });
}

Result<void> Communicator::all_reduce(ConstBuffer input, MutableBuffer output, Operator op) {
  return run(all_reduce_call(input, output, std::move(op)));
}
Result<Pending> Communicator::start_all_reduce(ConstBuffer input, MutableBuffer output, Operator op) {
  return start(all_reduce_call(input, output, std::move(op)));
}
Result<void> Communicator::reduce(ConstBuffer input, MutableBuffer output, Operator op, Rank root) {
  return run(reduce_call(input, output, std::move(op), root, rank()));
}
Result<Pending> Communicator::start_reduce(ConstBuffer input, MutableBuffer output, Operator op, Rank root) {
  return start(reduce_call(input, output, std::move(op), root, rank()));
}
Result<void> Communicator::broadcast(MutableBuffer data, Rank root) {
  return run(broadcast_call(data, root));
}
Result<Pending> Communicator::start_broadcast(MutableBuffer data, Rank root) {
  return start(broadcast_call(data, root));
}
Result<void> Communicator::all_gather(ConstBuffer input, MutableBuffer output) {
  return run(all_gather_call(input, output, ranks()));
}
Result<Pending> Communicator::start_all_gather(ConstBuffer input, MutableBuffer output) {
  return start(all_gather_call(input, output, ranks()));
}
Result<void> Communicator::reduce_scatter(ConstBuffer input, MutableBuffer output, Operator op) {
  return run(reduce_scatter_call(input, output, std::move(op), ranks()));
}
Result<Pending> Communicator::start_reduce_scatter(ConstBuffer input, MutableBuffer output, Operator op) {
  return start(reduce_scatter_call(input, output, std::move(op), ranks()));
}
Result<void> Communicator::scan(ConstBuffer input, MutableBuffer output, Operator op) {
  return run(scan_call("scan", Collective::scan, input, output, std::move(op)));
}
Result<Pending> Communicator::start_scan(ConstBuffer input, MutableBuffer output, Operator op) {
  return start(scan_call("scan", Collective::scan, input, output, std::move(op)));
}
Result<void> Communicator::exclusive_scan(ConstBuffer input, MutableBuffer output, Operator op) {
  return run(scan_call("exclusive_scan", Collective::exclusive_scan, input, output, std::move(op)));
}
Result<Pending> Communicator::start_exclusive_scan(ConstBuffer input, MutableBuffer output, Operator op) {
  return start(scan_call("exclusive_scan", Collective::exclusive_scan, input, output, std::move(op)));
}
Result<void> Communicator::barrier() {
  return run(barrier_call());
}
Result<Pending> Communicator::start_barrier() {
  return start(barrier_call());
}
Result<void> Communicator::send(ConstBuffer data, Rank peer) {
  return run(send_call(data, peer));
}
Result<Pending> Communicator::start_send(ConstBuffer data, Rank peer) {
  return start(send_call(data, peer));
}
Result<void> Communicator::recv(MutableBuffer data, Rank peer) {
  return run(recv_call(data, peer));
}
Result<Pending> Communicator::start_recv(MutableBuffer data, Rank peer) {
  return start(recv_call(data, peer));
}

}  // namespace treering

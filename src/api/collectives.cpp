// The calls of the C++ face become Calls.
#include <fmt/format.h>

#include "api/endpoint.hpp"
#include "api/group.hpp"
#include "api/last_error.hpp"
#include "treering/communicator.hpp"

namespace treering {
namespace {

/// A collective with both buffers. `whole` is the one that may hold a block a rank, `blocks` how many it must hold.
struct Sizes {
  std::size_t input;
  std::size_t output;
  std::size_t input_blocks = 1;
  std::size_t output_blocks = 1;
};

Error misfit(std::string_view name, const Sizes& sizes) {
  return {Code::invalid_argument,
          fmt::format(
              "{}: the sizes do not fit (the input has {} elements, the output {}) the {} holds {}", name, sizes.input,
              sizes.output, sizes.input_blocks > 1 ? "input" : "output",
              sizes.input_blocks == sizes.output_blocks
                  ? "as many as the input"
                  : fmt::format("{} times as many as the other", std::max(sizes.input_blocks, sizes.output_blocks)))};
}

bool fits(const Sizes& sizes) {
  return sizes.input / sizes.input_blocks * sizes.output_blocks == sizes.output &&
         sizes.input % sizes.input_blocks == 0;
}

// A call is filled in where it lies: every call of the user's goes this way.

Result<void> fill(api::Call& call, Collective collective, const ConstBuffer& input, const MutableBuffer& output,
                  Operator&& op, Rank root = 0) {
  if (input.type != output.type || input.element_bytes != output.element_bytes) {
    return Error{Code::invalid_argument,
                 fmt::format("{}: two element types (the input has {}, the output {}) give both the same", call.name,
                             name_of(input.type), name_of(output.type))};
  }
  Request& request = call.request;
  request.collective = collective;
  request.send = input.data;
  request.recv = output.data;
  request.count = std::min(input.count, output.count);
  request.type = op.combine() != nullptr ? DataType::uint8 : input.type;
  request.element_bytes = input.element_bytes;
  request.op = std::move(op);
  request.root = root;
  return {};
}

Result<void> fill_all_reduce(api::Call& call, const ConstBuffer& input, const MutableBuffer& output, Operator&& op) {
  const Sizes sizes{input.count, output.count};
  if (!fits(sizes)) return misfit(call.name, sizes);
  return fill(call, Collective::all_reduce, input, output, std::move(op));
}

Result<void> fill_reduce(api::Call& call, const ConstBuffer& input, const MutableBuffer& output, Operator&& op,
                         Rank root, Rank rank) {
  const Sizes sizes{input.count, output.count};
  if (rank == root && !fits(sizes)) return misfit(call.name, sizes);
  auto filled = fill(call, Collective::reduce, input, output, std::move(op), root);
  call.request.count = input.count;
  return filled;
}

Result<void> fill_all_gather(api::Call& call, const ConstBuffer& input, const MutableBuffer& output, Rank ranks) {
  const Sizes sizes{.input = input.count, .output = output.count, .output_blocks = static_cast<std::size_t>(ranks)};
  if (!fits(sizes)) return misfit(call.name, sizes);
  return fill(call, Collective::all_gather, input, output, Reduction::sum);
}

Result<void> fill_reduce_scatter(api::Call& call, const ConstBuffer& input, const MutableBuffer& output, Operator&& op,
                                 Rank ranks) {
  const Sizes sizes{.input = input.count, .output = output.count, .input_blocks = static_cast<std::size_t>(ranks)};
  if (!fits(sizes)) return misfit(call.name, sizes);
  return fill(call, Collective::reduce_scatter, input, output, std::move(op));
}

Result<void> fill_scan(api::Call& call, Collective collective, const ConstBuffer& input, const MutableBuffer& output,
                       Operator&& op) {
  const Sizes sizes{input.count, output.count};
  if (!fits(sizes)) return misfit(call.name, sizes);
  return fill(call, collective, input, output, std::move(op));
}

/// A call with one buffer, on which no operator works.
template <class Buffer>
Result<void> fill(api::Call& call, Collective collective, const Buffer& data, const void* send, void* recv, Rank root) {
  Request& request = call.request;
  request.collective = collective;
  request.send = send;
  request.recv = recv;
  request.count = data.count;
  request.type = data.type;
  request.element_bytes = data.element_bytes;
  request.root = root;
  return {};
}

Result<void> fill_broadcast(api::Call& call, const MutableBuffer& data, Rank root) {
  return fill(call, Collective::broadcast, data, data.data, data.data, root);
}
Result<void> fill_send(api::Call& call, const ConstBuffer& data, Rank peer) {
  return fill(call, Collective::send, data, data.data, nullptr, peer);
}
Result<void> fill_recv(api::Call& call, const MutableBuffer& data, Rank peer) {
  return fill(call, Collective::recv, data, nullptr, data.data, peer);
}

}  // namespace

Result<void> Communicator::run(const Result<void>& filled, const api::Call& call) {
  return api::guarded([&]() -> Result<void> {
    if (filled) return api::submit(endpoint_, call);
    api::CallGroup& group = api::CallGroup::of_this_thread();
    if (group.is_open()) group.fail(filled.error());
    return filled.error();
  });
}

Result<Pending> Communicator::start(const Result<void>& filled, const api::Call& call) {
  return api::guarded([&]() -> Result<Pending> {
    if (!filled) return filled.error();
    if (api::CallGroup::of_this_thread().is_open()) {
      return api::refusal(Code::invalid_usage, call, rank(),
                          "a started call within a group (the group decides when its calls start) make the plain call "
                          "and start the group");
    }
    auto admitted = api::admit(*endpoint_, call);
    if (!admitted) return std::move(admitted).error();
    const auto ticket = endpoint_->start(call.name, {&call.request, 1});
    if (!ticket) return ticket.error();
    return Pending({{endpoint_, *ticket}});
  });
}

Result<void> Communicator::all_reduce(ConstBuffer input, MutableBuffer output, Operator op) {
  api::Call call{"all_reduce", {}};
  return run(fill_all_reduce(call, input, output, std::move(op)), call);
}
Result<Pending> Communicator::start_all_reduce(ConstBuffer input, MutableBuffer output, Operator op) {
  api::Call call{"all_reduce", {}};
  return start(fill_all_reduce(call, input, output, std::move(op)), call);
}
Result<void> Communicator::reduce(ConstBuffer input, MutableBuffer output, Operator op, Rank root) {
  api::Call call{"reduce", {}};
  return run(fill_reduce(call, input, output, std::move(op), root, rank()), call);
}
Result<Pending> Communicator::start_reduce(ConstBuffer input, MutableBuffer output, Operator op, Rank root) {
  api::Call call{"reduce", {}};
  return start(fill_reduce(call, input, output, std::move(op), root, rank()), call);
}
Result<void> Communicator::broadcast(MutableBuffer data, Rank root) {
  api::Call call{"broadcast", {}};
  return run(fill_broadcast(call, data, root), call);
}
Result<Pending> Communicator::start_broadcast(MutableBuffer data, Rank root) {
  api::Call call{"broadcast", {}};
  return start(fill_broadcast(call, data, root), call);
}
Result<void> Communicator::all_gather(ConstBuffer input, MutableBuffer output) {
  api::Call call{"all_gather", {}};
  return run(fill_all_gather(call, input, output, ranks()), call);
}
Result<Pending> Communicator::start_all_gather(ConstBuffer input, MutableBuffer output) {
  api::Call call{"all_gather", {}};
  return start(fill_all_gather(call, input, output, ranks()), call);
}
Result<void> Communicator::reduce_scatter(ConstBuffer input, MutableBuffer output, Operator op) {
  api::Call call{"reduce_scatter", {}};
  return run(fill_reduce_scatter(call, input, output, std::move(op), ranks()), call);
}
Result<Pending> Communicator::start_reduce_scatter(ConstBuffer input, MutableBuffer output, Operator op) {
  api::Call call{"reduce_scatter", {}};
  return start(fill_reduce_scatter(call, input, output, std::move(op), ranks()), call);
}
Result<void> Communicator::scan(ConstBuffer input, MutableBuffer output, Operator op) {
  api::Call call{"scan", {}};
  return run(fill_scan(call, Collective::scan, input, output, std::move(op)), call);
}
Result<Pending> Communicator::start_scan(ConstBuffer input, MutableBuffer output, Operator op) {
  api::Call call{"scan", {}};
  return start(fill_scan(call, Collective::scan, input, output, std::move(op)), call);
}
Result<void> Communicator::exclusive_scan(ConstBuffer input, MutableBuffer output, Operator op) {
  api::Call call{"exclusive_scan", {}};
  return run(fill_scan(call, Collective::exclusive_scan, input, output, std::move(op)), call);
}
Result<Pending> Communicator::start_exclusive_scan(ConstBuffer input, MutableBuffer output, Operator op) {
  api::Call call{"exclusive_scan", {}};
  return start(fill_scan(call, Collective::exclusive_scan, input, output, std::move(op)), call);
}
Result<void> Communicator::barrier() {
  return run({}, {"barrier", {}});
}
Result<Pending> Communicator::start_barrier() {
  return start({}, {"barrier", {}});
}
Result<void> Communicator::send(ConstBuffer data, Rank peer) {
  api::Call call{"send", {}};
  return run(fill_send(call, data, peer), call);
}
Result<Pending> Communicator::start_send(ConstBuffer data, Rank peer) {
  api::Call call{"send", {}};
  return start(fill_send(call, data, peer), call);
}
Result<void> Communicator::recv(MutableBuffer data, Rank peer) {
  api::Call call{"recv", {}};
  return run(fill_recv(call, data, peer), call);
}
Result<Pending> Communicator::start_recv(MutableBuffer data, Rank peer) {
  api::Call call{"recv", {}};
  return start(fill_recv(call, data, peer), call);
}

}  // namespace treering

#include "call.hpp"

namespace treering::perf {
namespace {

Operator operator_of(Op op, DataType type, std::uint64_t scale) {
  switch (op) {
    case Op::prod: return Reduction::product;
    case Op::max: return Reduction::maximum;
    case Op::min: return Reduction::minimum;
    case Op::avg: return Reduction::average;
    case Op::mulsum: return Operator::premultiplied_sum(&scale, size_of(type));
    default: return Reduction::sum;
  }
}

}  // namespace

bool has_places(Kind kind) {
  return kind != Kind::broadcast && kind != Kind::barrier && kind != Kind::sendrecv;
}

Call::Call(Communicator& communicator, const Shape& shape, Where where, std::byte* first, std::byte* second,
           std::uint64_t scale)
    : communicator_(communicator),
      shape_(shape),
      send_(first),
      recv_(second),
      operator_(operator_of(shape.op, shape.type, scale)) {
  const std::size_t block = static_cast<std::size_t>(communicator.rank()) * shape.extent.count * size_of(shape.type);
  if (shape.kind == Kind::broadcast) send_ = recv_;
  if (where == Where::out_of_place || !has_places(shape.kind)) return;
  send_ = second;
  if (shape.kind == Kind::all_gather) send_ = second + block;
  if (shape.kind == Kind::reduce_scatter) recv_ = second + block;
}

Result<void> Call::operator()() {
  const ConstBuffer input(send_, shape_.extent.send, shape_.type);
  const MutableBuffer output(recv_, shape_.extent.recv, shape_.type);
  switch (shape_.kind) {
    case Kind::all_reduce: return communicator_.all_reduce(input, output, operator_);
    case Kind::broadcast: return communicator_.broadcast(output, shape_.root);
    case Kind::reduce: return communicator_.reduce(input, output, operator_, shape_.root);
    case Kind::all_gather: return communicator_.all_gather(input, output);
    case Kind::reduce_scatter: return communicator_.reduce_scatter(input, output, operator_);
    case Kind::scan: return communicator_.scan(input, output, operator_);
    case Kind::exscan: return communicator_.exclusive_scan(input, output, operator_);
    case Kind::barrier: return communicator_.barrier();
    case Kind::sendrecv: break;
  }
  const Rank rank = communicator_.rank(), ranks = communicator_.ranks();
  Group group;
  if (Result<void> sent = communicator_.send(input, (rank + 1) % ranks); !sent) return sent;
  if (Result<void> received = communicator_.recv(output, (rank + ranks - 1) % ranks); !received) return received;
  return group.end();
}

Result<void> Call::grouped(std::uint64_t operations) {
  Group group;
  for (std::uint64_t k = 0; k < operations; ++k) {
    if (Result<void> called = (*this)(); !called) return called;
  }
  return group.end();
}

}  // namespace treering::perf

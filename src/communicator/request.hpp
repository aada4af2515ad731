// One collective call, as data: what the API layer hands down after it has refused what is wrong.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "schedule/collective.hpp"
#include "treering/operator.hpp"
#include "treering/types.hpp"

namespace treering {

struct Request {
  Collective collective = Collective::barrier;
  const void* send = nullptr;  ///< input; null for recv, and for broadcast on a rank that is not the root
  void* recv = nullptr;        ///< output; null for send, and for reduce on a rank that is not the root
  std::uint64_t count =
      0;  ///< elements as in the NCCL call: per rank for all-gather (sent) and reduce-scatter (received)
  DataType type = DataType::uint8;  ///< with an operator of the user's: uint8, and element_bytes says the size
  std::uint64_t element_bytes = 1;
  Operator op = Reduction::sum;
  Rank root = 0;  ///< of broadcast and reduce; the peer of send and recv; else 0
};

/// What the ranks must agree on, in a few words: plain values, so that it can be compared, hashed, kept and sent.
struct Signature {
  enum class Arithmetic : std::uint8_t { sum, product, maximum, minimum, average, premultiplied_sum, callable, none };

  Collective collective = Collective::barrier;
  DataType type = DataType::uint8;
  Arithmetic arithmetic = Arithmetic::none;
  bool keeps_order = false;  ///< of a callable
  Rank root = 0;
  std::uint64_t count = 0;
  std::uint64_t element_bytes = 1;

  friend bool operator==(const Signature&, const Signature&) = default;
};

/// Of a collective. Of send and recv: what the two ends must agree on, the peer left out. Inline, since every call
/// asks.
inline Signature signature_of(const Request& request) {
  Signature signature;
  signature.collective = is_message(request.collective) ? Collective::send : request.collective;
  signature.type = request.type;
  signature.count = request.count;
  signature.element_bytes = request.element_bytes;
  if (has_root(request.collective)) signature.root = request.root;
  if (!reduces(request.collective)) return signature;
  const Operator& op = request.op;
  signature.arithmetic = op.combine() ? Signature::Arithmetic::callable
                         : op.scale() ? Signature::Arithmetic::premultiplied_sum
                                      : static_cast<Signature::Arithmetic>(op.reduction());
  signature.keeps_order = op.order() == Order::kept;
  return signature;
}

/// "all-reduce of 1024 float32, sum", "broadcast of 7 int8 from rank 3", for people.
std::string describe(const Signature& signature);

/// 32 bits of it, of the algorithm that was chosen for it and of the order of ranks (RankOrder::digest()), never 0.
std::uint32_t digest_of(const Signature& signature, std::string_view algorithm = {}, std::uint32_t order = 0);

/// "float32", "bfloat16", "float8 e4m3".
const char* name_of(DataType type);

}  // namespace treering

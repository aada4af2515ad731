#include "communicator/request.hpp"

#include <fmt/format.h>

namespace treering {
namespace {

const char* name_of(Signature::Arithmetic arithmetic) {
  constexpr const char* names[] = {"sum",       "product", "maximum", "minimum", "average", "pre-multiplied sum",
                                   "a callable"};
  return names[static_cast<int>(arithmetic)];
}

std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
  return hash ^ (hash >> 29);
}

}  // namespace

const char* name_of(DataType type) {
  constexpr const char* names[data_types] = {"int8",    "uint8",   "int32",   "uint32",   "int64",       "uint64",
                                             "float16", "float32", "float64", "bfloat16", "float8 e4m3", "float8 e5m2"};
  return names[static_cast<int>(type)];
}

std::string describe(const Signature& signature) {
  std::string text(name_of(signature.collective));
  if (signature.collective == Collective::barrier) return text;
  if (signature.arithmetic == Signature::Arithmetic::callable)
    text += fmt::format(" of {} elements of {} bytes", signature.count, signature.element_bytes);
  else
    text += fmt::format(" of {} {}", signature.count, name_of(signature.type));
  if (signature.collective == Collective::broadcast) text += fmt::format(" from rank {}", signature.root);
  if (signature.collective == Collective::reduce) text += fmt::format(" to rank {}", signature.root);
  if (signature.arithmetic != Signature::Arithmetic::none) text += fmt::format(", {}", name_of(signature.arithmetic));
  return text;
}

std::uint32_t digest_of(const Signature& signature, std::string_view algorithm, std::uint32_t order) {
  std::uint64_t hash = 0x7472656572696e67u;
  hash = mix(hash, static_cast<std::uint64_t>(signature.collective) << 24 |
                       static_cast<std::uint64_t>(signature.type) << 16 |
                       static_cast<std::uint64_t>(signature.arithmetic) << 8 | signature.keeps_order);
  hash = mix(hash, std::uint64_t{order} << 32 | static_cast<std::uint32_t>(signature.root));
  hash = mix(hash, signature.count);
  hash = mix(hash, signature.element_bytes);
  for (const char letter : algorithm) hash = mix(hash, static_cast<unsigned char>(letter));
  const auto digest = static_cast<std::uint32_t>(hash >> 32);
  return digest ? digest : 1;
}

}  // namespace treering

#include "values.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace treering::perf {
namespace {

/// What a type can hold without rounding.
struct Range {
  std::int64_t integers;  ///< all integers up to this one
  int exponents;          ///< floats: 2^-e .. 2^e are normal numbers; else 0
  int exponent_bits = 0;  ///< of a narrow float
  int mantissa_bits = 0;
  bool is_signed = true;
};

Range range_of(DataType type) {
  switch (type) {
    case DataType::int8: return {std::numeric_limits<std::int8_t>::max(), 0};
    case DataType::uint8: return {std::numeric_limits<std::uint8_t>::max(), 0, 0, 0, false};
    case DataType::int32: return {std::numeric_limits<std::int32_t>::max(), 0};
    case DataType::uint32: return {std::numeric_limits<std::uint32_t>::max(), 0, 0, 0, false};
    case DataType::int64: return {std::numeric_limits<std::int64_t>::max(), 0};
    case DataType::uint64: return {std::numeric_limits<std::int64_t>::max(), 0, 0, 0, false};
    case DataType::float16: return {2048, 14, 5, 10};
    case DataType::float32: return {1 << 24, 120};
    case DataType::float64: return {std::int64_t{1} << 53, 120};
    case DataType::bfloat16: return {256, 120, 8, 7};
    case DataType::float8_e4m3: return {16, 6, 4, 3};
    case DataType::float8_e5m2: return {8, 14, 5, 2};
  }
  return {0, 0};
}

std::uint64_t mixed(std::uint64_t x) {  // the finalizer of splitmix64 (Steele, Lea, Flood 2014)
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

/// 64 fresh bits for one rank at one position: cheap, since every element of a check needs one for each rank.
std::uint64_t drawn(std::uint64_t base, std::uint64_t rank_key) {
  std::uint64_t x = (base ^ rank_key) * 0x9e3779b97f4a7c15U;
  x ^= x >> 32;
  return x * 0xd6e8feb86659fd93U;
}

__extension__ using Product = unsigned __int128;

/// `bits` scaled to [0, limit).
std::uint64_t below(std::uint64_t bits, std::uint64_t limit) {
  return static_cast<std::uint64_t>((Product{bits} * limit) >> 64);
}

constexpr std::int64_t sign_of_product = std::int64_t{1} << 32;  // products of floats: exponent, plus this if negative

int scale_of(Rank rank) {
  return 1 + rank % 2;
}

template <class Word, class Make>
void write(std::byte* to, std::uint64_t count, Make make) {
  for (std::uint64_t k = 0; k < count; ++k) {
    const auto word = static_cast<Word>(make(k));
    std::memcpy(to + k * sizeof(Word), &word, sizeof(Word));
  }
}

template <class Make>
void write(DataType type, std::byte* to, std::uint64_t count, Make make) {
  switch (size_of(type)) {
    case 1: return write<std::uint8_t>(to, count, make);
    case 2: return write<std::uint16_t>(to, count, make);
    case 4: return write<std::uint32_t>(to, count, make);
    default: return write<std::uint64_t>(to, count, make);
  }
}

}  // namespace

std::uint64_t encode_float(double value, int exponent_bits, int mantissa_bits) {
  const std::uint64_t sign = std::signbit(value) ? std::uint64_t{1} << (exponent_bits + mantissa_bits) : 0;
  const double magnitude = std::fabs(value);
  if (magnitude == 0) return sign;
  const int smallest = 2 - (1 << (exponent_bits - 1));  // exponent of the smallest normal number
  const int exponent = std::max(std::ilogb(magnitude), smallest);
  const auto quanta = static_cast<std::uint64_t>(std::nearbyint(std::ldexp(magnitude, mantissa_bits - exponent)));
  return sign |
         ((static_cast<std::uint64_t>(exponent - smallest) << mantissa_bits) + quanta);  // a carry moves up by itself
}

Values::Values(DataType type, Op op, int ranks, std::uint64_t seed)
    : type_(type), op_(op), ranks_(ranks), seed_(mixed(seed)) {
  for (int rank = 0; rank < ranks; ++rank) rank_keys_.push_back(mixed(seed_ + 0x632be59bd9b4e019U * (rank + 1)));
  const Range range = range_of(type);
  is_signed_ = range.is_signed;
  is_float_ = range.exponents != 0;
  switch (op) {
    case Op::none: break;
    case Op::max:
    case Op::min:
      active_ = ranks;
      bound_ = static_cast<std::uint64_t>(range.integers);
      break;
    case Op::prod: {
      const auto threes = static_cast<int>(std::log(static_cast<double>(range.integers)) / std::log(3.0));
      active_ = std::min(ranks, range.exponents ? range.exponents : threes);
      break;
    }
    default: {
      const std::int64_t room = op == Op::mulsum ? range.integers / 2 : range.integers;
      active_ = static_cast<int>(std::min<std::int64_t>(ranks, room));
      bound_ = static_cast<std::uint64_t>(room / active_);
    }
  }
  if (is_float_ && op != Op::none) make_table(op == Op::prod ? range.exponents : range.integers);
}

/// Of integers (sums, extrema, averages) or exponents (products). Wide floats are encoded by the processor.
void Values::make_table(std::int64_t largest) {
  const Range range = range_of(type_);
  if (range.exponent_bits == 0 && op_ != Op::prod) return;
  origin_ = largest;
  for (std::int64_t value = -largest; value <= largest; ++value) {
    double exact = op_ == Op::prod ? std::ldexp(1.0, static_cast<int>(value)) : static_cast<double>(value);
    if (type_ == DataType::float64) {
      table_.push_back(std::bit_cast<std::uint64_t>(exact));
    } else if (type_ == DataType::float32) {
      table_.push_back(std::bit_cast<std::uint32_t>(static_cast<float>(exact)));
    } else {
      table_.push_back(encode_float(exact, range.exponent_bits, range.mantissa_bits));
    }
  }
}

std::uint64_t Values::base_of(Origin origin) const {
  return mixed(seed_ ^ (origin.repetition * 0xa0761d6478bd642fU)) + mixed(origin.position + 0x9e3779b97f4a7c15U);
}

std::int64_t Values::contribution(std::uint64_t base, Rank rank) const {
  const std::uint64_t bits = drawn(base, rank_keys_[static_cast<std::size_t>(rank)]);
  const bool takes_part =
      active_ == ranks_ || (static_cast<std::uint64_t>(rank) + base) % static_cast<std::uint64_t>(ranks_) <
                               static_cast<std::uint64_t>(active_);
  if (op_ == Op::prod) {
    const bool negative = is_signed_ && (bits & 1) != 0;
    const auto one_of_three = static_cast<std::int64_t>(takes_part ? below(bits, 3) : 0);
    if (is_float_) {
      const std::int64_t exponent = takes_part ? one_of_three - 1 : 0;
      return exponent + (negative ? sign_of_product : 0);
    }
    return negative ? -(1 + one_of_three) : 1 + one_of_three;
  }
  if (!takes_part) return 0;
  if (!is_signed_) return static_cast<std::int64_t>(below(bits, bound_ + 1));
  return static_cast<std::int64_t>(below(bits, 2 * bound_ + 1) - bound_);  // unsigned: wraps to what is meant
}

std::int64_t Values::combined(std::uint64_t base, Rank first, Rank last) const {
  std::int64_t value = contribution(base, first) * (op_ == Op::mulsum ? scale_of(first) : 1);
  const bool adds_exponents = op_ == Op::prod && is_float_;
  for (Rank rank = first + 1; rank < last; ++rank) {
    const std::int64_t next = contribution(base, rank);
    switch (op_) {
      case Op::max: value = std::max(value, next); break;
      case Op::min: value = std::min(value, next); break;
      case Op::prod: value = adds_exponents ? value + next : value * next; break;
      case Op::mulsum: value += next * scale_of(rank); break;
      default: value += next;
    }
  }
  return value;
}

std::uint64_t Values::bits_of(std::int64_t value) const {
  if (op_ == Op::prod && !table_.empty()) {
    const std::int64_t signs = (value + sign_of_product / 2) / sign_of_product;  // how many were negative
    const std::uint64_t sign = static_cast<std::uint64_t>(signs & 1) << (8 * size_of(type_) - 1);
    return table_[static_cast<std::size_t>(value - signs * sign_of_product + origin_)] | sign;
  }
  if (!table_.empty()) return table_[static_cast<std::size_t>(value + origin_)];
  if (type_ == DataType::float32) return std::bit_cast<std::uint32_t>(static_cast<float>(value));
  if (type_ == DataType::float64) return std::bit_cast<std::uint64_t>(static_cast<double>(value));
  return static_cast<std::uint64_t>(value);
}

void Values::fill(std::byte* to, std::uint64_t count, Rank rank, Origin origin) const {
  write(type_, to, count, [&](std::uint64_t k) {
    const std::uint64_t base = base_of({origin.position + k, origin.repetition});
    return op_ == Op::none ? drawn(base, rank_keys_[static_cast<std::size_t>(rank)]) >> 8
                           : bits_of(contribution(base, rank));
  });
}

void Values::expect(std::byte* to, std::uint64_t count, Rank first, Rank last, Origin origin) const {
  if (op_ == Op::none) return fill(to, count, first, origin);
  const Range range = range_of(type_);
  write(type_, to, count, [&](std::uint64_t k) {
    const std::int64_t value = combined(base_of({origin.position + k, origin.repetition}), first, last);
    if (op_ != Op::avg) return bits_of(value);
    if (!is_float_) return bits_of(value / ranks_);
    if (type_ == DataType::float64) return std::bit_cast<std::uint64_t>(static_cast<double>(value) / ranks_);
    const float quotient =
        static_cast<float>(value) / static_cast<float>(ranks_);  // in 32 bits, then rounded: the contract
    if (type_ == DataType::float32) return std::uint64_t{std::bit_cast<std::uint32_t>(quotient)};
    return encode_float(quotient, range.exponent_bits, range.mantissa_bits);
  });
}

/// make(to, done, now) writes what elements [done, done + now) must be.
template <class Make>
std::uint64_t Values::differing(const std::byte* got, std::uint64_t count, Make make) const {
  constexpr std::uint64_t chunk = 1024;
  std::array<std::byte, chunk * 8> expected;
  const std::size_t bytes = size_of(type_);
  std::uint64_t found = 0;
  for (std::uint64_t done = 0; done < count; done += chunk) {
    const std::uint64_t now = std::min(chunk, count - done);
    const std::byte* here = got + done * bytes;
    make(expected.data(), done, now);
    if (std::memcmp(here, expected.data(), now * bytes) == 0) continue;
    for (std::uint64_t k = 0; k < now; ++k) {
      found += std::memcmp(here + k * bytes, expected.data() + k * bytes, bytes) != 0;
    }
  }
  return found;
}

std::uint64_t Values::wrong(const std::byte* got, std::uint64_t count, Rank first, Rank last, Origin origin) const {
  return differing(got, count, [&](std::byte* to, std::uint64_t done, std::uint64_t now) {
    expect(to, now, first, last, {origin.position + done, origin.repetition});
  });
}

std::uint64_t Values::wrong_input(const std::byte* input, std::uint64_t count, Rank rank, Origin origin) const {
  return differing(input, count, [&](std::byte* to, std::uint64_t done, std::uint64_t now) {
    fill(to, now, rank, {origin.position + done, origin.repetition});
  });
}

std::uint64_t Values::scale_bits(Rank rank) const {
  const int scale = scale_of(rank);
  const Range range = range_of(type_);
  if (type_ == DataType::float32) return std::bit_cast<std::uint32_t>(static_cast<float>(scale));
  if (type_ == DataType::float64) return std::bit_cast<std::uint64_t>(static_cast<double>(scale));
  return range.exponent_bits ? encode_float(scale, range.exponent_bits, range.mantissa_bits)
                             : static_cast<std::uint64_t>(scale);
}

}  // namespace treering::perf

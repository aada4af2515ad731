// Every kernel on every instruction set of this processor, against the plain code of kernel_reference.hpp, bit for bit.
#include "execution/kernels.hpp"

#include <gtest/gtest.h>

#include "execution/kernel_targets.hpp"
// After kernel_targets.hpp, so that the targets listed are those that the kernels have.
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "unit/kernel_reference.hpp"

namespace treering {
namespace {

using Role = Operand::Role;
using Bytes = std::vector<std::byte>;
using Random = std::mt19937_64;

constexpr Reduction reductions[] = {Reduction::sum, Reduction::product, Reduction::maximum, Reduction::minimum,
                                    Reduction::average};

/// Makes kernel_for choose among the kernels of one instruction set, until the end of the scope.
class OnTarget {
 public:
  explicit OnTarget(std::int64_t target) { choose(target); }
  ~OnTarget() { choose(0); }

 private:
  static void choose(std::int64_t target) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
};

template <class Function>
void on_every_target(Function&& function) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    const OnTarget on(target);
    function();
  }
}

std::uint64_t below(Random& random, std::uint64_t bound) {
  return random() % bound;
}

/// An element as a test wants it: ordinary numbers near one another, any bits at all, and the special ones.
std::uint64_t element(DataType type, Random& random) {
  const std::uint64_t any = random();
  const std::uint64_t kind = below(random, 8);
  const std::uint64_t negative = any & 1;
  switch (type) {
    case DataType::float16:
      return kind < 4 ? 0x3800 + any % 0x1000 : kind < 6 ? any : 0x7bff + any % 4 + (negative << 15);
    case DataType::bfloat16:
      return kind < 4 ? 0x3f00 + any % 0x200 : kind < 6 ? any : 0x7f7f + any % 4 + (negative << 15);
    case DataType::float32:
      if (kind < 4) return 0x3f000000u + any % 0x1800000u + (negative << 31);
      return kind < 6 ? any : kind == 6 ? 0x7f7fffffu + any % 4 + (negative << 31) : any % 3 + (negative << 31);
    case DataType::float64:
      if (kind < 4) return (0x3fe0ull << 48) + any % (0x30ull << 48) + (negative << 63);
      return kind < 6    ? any
             : kind == 6 ? (0x7ff0ull << 48) - 1 + any % 4 + (negative << 63)
                         : any % 3 + (negative << 63);
    default: return kind < 6 ? any : kind == 6 ? 0 : ~0ull << (8 * size_of(type) - 1);
  }
}

void fill(Bytes& bytes, std::size_t first, std::size_t count, DataType type, Random& random) {
  for (std::size_t k = 0; k < count; ++k) {
    const std::uint64_t value = element(type, random);
    std::memcpy(bytes.data() + first + k * size_of(type), &value, size_of(type));
  }
}

/// A sentence over places of one memory, so that it can be run on copies of that memory.
struct Sentence {
  struct Word {
    Role role;
    std::size_t first;
  };
  std::vector<Word> words;
  std::size_t count;
  Arithmetic arithmetic;
  Bytes memory;

  Bytes run(Kernel kernel) const {
    Bytes copy = memory;
    std::vector<Operand> operands;
    for (const Word& word : words) operands.push_back({copy.data() + word.first, word.role});
    kernel(operands, count, arithmetic);
    return copy;
  }
};

std::string text(const Sentence& sentence) {
  std::string line = "count " + std::to_string(sentence.count) + ':';
  for (const auto& word : sentence.words) {
    constexpr const char* names[] = {" own ", " take ", " finish ", " give "};
    line += names[static_cast<int>(word.role)] + std::to_string(word.first);
  }
  return line;
}

/// One to six words over four places that lie at odd addresses, apart from one another; a place may be said again.
Sentence random_sentence(const Arithmetic& arithmetic, std::size_t count, Random& random) {
  Sentence made;
  made.count = count;
  made.arithmetic = arithmetic;
  const std::size_t bytes = count * arithmetic.element_bytes;
  std::size_t places[4], end = 0;
  for (std::size_t& place : places) {
    place = end + below(random, 64);
    end = place + bytes;
  }
  made.memory.resize(end + 64, std::byte{0xa5});
  for (const std::size_t place : places) fill(made.memory, place, count, arithmetic.type, random);

  const std::uint64_t words = 1 + below(random, 6);
  for (std::uint64_t word = 0; word < words; ++word) {
    const auto role = static_cast<Role>(below(random, word == 0 ? 2 : 5));
    made.words.push_back({role, places[below(random, 4)]});
  }
  if (words > 1) made.words.back().role = below(random, 2) ? Role::give : Role::stream;
  return made;
}

void expect_as_reference(const Sentence& sentence) {
  const Bytes expected = sentence.run(reference::kernel_of(sentence.arithmetic.type));
  const Bytes actual = sentence.run(kernel_for(sentence.arithmetic));
  if (actual == expected) return;
  const auto [differs, unused] = std::mismatch(actual.begin(), actual.end(), expected.begin());
  ADD_FAILURE() << text(sentence) << "; reduction " << static_cast<int>(sentence.arithmetic.reduction)
                << ", first difference at byte " << differs - actual.begin() << " of " << actual.size();
}

class EveryType : public testing::TestWithParam<int> {
 protected:
  DataType type() const { return static_cast<DataType>(GetParam()); }

  Arithmetic arithmetic(Reduction reduction) const {
    Arithmetic made;
    made.type = type();
    made.reduction = reduction;
    made.element_bytes = size_of(type());
    return made;
  }

  /// take a, take b, give c.
  Sentence pair(Reduction reduction, const Bytes& a, const Bytes& b) const {
    Sentence made;
    made.arithmetic = arithmetic(reduction);
    made.count = a.size() / size_of(type());
    made.memory = a;
    made.memory.insert(made.memory.end(), b.begin(), b.end());
    made.memory.resize(3 * a.size());
    made.words = {{Role::take, 0}, {Role::take, a.size()}, {Role::give, 2 * a.size()}};
    return made;
  }
};

class TypesOfEightBits : public EveryType {};
class TypesOfSixteenBits : public EveryType {};
class PlainFloats : public EveryType {};
class FloatTypes : public EveryType {};

TEST_P(EveryType, RandomSentences) {
  Random random(GetParam());
  std::byte scale[8];
  for (const Reduction reduction : reductions) {
    for (std::size_t count = 0; count <= 200; ++count) {
      Arithmetic how = arithmetic(reduction);
      if (below(random, 2)) how.divisor = 1 + below(random, 40);
      const std::uint64_t factor = element(type(), random);
      std::memcpy(scale, &factor, sizeof(scale));
      if (below(random, 2)) how.scale = scale;
      const Sentence sentence = random_sentence(how, count, random);
      on_every_target([&] { expect_as_reference(sentence); });
      if (HasFailure()) return;
    }
  }
}

TEST_P(EveryType, ManyElements) {
  Random random(GetParam());
  for (const Reduction reduction : reductions) {
    const Sentence sentence = random_sentence(arithmetic(reduction), 20011, random);
    on_every_target([&] { expect_as_reference(sentence); });
  }
}

// Ordinary values of both signs, so that a product contracted with the sum that follows would differ in the last place.
TEST_P(PlainFloats, ScaleIsRoundedBeforeTheSum) {
  const float third = 1.0f / 3.0f;
  const double seventh = 1.0 / 7.0;
  Arithmetic how = arithmetic(Reduction::sum);
  how.scale =
      reinterpret_cast<const std::byte*>(type() == DataType::float32 ? static_cast<const void*>(&third) : &seventh);
  Random random(1);
  Sentence sentence = random_sentence(how, 333, random);
  const std::size_t bytes = 333 * size_of(type());
  sentence.words = {{Role::take, 1}, {Role::own, 1 + bytes}, {Role::give, 1 + 2 * bytes}};
  sentence.memory.resize(1 + 3 * bytes);
  fill(sentence.memory, 1, 2 * 333, type(), random);
  on_every_target([&] { expect_as_reference(sentence); });
}

TEST_P(TypesOfEightBits, AllPairs) {
  Bytes left(1 << 16), right(1 << 16);
  for (std::size_t k = 0; k < left.size(); ++k) {
    left[k] = static_cast<std::byte>(k >> 8);
    right[k] = static_cast<std::byte>(k);
  }
  for (const Reduction reduction : reductions) {
    on_every_target([&] { expect_as_reference(pair(reduction, left, right)); });
  }
}

TEST_P(TypesOfSixteenBits, AllPatterns) {
  Bytes all(1 << 17), others(1 << 17);
  for (unsigned shift = 0; shift < 5; ++shift) {
    for (unsigned k = 0; k < 1 << 16; ++k) {
      // Far away, near enough for every place to be rounded, equal, and 1 (its product is the value itself).
      const auto code = static_cast<std::uint16_t>(k);
      const auto near = static_cast<std::uint16_t>(k - (shift << (type() == DataType::float16 ? 11 : 8)) - shift);
      const auto other = static_cast<std::uint16_t>(k * 40503u);
      std::memcpy(all.data() + 2 * k, &code, 2);
      std::memcpy(others.data() + 2 * k, shift == 4 ? &other : &near, 2);
    }
    for (const Reduction reduction : reductions) {
      Sentence sentence = pair(reduction, all, others);
      sentence.arithmetic.divisor = 1 + 2 * shift;
      sentence.words.insert(sentence.words.begin() + 2, {Role::finish, 0});
      on_every_target([&] { expect_as_reference(sentence); });
    }
  }
}

TEST_P(FloatTypes, MaximumAndMinimumCommute) {
  Random random(GetParam());
  Bytes left(500 * size_of(type())), right(left.size());
  fill(left, 0, 500, type(), random);
  fill(right, 0, 500, type(), random);
  for (std::size_t k = 0; k < 16; ++k) {  // +0 and -0, either way round
    const std::uint64_t zeros[] = {0, 1ull << (8 * size_of(type()) - 1)};
    std::memcpy(left.data() + k * size_of(type()), &zeros[k & 1], size_of(type()));
    std::memcpy(right.data() + k * size_of(type()), &zeros[(k >> 1) & 1], size_of(type()));
  }
  for (const Reduction reduction : {Reduction::maximum, Reduction::minimum}) {
    on_every_target([&] {
      const Sentence one = pair(reduction, left, right), other = pair(reduction, right, left);
      const Bytes a = one.run(kernel_for(one.arithmetic)), b = other.run(kernel_for(other.arithmetic));
      EXPECT_TRUE(std::equal(a.end() - left.size(), a.end(), b.end() - left.size()));
    });
  }
}

TEST_P(EveryType, CopiesKeepEveryBit) {
  Random random(GetParam());
  for (const std::size_t count : {1, 3, 14, 200, 30000}) {
    Sentence sentence = random_sentence(arithmetic(Reduction::sum), count, random);
    const std::size_t bytes = count * size_of(type());
    sentence.memory.resize(3 * bytes + 9);
    for (std::size_t k = 0; k < bytes; ++k) sentence.memory[k + 3] = static_cast<std::byte>(random());
    sentence.words = {
        {Role::own, 3}, {Role::give, 3}, {Role::stream, bytes + 5}, {Role::finish, 0}, {Role::give, 2 * bytes + 9}};
    const Bytes after = sentence.run(kernel_for(sentence.arithmetic));
    const auto from = sentence.memory.begin() + 3;
    EXPECT_TRUE(std::equal(from, from + bytes, after.begin() + 3));
    EXPECT_TRUE(std::equal(from, from + bytes, after.begin() + bytes + 5));
    EXPECT_TRUE(std::equal(from, from + bytes, after.begin() + 2 * bytes + 9));
  }
}

std::string name_of(const testing::TestParamInfo<int>& type) {
  constexpr const char* names[] = {"int8",    "uint8",   "int32",   "uint32",   "int64",       "uint64",
                                   "float16", "float32", "float64", "bfloat16", "float8_e4m3", "float8_e5m2"};
  return names[type.param];
}
using testing::Values;
constexpr int number(DataType type) {
  return static_cast<int>(type);
}
INSTANTIATE_TEST_SUITE_P(Kernels, EveryType, testing::Range(0, data_types), name_of);
INSTANTIATE_TEST_SUITE_P(Kernels, TypesOfEightBits,
                         Values(number(DataType::int8), number(DataType::uint8), number(DataType::float8_e4m3),
                                number(DataType::float8_e5m2)),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Kernels, TypesOfSixteenBits, Values(number(DataType::float16), number(DataType::bfloat16)),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Kernels, PlainFloats, Values(number(DataType::float32), number(DataType::float64)), name_of);
INSTANTIATE_TEST_SUITE_P(Kernels, FloatTypes, testing::Range(number(DataType::float16), data_types), name_of);

TEST(NarrowFloats, GivenValues) {
  EXPECT_EQ(reference::Float16::encode(65519.0f), 0x7bff);  // the reference itself, by the numbers in the standards
  EXPECT_EQ(reference::Float16::encode(65520.0f), 0x7c00);
  EXPECT_EQ(reference::Bfloat16::encode(1.00390625f), 0x3f80);  // halfway, to even
  EXPECT_EQ(reference::Bfloat16::encode(1.01171875f), 0x3f82);
  EXPECT_EQ(reference::Float8E4m3::encode(1e9f), 0x7e);
  EXPECT_EQ(reference::Float8E4m3::decode(0x7e), 448.0f);
  EXPECT_EQ(reference::Float8E4m3::decode(0x01), 0.001953125f);
  EXPECT_EQ(reference::Float8E5m2::encode(-INFINITY), 0xfb);
  EXPECT_EQ(reference::Float8E5m2::decode(0x7b), 57344.0f);
}

// Maps x -> a x + b modulo 256 in every byte: composition is associative and not commutative.
TEST(UsersOperator, KeepsTheOrderForElementsOfAnySize) {
  for (const std::size_t element_bytes : {2, 6, 16, 1000, 8194, 65536}) {
    const Combine compose = [&](void* accumulator, const void* operand, std::size_t count) {
      auto* left = static_cast<unsigned char*>(accumulator);
      const auto* right = static_cast<const unsigned char*>(operand);
      for (std::size_t k = 0; k < count * element_bytes; k += 2) {
        left[k + 1] = static_cast<unsigned char>(left[k] * right[k + 1] + left[k + 1]);
        left[k] = static_cast<unsigned char>(left[k] * right[k]);
      }
    };
    Arithmetic how;
    how.element_bytes = element_bytes;
    how.combine = &compose;
    const std::size_t count = element_bytes > 1000 ? 3 : 2501;
    const std::size_t bytes = count * element_bytes;
    Sentence sentence{{{Role::own, 1},
                       {Role::take, 1 + bytes},
                       {Role::give, 1},
                       {Role::take, 1 + 2 * bytes},
                       {Role::finish, 0},
                       {Role::give, 1 + 3 * bytes}},
                      count,
                      how,
                      Bytes(1 + 4 * bytes)};
    Random random(element_bytes);
    for (std::byte& byte : sentence.memory) byte = static_cast<std::byte>(random());

    Bytes expected = sentence.memory;
    std::vector<std::byte> value(expected.begin() + 1, expected.begin() + 1 + bytes);
    compose(value.data(), expected.data() + 1 + bytes, count);
    std::copy(value.begin(), value.end(), expected.begin() + 1);
    compose(value.data(), expected.data() + 1 + 2 * bytes, count);
    std::copy(value.begin(), value.end(), expected.begin() + 1 + 3 * bytes);
    EXPECT_EQ(sentence.run(kernel_for(how)), expected) << element_bytes << " bytes an element";
  }
}

}  // namespace
}  // namespace treering

// What a reducing collective does with two elements.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include "treering/types.hpp"

namespace treering {

/// Does a . b equal b . a? Operators of the user's say so; only commutative ones may run on algorithms that change the
/// order.
enum class Order : std::uint8_t { commutative, kept };

/// accumulator[k] = accumulator[k] . operand[k] for k < count. Called from the thread that drives the communicator.
/// Must not throw: an exception fails the communicator on all ranks (Code::invalid_usage).
using Combine = std::function<void(void* accumulator, const void* operand, std::size_t count)>;

/// An operator: built in, a pre-multiplied sum, or any C++ callable. Cheap to copy.
class Operator {
 public:
  Operator(Reduction reduction)
      : reduction_(reduction) {}  // NOLINT(google-explicit-constructor): all_reduce(..., Reduction::sum)

  /// The sum of scale * x over all ranks; each rank has a scale of its own, in the element type of the collective.
  template <class T>
  static Operator premultiplied_sum(T scale) {
    static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(scale_bits_));
    return premultiplied_sum(&scale, sizeof(T));
  }
  /// The same from raw bytes: `bytes` (at most 8) of an element whose type is known at run time.
  static Operator premultiplied_sum(const void* scale, std::size_t bytes) {
    Operator made(Reduction::sum);
    std::memcpy(&made.scale_bits_, scale, bytes);
    made.scaled_ = true;
    made.element_bytes_ = bytes;
    return made;
  }

  /// Any associative callable T(const T&, const T&) over a trivially copyable T of any size.
  template <class T, class Function>
  static Operator of(Function function, Order order = Order::kept) {
    static_assert(std::is_trivially_copyable_v<T>, "elements travel as bytes");
    auto combine = [f = std::move(function)](void* left, const void* right, std::size_t n) {
      for (std::size_t k = 0; k < n; ++k) {
        T a, b;  // copies: received elements need not be aligned for T
        std::memcpy(&a, static_cast<const std::byte*>(left) + k * sizeof(T), sizeof(T));
        std::memcpy(&b, static_cast<const std::byte*>(right) + k * sizeof(T), sizeof(T));
        a = f(a, b);
        std::memcpy(static_cast<std::byte*>(left) + k * sizeof(T), &a, sizeof(T));
      }
    };
    return from(std::move(combine), sizeof(T), order);
  }
  /// The same from a function over runs of elements of `element_bytes`, which need not be aligned.
  static Operator from(Combine combine, std::size_t element_bytes, Order order = Order::kept) {
    Operator made(Reduction::sum);
    made.order_ = order;
    made.element_bytes_ = element_bytes;
    made.combine_ = std::make_shared<const Combine>(std::move(combine));
    return made;
  }

  Reduction reduction() const { return reduction_; }
  Order order() const { return order_; }
  /// 8 bytes holding the scale in the element type; null if there is none.
  const std::byte* scale() const { return scaled_ ? reinterpret_cast<const std::byte*>(&scale_bits_) : nullptr; }
  /// Bytes of the elements that it is for; 0 for built-in operators, which take every element type.
  std::size_t element_bytes() const { return element_bytes_; }
  /// The user's callable; null for built-in operators.
  const Combine* combine() const { return combine_.get(); }

 private:
  Reduction reduction_;
  Order order_ = Order::commutative;
  bool scaled_ = false;
  std::size_t element_bytes_ = 0;
  std::uint64_t scale_bits_ = 0;
  std::shared_ptr<const Combine> combine_;
};

}  // namespace treering

// How every fallible call of Treering reports: a value, or one Error. No exception crosses the library.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace treering {

/// What went wrong, in classes that a program can act on. The values are those of `ncclResult_t`.
enum class Code : int {
  success = 0,
  device_error = 1,      ///< a CUDA call failed
  system_error = 2,      ///< a call of the operating system failed
  internal_error = 3,    ///< a defect of Treering
  invalid_argument = 4,  ///< an argument is wrong on its own
  invalid_usage = 5,     ///< arguments are fine, but not here, not now or not together
  remote_error = 6,      ///< a peer, or the network to it, failed
  in_progress = 7,       ///< not done yet; ask again
  timeout = 8,           ///< a deadline has passed
};

/// A failure. The message reads: problem (why it is one) what to do.
struct Error {
  Code code = Code::internal_error;
  std::string message;
};

/// A T, or the Error that kept it from being made. Success costs no allocation.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}  // NOLINT(google-explicit-constructor): `return value;`
  Result(Error error) : error_(std::make_unique<Error>(std::move(error))) {}  // NOLINT: `return Error{...};`

  explicit operator bool() const { return value_.has_value(); }
  T& operator*() & { return *value_; }
  const T& operator*() const& { return *value_; }
  T&& operator*() && { return *std::move(value_); }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }

  /// The failure. Only where there is no value.
  const Error& error() const& { return *error_; }
  Error&& error() && { return std::move(*error_); }

 private:
  std::optional<T> value_;
  std::unique_ptr<Error> error_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::make_unique<Error>(std::move(error))) {}  // NOLINT: `return Error{...};`

  explicit operator bool() const { return !error_; }
  const Error& error() const& { return *error_; }
  Error&& error() && { return std::move(*error_); }

 private:
  std::unique_ptr<Error> error_;
};

}  // namespace treering

// Treering in C++: communicators, collectives over any contiguous range, messages, groups.
//
//   auto communicator = treering::Communicator::from_environment();
//   if (!communicator) return fail(communicator.error());
//   std::vector<float> gradients = ...;
//   auto summed = communicator->all_reduce(gradients, gradients, treering::Reduction::sum);
//
// Every fallible call returns a Result; no exception crosses the library. All ranks make the same calls in the same
// order, with the same count, type, operator and root; a difference is an error that names two ranks.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <ranges>
#include <string>
#include <type_traits>
#include <vector>

#include "treering/elements.hpp"
#include "treering/operator.hpp"
#include "treering/result.hpp"
#include "treering/types.hpp"
#include "treering/unique_id.hpp"

namespace treering {

namespace api {
class Endpoint;
struct Call;
}  // namespace api

/// Memory of elements of one type, in order: a vector, an array, a span. Elements travel as bytes.
template <class Range>
concept Elements = std::ranges::contiguous_range<Range> && std::ranges::sized_range<Range> &&
    std::is_trivially_copyable_v<std::ranges::range_value_t<Range>>;

/// The same, to be written to.
template <class Range>
concept WritableElements = Elements<Range> && std::ranges::output_range<Range, std::ranges::range_value_t<Range>>;

/// Two ranges of the same element type.
template <class First, class Second>
concept SameElements = std::same_as<std::ranges::range_value_t<First>, std::ranges::range_value_t<Second>>;

/// Memory by pointer, for element types that are known at run time only. `count` is in elements.
struct ConstBuffer {
  const void* data = nullptr;
  std::size_t count = 0;
  DataType type = DataType::uint8;
  std::size_t element_bytes = 1;  ///< size_of(type), except for types that only an Operator of the user's knows

  ConstBuffer(const void* first, std::size_t elements, DataType of_type)
      : data(first), count(elements), type(of_type), element_bytes(size_of(of_type)) {}
  template <Elements Range>
  explicit ConstBuffer(const Range& range)
      : data(std::ranges::data(range)),
        count(std::ranges::size(range)),
        element_bytes(sizeof(std::ranges::range_value_t<Range>)) {
    if constexpr (Element<std::ranges::range_value_t<Range>>) type = data_type_of<std::ranges::range_value_t<Range>>;
  }
};

/// The same, to be written to.
struct MutableBuffer {
  void* data = nullptr;
  std::size_t count = 0;
  DataType type = DataType::uint8;
  std::size_t element_bytes = 1;

  MutableBuffer(void* first, std::size_t elements, DataType of_type)
      : data(first), count(elements), type(of_type), element_bytes(size_of(of_type)) {}
  template <WritableElements Range>
  explicit MutableBuffer(Range& range)
      : data(std::ranges::data(range)),
        count(std::ranges::size(range)),
        element_bytes(sizeof(std::ranges::range_value_t<Range>)) {
    if constexpr (Element<std::ranges::range_value_t<Range>>) type = data_type_of<std::ranges::range_value_t<Range>>;
  }
};

/// An operation under way. Its buffers must live, and stay untouched, until it is done. Belongs to the thread that
/// drives the communicator. Whoever destroys it waits.
class [[nodiscard]] Pending {
 public:
  Pending(Pending&& other) noexcept = default;
  Pending& operator=(Pending&& other) noexcept;  ///< waits for what was there
  ~Pending();

  /// Waits until it is done, or a communicator has failed.
  Result<void> wait();

  /// Makes progress. True when wait() would return at once.
  bool done();

 private:
  friend class Communicator;
  friend class Group;
  struct Operation {
    std::shared_ptr<api::Endpoint> endpoint;
    std::uint64_t ticket = 0;
  };
  explicit Pending(std::vector<Operation> operations) : operations_(std::move(operations)) {}

  std::vector<Operation> operations_;  // empty once waited for
};

/// What may differ from communicator to communicator. Zero and empty: as the options say.
struct Configuration {
  std::string name;                                ///< for messages
  std::chrono::milliseconds start_timeout{0};      ///< for all ranks to meet
  std::chrono::milliseconds operation_timeout{0};  ///< an operation that takes longer fails
};

/// An id for one new communicator, to be passed to all its ranks by the program's own means. The process that makes it
/// must live until all ranks have joined.
Result<UniqueId> make_unique_id();

/// One rank's place in a communicator. Used by one thread at a time, except abort(), failure() and the getters.
/// Destroying it leaves the communicator; peers need not do so at the same time. One that was moved from can only be
/// assigned or destroyed. Every collective has two forms: the plain one returns when the result is there (in a Group:
/// at once), start_ returns a Pending.
///
/// Buffers do not overlap, except in place: all_reduce, reduce, broadcast and scans take the same range twice;
/// all_gather takes block rank() of its output, reduce_scatter gives block rank() of its input.
class Communicator {
 public:
  /// Joins the communicator that `id` names as `rank` of `ranks` and waits for the others. One thread joins as one
  /// rank; for all ranks in one thread there is create_all().
  static Result<Communicator> create(const UniqueId& id, Rank rank, Rank ranks,
                                     const Configuration& configuration = {});

  /// All `ranks` of a new communicator in this process; element r is rank r.
  static Result<std::vector<Communicator>> create_all(Rank ranks, const Configuration& configuration = {});

  /// Joins the job that torchrun, Slurm, Open MPI or MPICH has started; alone if none has.
  static Result<Communicator> from_environment(const Configuration& configuration = {});

  Rank rank() const;
  Rank ranks() const;
  std::string summary() const;  ///< what was found and chosen at start: some twenty lines, made when asked for

  /// output = the reduction of the inputs of all ranks. Equal sizes.
  template <Elements Input, WritableElements Output>
  requires SameElements<Input, Output> Result<void> all_reduce(const Input& input, Output&& output,
                                                               Operator op = Reduction::sum) {
    return all_reduce(ConstBuffer(input), MutableBuffer(output), std::move(op));
  }
  template <Elements Input, WritableElements Output>
  requires SameElements<Input, Output> Result<Pending> start_all_reduce(const Input& input, Output&& output,
                                                                        Operator op = Reduction::sum) {
    return start_all_reduce(ConstBuffer(input), MutableBuffer(output), std::move(op));
  }
  Result<void> all_reduce(ConstBuffer input, MutableBuffer output, Operator op = Reduction::sum);
  Result<Pending> start_all_reduce(ConstBuffer input, MutableBuffer output, Operator op = Reduction::sum);

  /// The same on `root` only; elsewhere the output is not used and may be empty.
  template <Elements Input, WritableElements Output>
  requires SameElements<Input, Output> Result<void> reduce(const Input& input, Output&& output, Operator op,
                                                           Rank root) {
    return reduce(ConstBuffer(input), MutableBuffer(output), std::move(op), root);
  }
  template <Elements Input, WritableElements Output>
  requires SameElements<Input, Output> Result<Pending> start_reduce(const Input& input, Output&& output, Operator op,
                                                                    Rank root) {
    return start_reduce(ConstBuffer(input), MutableBuffer(output), std::move(op), root);
  }
  Result<void> reduce(ConstBuffer input, MutableBuffer output, Operator op, Rank root);
  Result<Pending> start_reduce(ConstBuffer input, MutableBuffer output, Operator op, Rank root);

  /// The data of `root` becomes that of all.
  template <WritableElements Data>
  Result<void> broadcast(Data&& data, Rank root) {
    return broadcast(MutableBuffer(data), root);
  }
  template <WritableElements Data>
  Result<Pending> start_broadcast(Data&& data, Rank root) {
    return start_broadcast(MutableBuffer(data), root);
  }
  Result<void> broadcast(MutableBuffer data, Rank root);
  Result<Pending> start_broadcast(MutableBuffer data, Rank root);

  /// Block r of every output = the input of rank r. The output is ranks() times as large as the input.
  template <Elements Input, WritableElements Output>
  requires SameElements<Input, Output> Result<void> all_gather(const Input& input, Output&& output) {
    return all_gather(ConstBuffer(input), MutableBuffer(output));
  }
  template <Elements Input, WritableElements Output>
  requires SameElements<Input, Output> Result<Pending> start_all_gather(const Input& input, Output&& output) {
    return start_all_gather(ConstBuffer(input), MutableBuffer(output));
  }
  Result<void> all_gather(ConstBuffer input, MutableBuffer output);
  Result<Pending> start_all_gather(ConstBuffer input, MutableBuffer output);

  /// output on rank r = block r of the reduction of all inputs, which are ranks() times as large.
  template <Elements Input, WritableElements Output>
  requires SameElements<Input, Output> Result<void> reduce_scatter(const Input& input, Output&& output,
                                                                   Operator op = Reduction::sum) {
    return reduce_scatter(ConstBuffer(input), MutableBuffer(output), std::move(op));
  }
  template <Elements Input, WritableElements Output>
  requires SameElements<Input, Output> Result<Pending> start_reduce_scatter(const Input& input, Output&& output,
                                                                            Operator op = Reduction::sum) {
    return start_reduce_scatter(ConstBuffer(input), MutableBuffer(output), std::move(op));
  }
  Result<void> reduce_scatter(ConstBuffer input, MutableBuffer output, Operator op = Reduction::sum);
  Result<Pending> start_reduce_scatter(ConstBuffer input, MutableBuffer output, Operator op = Reduction::sum);

  /// output on rank r = the reduction of the inputs of ranks 0 .. r, in rank order. Equal sizes. Every operator but an
  /// average.
  template <Elements Input, WritableElements Output>
  requires SameElements<Input, Output> Result<void> scan(const Input& input, Output&& output,
                                                         Operator op = Reduction::sum) {
    return scan(ConstBuffer(input), MutableBuffer(output), std::move(op));
  }
  template <Elements Input, WritableElements Output>
  requires SameElements<Input, Output> Result<Pending> start_scan(const Input& input, Output&& output,
                                                                  Operator op = Reduction::sum) {
    return start_scan(ConstBuffer(input), MutableBuffer(output), std::move(op));
  }
  Result<void> scan(ConstBuffer input, MutableBuffer output, Operator op = Reduction::sum);
  Result<Pending> start_scan(ConstBuffer input, MutableBuffer output, Operator op = Reduction::sum);

  /// The same over ranks 0 .. r-1. What rank 0 finds in its output is not defined.
  template <Elements Input, WritableElements Output>
  requires SameElements<Input, Output> Result<void> exclusive_scan(const Input& input, Output&& output,
                                                                   Operator op = Reduction::sum) {
    return exclusive_scan(ConstBuffer(input), MutableBuffer(output), std::move(op));
  }
  template <Elements Input, WritableElements Output>
  requires SameElements<Input, Output> Result<Pending> start_exclusive_scan(const Input& input, Output&& output,
                                                                            Operator op = Reduction::sum) {
    return start_exclusive_scan(ConstBuffer(input), MutableBuffer(output), std::move(op));
  }
  Result<void> exclusive_scan(ConstBuffer input, MutableBuffer output, Operator op = Reduction::sum);
  Result<Pending> start_exclusive_scan(ConstBuffer input, MutableBuffer output, Operator op = Reduction::sum);

  /// Done when all ranks have called it.
  Result<void> barrier();
  Result<Pending> start_barrier();

  /// To and from `peer`, who makes the opposite call with the same count and type. Messages between two ranks arrive in
  /// the order sent. A rank sends to itself within a Group that also receives.
  template <Elements Data>
  Result<void> send(const Data& data, Rank peer) {
    return send(ConstBuffer(data), peer);
  }
  template <Elements Data>
  Result<Pending> start_send(const Data& data, Rank peer) {
    return start_send(ConstBuffer(data), peer);
  }
  Result<void> send(ConstBuffer data, Rank peer);
  Result<Pending> start_send(ConstBuffer data, Rank peer);
  template <WritableElements Data>
  Result<void> recv(Data&& data, Rank peer) {
    return recv(MutableBuffer(data), peer);
  }
  template <WritableElements Data>
  Result<Pending> start_recv(Data&& data, Rank peer) {
    return start_recv(MutableBuffer(data), peer);
  }
  Result<void> recv(MutableBuffer data, Rank peer);
  Result<Pending> start_recv(MutableBuffer data, Rank peer);

  /// Waits until all operations of all ranks are over; no call may follow. Every rank calls it, each in a thread of its
  /// own.
  Result<void> finalize();

  /// Ends what runs, here with an error and as soon as they learn of it at the peers too. Any thread, any number of
  /// times.
  void abort();

  /// The first failure, which is final, or success. Any thread.
  Result<void> failure() const;

 private:
  explicit Communicator(std::shared_ptr<api::Endpoint> endpoint) : endpoint_(std::move(endpoint)) {}
  Result<void> run(const Result<void>& filled, const api::Call& call);
  Result<Pending> start(const Result<void>& filled, const api::Call& call);

  std::shared_ptr<api::Endpoint> endpoint_;
};

/// Plain calls of this thread, on any communicators, between construction and end() make progress together: one thread
/// can drive several ranks, and sends and receives need no order. Groups nest; the outermost does the work. Without
/// end(), what was called is forgotten.
class [[nodiscard]] Group {
 public:
  Group();
  ~Group();
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  /// Starts the calls and waits for them. The first error of any call within is reported, after which none was begun.
  Result<void> end();

  /// The same without waiting. The outermost group only.
  Result<Pending> start();

 private:
  bool open_ = true;
};

/// Memory that peers on the same host can read and write in place, which saves copies: zeroed, page-aligned. Any memory
/// may be communicated. Belongs to the caller until deallocate().
Result<void*> allocate(std::size_t bytes);
Result<void> deallocate(void* memory);

}  // namespace treering

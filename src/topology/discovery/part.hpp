// Work with a deadline.
#pragma once

#include <chrono>
#include <exception>
#include <functional>
#include <future>
#include <string>
#include <thread>
#include <utility>

#include "treering/result.hpp"

namespace treering::topology {

/// Begins in a thread of its own. Must own all that it uses: where it is late, nobody waits for it.
template <class T>
class Part {
 public:
  explicit Part(std::function<Result<T>()> work) {
    std::packaged_task<Result<T>()> task(std::move(work));
    result_ = task.get_future();
    try {
      thread_ = std::thread(std::move(task));
    } catch (const std::exception&) {  // the future then says that its promise is broken
    }
  }
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;
  ~Part() {
    if (thread_.joinable()) thread_.detach();
  }

  /// Once. Code::timeout where it is not done by then.
  Result<T> result_by(std::chrono::steady_clock::time_point deadline) {
    if (result_.wait_until(deadline) != std::future_status::ready)
      return Error{Code::timeout, "it was not done in time (a driver or file system may hang) give it longer"};
    if (thread_.joinable()) thread_.join();
    try {
      return result_.get();
    } catch (const std::exception& exception) {
      return Error{Code::system_error, std::string("it ended (") + exception.what() + ") try again"};
    }
  }

 private:
  std::future<Result<T>> result_;
  std::thread thread_;
};

}  // namespace treering::topology

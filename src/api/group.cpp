#include "api/group.hpp"

#include <algorithm>
#include <thread>

namespace treering::api {
namespace {

Error unmatched_end() {
  return {Code::invalid_usage,
          "the end of a group that is not open (this thread has begun none) pair every start with one end"};
}

}  // namespace

CallGroup& CallGroup::of_this_thread() {
  thread_local CallGroup group;
  return group;
}

void CallGroup::fail(const Error& error) {
  if (!failed_) failed_ = error;
}

void CallGroup::add(const std::shared_ptr<Endpoint>& endpoint, const Call& call) {
  auto batch = std::find_if(batches_.begin(), batches_.end(), [&](const Batch& b) { return b.endpoint == endpoint; });
  if (batch == batches_.end()) {
    batch = batches_.insert(batch, {endpoint, call.name, {}});
    if (!spare_.empty()) {
      batch->requests = std::move(spare_.back());
      spare_.pop_back();
    }
  }
  batch->requests.push_back(call.request);
}

bool CallGroup::has_calls_on(const Endpoint& endpoint) const {
  return std::any_of(batches_.begin(), batches_.end(), [&](const Batch& b) { return b.endpoint.get() == &endpoint; });
}

void CallGroup::keep_memory_of(std::vector<Batch>& batches) {
  for (Batch& batch : batches) {
    batch.requests.clear();
    spare_.push_back(std::move(batch.requests));
  }
  batches.clear();
  if (batches_.capacity() == 0) batches_ = std::move(batches);
}

void CallGroup::forget() {
  batches_.clear();
  jobs_.clear();
  failed_.reset();
}

void CallGroup::leave() {
  if (depth_ > 0 && --depth_ == 0) forget();
}

Result<void> CallGroup::end() {
  if (depth_ > 1) {
    --depth_;
    return {};
  }
  auto begun = end_and_start();
  if (!begun) return std::move(begun).error();
  const auto is_blocking = [](const Started& operation) { return operation.endpoint->terms().blocking; };
  const auto polled = std::stable_partition(begun->operations.begin(), begun->operations.end(), is_blocking);
  const bool goes_on = begun->jobs_go_on || polled != begun->operations.end();
  std::for_each(polled, begun->operations.end(),
                [](const Started& operation) { operation.endpoint->leave_to_poll(operation.ticket); });
  auto waited = wait_for_all({begun->operations.begin(), polled});
  if (!waited) return waited;
  if (goes_on) return Error{Code::in_progress, "not done yet: ask again"};
  return {};
}

Result<CallGroup::Begun> CallGroup::end_and_start() {
  if (depth_ == 0) return unmatched_end();
  if (depth_ > 1) {
    return Error{Code::invalid_usage,
                 "an inner group cannot start on its own (groups nest, the outermost does the work) end it plainly"};
  }
  depth_ = 0;
  CallGroup group = std::move(*this);  // what runs below may open groups of its own
  forget();
  spare_ = std::move(group.spare_);
  if (group.failed_) return *std::move(group.failed_);
  auto jobs = group.run_jobs();
  const bool jobs_go_on = !jobs && jobs.error().code == Code::in_progress;
  if (!jobs && !jobs_go_on) return std::move(jobs).error();
  auto started = group.start_batches();
  keep_memory_of(group.batches_);
  if (!started) return std::move(started).error();
  return Begun{*std::move(started), jobs_go_on};
}

Result<void> CallGroup::run_jobs() {
  if (jobs_.empty()) return {};
  std::vector<Result<void>> results(jobs_.size());
  std::vector<std::jthread> threads;
  for (std::size_t k = 1; k < jobs_.size(); ++k) threads.emplace_back([&, k] { results[k] = jobs_[k](); });
  results[0] = jobs_[0]();
  threads.clear();
  Result<void> outcome;
  for (Result<void>& result : results) {
    const bool worse = !result && (outcome || outcome.error().code == Code::in_progress);
    if (worse) outcome = std::move(result);
  }
  return outcome;
}

Result<std::vector<Started>> CallGroup::start_batches() {
  std::vector<Started> started;
  started.reserve(batches_.size());
  for (Batch& batch : batches_) {
    auto ticket = batch.endpoint->start(batch.first, batch.requests);
    if (!ticket) {
      // Peers, perhaps in this very group, wait for what this rank will not do: they must learn of it.
      if (!started.empty()) batch.endpoint->abort(ticket.error());
      // What has started would go on in the caller's buffers, and nobody would wait for it.
      for (const Started& one : started) one.endpoint->abort(ticket.error());
      static_cast<void>(wait_for_all(started));  // takes the buffers back from the peers
      return std::move(ticket).error();
    }
    started.push_back({std::move(batch.endpoint), *ticket});
  }
  return started;
}

namespace {

Result<void> admit(CallGroup& group, const Endpoint& endpoint, const Call& call) {
  const Rank rank = endpoint.terms().rank;
  auto valid = validate(call, rank, endpoint.terms().ranks);
  if (valid && is_message(call.request.collective) && call.request.root == rank && !group.is_open()) {
    valid = refusal(
        Code::invalid_usage, call, rank,
        "a message to oneself outside a group (nobody is there for the other half) call send and receive in one group");
  }
  if (!valid && group.is_open()) group.fail(valid.error());
  return valid;
}

}  // namespace

Result<void> admit(const Endpoint& endpoint, const Call& call) {
  return admit(CallGroup::of_this_thread(), endpoint, call);
}

Result<void> submit(const std::shared_ptr<Endpoint>& endpoint, const Call& call) {
  CallGroup& group = CallGroup::of_this_thread();
  auto admitted = admit(group, *endpoint, call);
  if (!admitted) return admitted;
  if (!group.is_open()) return endpoint->run(call);
  group.add(endpoint, call);
  return {};
}

}  // namespace treering::api

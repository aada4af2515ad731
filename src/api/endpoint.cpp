#include "api/endpoint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace treering::api {
namespace {

Error in_progress() {
  return {Code::in_progress, "not done yet: ask again"};
}

}  // namespace

Endpoint::~Endpoint() {
  if (background_.joinable()) {
    if (state_ == State::joining) cancelled_ = true;
    background_.join();
  }
}

Result<void> Endpoint::join() {
  if (terms_.blocking) return join_now();
  return in_background([this] { return join_now(); });
}

Result<void> Endpoint::join_now() {
  auto joined = Participant::join(terms_.id, terms_.rank, terms_.ranks, terms_.settings, &cancelled_);
  if (!joined) {
    cause_ = joined.error();
    state_ = State::failed;
    return std::move(joined).error();
  }
  participant_ = *std::move(joined);
  state_ = State::ready;
  if (cancelled_) participant_->abort({Code::invalid_usage, "the communicator was aborted while it started"});
  return {};
}

Result<void> Endpoint::in_background(std::function<Result<void>()> work) {
  if (background_.joinable()) background_.join();
  in_background_ = true;
  try {
    background_ = std::thread([this, work = std::move(work)] {
      static_cast<void>(work());  // poll() finds what it left in state_ and cause_
      in_background_ = false;
    });
  } catch (...) {
    in_background_ = false;
    throw;
  }
  return in_progress();
}

Error Endpoint::not_ready() const {
  if (in_background_) {
    return {Code::invalid_usage,
            "the communicator is busy (it still starts or is being finalized) poll it until it is no longer in "
            "progress"};
  }
  switch (state_.load()) {
    case State::failed: return cause_;
    case State::finalized:
      return {Code::invalid_usage, "the communicator was finalized (no call may follow) destroy it and make a new one"};
    default:
      return {Code::invalid_usage,
              "the communicator has not started (its group has not ended) make calls after the end of the group"};
  }
}

Error Endpoint::not_ready(std::string_view name) const {
  const Error why = not_ready();
  return {why.code, fmt::format("{}: {}", name, why.message)};
}

Result<Ticket> Endpoint::start(std::string_view name, std::span<const Request> requests) {
  Participant* const participant = ready();
  if (!participant) return not_ready(name);
  const std::lock_guard lock(driving_);
  return participant->start(requests);
}

Result<void> Endpoint::run(const Call& call) {
  if (!terms_.blocking) {
    const auto ticket = start(call.name, {&call.request, 1});
    if (!ticket) return ticket.error();
    leave_to_poll(*ticket);
    return in_progress();
  }
  Participant* const participant = ready();
  if (!participant) return not_ready(call.name);
  const std::lock_guard lock(driving_);
  const auto ticket = participant->start({&call.request, 1});
  if (!ticket) return ticket.error();
  return wait_for({&participant, 1}, {&*ticket, 1});
}

void Endpoint::leave_to_poll(Ticket ticket) {
  const std::lock_guard lock(driving_);
  polled_.push_back(ticket);
}

Result<void> Endpoint::poll() {
  if (in_background_ || state_ == State::joining) return in_progress();
  if (terms_.blocking || !participant_) {
    if (auto failed = failure()) return *std::move(failed);
    return {};
  }
  const std::unique_lock lock(driving_, std::try_to_lock);
  if (!lock) return in_progress();
  if (!participant_->progress()) std::this_thread::yield();
  if (auto failed = failure()) {
    participant_->progress();  // takes the buffers back from the peers before the caller has them
    return *std::move(failed);
  }
  std::erase_if(polled_, [&](Ticket ticket) { return participant_->done(ticket); });
  if (!polled_.empty()) return in_progress();
  return {};
}

bool Endpoint::done(Ticket ticket) {
  const std::unique_lock lock(driving_, std::try_to_lock);
  if (!lock) return false;
  if (participant_->done(ticket)) return true;
  participant_->progress();
  return participant_->done(ticket);
}

Result<void> Endpoint::finalize() {
  if (!ready()) return not_ready();
  if (terms_.blocking) return finalize_now();
  return in_background([this] { return finalize_now(); });
}

Result<void> Endpoint::finalize_now() {
  auto drained = drain();
  if (!drained) return drained;
  const std::lock_guard lock(driving_);
  auto finalized = participant_->finalize();
  if (finalized) {
    state_ = State::finalized;
  } else {
    cause_ = finalized.error();
    state_ = State::failed;
  }
  return finalized;
}

Result<void> Endpoint::drain() {
  if (state_ != State::ready) return {};
  const std::lock_guard lock(driving_);
  Participant* const participant = participant_.get();
  Result<void> waited;
  for (const Ticket ticket : polled_) {
    if (waited) waited = wait_for({&participant, 1}, {&ticket, 1});
  }
  polled_.clear();
  return waited;
}

void Endpoint::abort(const Error& cause) {
  cancelled_ = true;
  if (state_ == State::joining || !participant_) return;
  participant_->abort(cause);
  if (terms_.blocking) return;  // calls that are going on return, and take the buffers back before they do
  const std::lock_guard lock(driving_);
  participant_->progress();
}

std::optional<Error> Endpoint::failure() const {
  switch (state_.load()) {
    case State::joining: return std::nullopt;
    case State::failed: return cause_;
    default: return participant_->failure();
  }
}

std::string Endpoint::summary() const {
  const auto state = state_.load();
  return state == State::joining ? "starting" : participant_ ? participant_->summary() : cause_.message;
}

Result<void> Endpoint::wait(Ticket ticket) {
  Participant* const participant = participant_.get();
  const std::lock_guard lock(driving_);
  return wait_for({&participant, 1}, {&ticket, 1});
}

Result<void> wait_for_all(std::span<const Started> operations) {
  if (operations.empty()) return {};
  if (operations.size() == 1) return operations[0].endpoint->wait(operations[0].ticket);
  std::vector<Endpoint*> endpoints;
  std::vector<Participant*> participants;
  std::vector<Ticket> tickets;
  endpoints.reserve(operations.size());
  participants.reserve(operations.size());
  tickets.reserve(operations.size());
  for (const Started& operation : operations) {
    endpoints.push_back(operation.endpoint.get());
    participants.push_back(operation.endpoint->participant_.get());
    tickets.push_back(operation.ticket);
  }
  // In one order everywhere, so that two threads with communicators in common cannot wait for each other.
  std::sort(endpoints.begin(), endpoints.end());
  endpoints.erase(std::unique(endpoints.begin(), endpoints.end()), endpoints.end());
  std::vector<std::unique_lock<std::mutex>> locks;
  locks.reserve(endpoints.size());
  for (Endpoint* endpoint : endpoints) locks.emplace_back(endpoint->driving_);
  return wait_for(participants, tickets);
}

}  // namespace treering::api

#include "communicator/participant.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "communicator/arrangement.hpp"
#include "communicator/participant_parts.hpp"
#include "communicator/retirement.hpp"
#include "options/log.hpp"

namespace treering {
namespace {

std::vector<Decision> decisions(const Options& options) {
  return {{"TREERING_WINDOW", options.window_bytes ? std::to_string(options.window_bytes) : "auto"},
          {"TREERING_ALGORITHM", options.algorithm},
          {"TREERING_ORDER", options.order},
          {"TREERING_TRANSPORT", options.transport},
          {"TREERING_TOPOLOGY", topology_decision(options)}};
}

void log_lines(Rank rank, std::string_view lines) {
  for (std::size_t end; (end = lines.find('\n')) != std::string_view::npos; lines.remove_prefix(end + 1))
    log(LogLevel::info, rank, lines.substr(0, end));
}

}  // namespace

Participant::Participant(std::unique_ptr<ParticipantParts> parts) : parts_(std::move(parts)) {}

Result<std::unique_ptr<Participant>> Participant::join(const UniqueId& id, Rank rank, Rank ranks,
                                                       const Settings& settings, const std::atomic<bool>* cancelled) {
  const Options& chosen = options();
  if (auto known = check_algorithm_choice(chosen.algorithm); !known) return std::move(known).error();
  auto bell = OwnBell::create();
  if (!bell) return std::move(bell).error();
  auto parts = std::make_unique<ParticipantParts>(std::move(*bell), settings, chosen);
  if (ranks > 1) {
    auto rdma = find_rdma(chosen, rank);
    if (!rdma) return std::move(rdma).error();
    parts->rdma = *std::move(rdma);
  }

  JoinRequest request{.id = id,
                      .rank = rank,
                      .ranks = ranks,
                      .rdma = reach_of(parts->rdma),
                      .decisions = decisions(chosen),
                      .arrange = rank == 0 && ranks > 1 ? arrangement(chosen) : Arrange(),
                      .timeout = chosen.start_timeout,
                      .cancelled = cancelled};
  if (settings.start_timeout.count() > 0) request.timeout = settings.start_timeout;
  auto joined = treering::join(request);
  if (!joined) return std::move(joined).error();
  remember_places(chosen, *joined->roster);
  if (auto met = parts->meet(id, rank, std::move(*joined)); !met) return std::move(met).error();
  if (rank == 0 && is_logged(LogLevel::info)) log_lines(rank, parts->found());
  return std::unique_ptr<Participant>(new Participant(std::move(parts)));
}

Participant::~Participant() {
  // A child of fork() shares the wires with its parent, which goes on using them.
  if (parts_->engine && parts_->process == getpid()) parts_->engine->withdraw();
  retire(std::move(parts_));
}

Rank Participant::rank() const {
  return parts_->rank;
}
Rank Participant::ranks() const {
  return parts_->ranks;
}
std::string Participant::summary() const {
  return parts_->found();
}
std::optional<Error> Participant::failure() const {
  return parts_->failure();
}

Result<Ticket> Participant::start(std::span<const Request> requests) {
  return parts_->start(requests);
}
bool Participant::progress() {
  const bool moved = parts_->progress();
  if (!moved) parts_->look_now_and_then();
  return moved;
}
bool Participant::done(Ticket ticket) const {
  if (parts_->failed.load(std::memory_order_acquire)) parts_->engine->withdraw();
  const bool is_done = parts_->engine->done(ticket);
  if (is_done) parts_->stop_waiting();
  return is_done;
}

void Participant::abort(const Error& cause) {
  parts_->fail_everywhere(cause);
}

Result<void> Participant::finalize() {
  auto finalized = parts_->joined.control->finalize(std::chrono::steady_clock::now() + parts_->options.start_timeout);
  parts_->finalized = static_cast<bool>(finalized);
  return finalized;
}

Result<void> wait_for(std::span<Participant* const> participants, std::span<const Ticket> tickets) {
  // Short operations are often over when they have started.
  if (participants.size() == 1 && participants[0]->parts_->has_succeeded(tickets[0])) return {};
  return Participant::drive(participants, tickets);
}

Result<void> Participant::drive(std::span<Participant* const> participants, std::span<const Ticket> tickets) {
  constexpr std::size_t usual = 8;
  Waitable* few[usual];
  std::vector<Waitable*> many;
  Waitable** all = few;
  if (participants.size() > usual) {
    many.resize(participants.size());
    all = many.data();
  }
  if (participants.empty()) return {};
  for (std::size_t k = 0; k < participants.size(); ++k) {
    participants[k]->parts_->await(tickets[k]);
    all[k] = participants[k]->parts_.get();
  }
  wait_until_over({all, participants.size()}, participants[0]->parts_->patience);
  const auto has_failed = [](const Participant* one) { return one->parts_->failed.load(std::memory_order_acquire); };
  for (const Participant* participant : participants) participant->parts_->stop_waiting();
  const Participant* failed = nullptr;
  for (const Participant* participant : participants)
    if (has_failed(participant)) [[unlikely]] {
      participant->parts_->engine->withdraw();
      failed = failed ? failed : participant;
    }
  if (failed) return *failed->failure();
  return {};
}

}  // namespace treering

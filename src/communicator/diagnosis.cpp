// How a participant finds out why it waits: it asks the peer it waits for, compares, and gives what went wrong a name.
#include <fmt/format.h>

#include "communicator/participant_parts.hpp"
#include "options/log.hpp"

namespace treering {
namespace {

constexpr std::chrono::milliseconds ask_after{200};
constexpr std::chrono::milliseconds ask_again_after{500};
constexpr std::chrono::seconds complain_after{10};
constexpr std::chrono::seconds verdict_within{1};

}  // namespace

Error ParticipantParts::disagreement(Rank with, std::string_view ours, std::string_view theirs) const {
  return {
      Code::invalid_usage,
      fmt::format(
          "ranks {} and {} disagree: rank {} called {}, rank {} called {} (all ranks of a communicator must call the "
          "same collectives, with the same count, type, operator and root, in the same order) compare the two calls",
          rank, with, rank, ours, with, theirs.empty() ? "another operation" : theirs)};
}

/// Tells the others; what comes back is the first cause of all, which this rank then fails with.
void ParticipantParts::report(Error cause) {
  if (reported_) return;
  reported_ = cause;
  reported_at_ = Clock::now();
  joined.control->fail(cause);
}

/// The peer has moved on since it sent what is wrong. Its service thread compares what both have called, from the
/// earliest on; what it finds becomes the verdict.
void ParticipantParts::find_where_we_parted(const Mismatch& mismatch) {
  reported_ = disagreement(mismatch.peer, mismatch.ours, mismatch.theirs);
  reported_at_ = Clock::now();
  constexpr std::uint64_t calls = 32;
  const std::uint64_t last = history.last();
  for (std::uint64_t number = last > calls ? last - calls : 1; number <= last; ++number)
    if (const auto signature = history.at(number))
      joined.control->tell(mismatch.peer, encode(Question{number, *signature}));
}

void ParticipantParts::report_what_broke() {
  if (reported_) return;
  if (const auto& mismatch = engine->mismatch()) {
    if (mismatch->theirs.empty())
      find_where_we_parted(*mismatch);
    else
      report(disagreement(mismatch->peer, mismatch->ours, mismatch->theirs));
  } else if (const Error* broken = engine->transport_failure()) {
    report(*broken);
  }
}

void ParticipantParts::slept() {
  const auto now = Clock::now();
  if (reported_ && now - reported_at_ > verdict_within) fail_everywhere(*reported_);
  if (failed.load(std::memory_order_acquire) || engine->idle()) return;
  if (engine->mismatch() || engine->transport_failure()) report_what_broke();
  if (!waiting_since_) {
    waiting_since_ = now;
    asked_at_ = {};
    next_complaint_ = complain_after;
  }
  look_for_a_mismatch(now);
  look_at_the_clock(now);
  note_long_wait(now);
}

/// For doing(). Waits that are shorter are none that anybody asks about.
void ParticipantParts::note_long_wait(Clock::time_point now) {
  if (now - *waiting_since_ < ask_after) return;
  const std::scoped_lock lock(long_wait_mutex_);
  long_wait_ = {*waiting_since_, now, engine->waits_for(), history.last()};
  has_long_wait_ = true;
}

void ParticipantParts::forget_long_wait() {
  const std::scoped_lock lock(long_wait_mutex_);
  long_wait_.reset();
  has_long_wait_ = false;
}

void ParticipantParts::look_now_and_then() {
  constexpr std::chrono::milliseconds between_looks{100};
  const auto now = Clock::now();
  if (now - looked_at_ < between_looks) return;
  looked_at_ = now;
  slept();
}

void ParticipantParts::look_for_a_mismatch(Clock::time_point now) {
  if (now - *waiting_since_ < ask_after || now - asked_at_ < ask_again_after) return;
  const Rank peer = engine->waits_for();
  const std::uint64_t number = history.last();
  const auto signature = history.at(number);
  if (peer == nobody || !signature) return;
  asked_at_ = now;
  joined.control->tell(peer, encode(Question{number, *signature}));
}

/// On the service thread.
void ParticipantParts::answer(Rank from, std::span<const std::byte> message) {
  const auto question = decode_question(message);
  if (!question) return;
  const auto ours = history.at(question->number);
  if (!ours || *ours == question->signature) return;  // not there yet, or agreed
  joined.control->fail(disagreement(from, describe(*ours), describe(question->signature)));
}

void ParticipantParts::look_at_the_clock(Clock::time_point now) {
  const auto waited = now - *waiting_since_;
  const auto limit = settings.operation_timeout.count() > 0 ? settings.operation_timeout : options.operation_timeout;
  const bool too_long = limit.count() > 0 && waited > limit;
  const bool worth_a_line = waited > next_complaint_;
  if (!too_long && !worth_a_line) return;

  const std::string what =
      fmt::format("rank {} {}", rank, text_of(LongWait{*waiting_since_, now, engine->waits_for(), history.last()}));
  if (worth_a_line) {
    log(LogLevel::warning, rank, what + " (it is late, stopped, or at another call)");
    next_complaint_ *= 2;
  }
  if (too_long)
    report({Code::timeout,
            what + fmt::format(" (longer than the operation timeout of {} ms) look at what that rank is doing, "
                               "or raise TREERING_OPERATION_TIMEOUT",
                               limit.count())});
}

std::string ParticipantParts::text_of(const LongWait& wait) const {
  const auto operation = history.at(wait.operation);
  const std::string whom =
      wait.peer == nobody ? "nobody in particular" : name_of((*joined.roster)[static_cast<std::size_t>(wait.peer)]);
  return fmt::format("has waited {:.1f} s for {} in operation {}, {}",
                     std::chrono::duration<double>(wait.seen - wait.since).count(), whom, wait.operation,
                     operation ? describe(*operation) : "point-to-point");
}

std::string ParticipantParts::doing() const {
  // A rank that still waits has been seen to within the longest sleep of wait.cpp, if it gets a core.
  constexpr std::chrono::seconds fresh{1};
  if (const auto cause = failure()) return "failed: " + cause->message;
  const std::uint64_t number = history.last();
  {
    const std::scoped_lock lock(long_wait_mutex_);
    if (long_wait_ && long_wait_->operation == number && Clock::now() - long_wait_->seen < fresh)
      return text_of(*long_wait_);
  }
  if (number == 0) return "has called no collective yet";
  const auto latest = history.at(number);
  return fmt::format("is in operation {} or past it{}", number, latest ? ", " + describe(*latest) : "");
}

}  // namespace treering

#include "startup/overlay.hpp"

#include <algorithm>

#include "startup/bootstrap.hpp"
#include "startup/encoding.hpp"

namespace treering {
namespace {

constexpr std::chrono::milliseconds grace{50};      // for a better cause to arrive at the one who decides
constexpr std::chrono::milliseconds patience{400};  // with the one who decides
constexpr std::size_t most_untold = 256;

}  // namespace

Overlay::Overlay(std::shared_ptr<Stay> stay, Member self, Rank ranks)
    : events_(stay->service().events()), stay_(std::move(stay)), self_(std::move(self)), ranks_(ranks) {
  known_.push_back(self_);
  is_known_.resize(static_cast<std::size_t>(subtree_size(self_.rank, ranks_)));
  is_known_[0] = true;
}

std::optional<Error> Overlay::failure() const {
  const std::lock_guard lock(mutex_);
  return progress_.failure;
}

Overlay::Progress Overlay::wait(Deadline deadline, const std::atomic<bool>* cancelled,
                                const std::function<bool(const Progress&)>& enough) const {
  std::unique_lock lock(mutex_);
  while (!enough(progress_) && Clock::now() < deadline && !(cancelled && *cancelled)) {
    // Nobody notifies us of `cancelled`.
    const Deadline until = cancelled ? std::min(deadline, Clock::now() + std::chrono::milliseconds(50)) : deadline;
    changed_.wait_until(lock, until);
  }
  return progress_;
}

void Overlay::publish(const std::function<void(Progress&)>& change) {
  {
    const std::lock_guard lock(mutex_);
    change(progress_);
  }
  changed_.notify_all();
}

const Member* Overlay::member(Rank rank) const {
  if (roster_) return &(*roster_)[static_cast<std::size_t>(rank)];
  const auto found = std::ranges::find(known_, rank, &Member::rank);
  return found == known_.end() ? nullptr : &*found;
}

std::string Overlay::name(Rank rank) const {
  const Member* const known = member(rank);
  return known ? name_of(*known) : "rank " + std::to_string(rank);
}

void Overlay::tell_silence(Rank peer, const SilenceNews& news) {
  const Member* const known = member(peer);
  if (stay_) stay_->service().silences().take(known ? known->boot : SilenceLog::Host{}, name(peer), self_.rank, news);
}

void Overlay::send_to(FramedLink* link, Frame kind, Contents contents) {
  if (link) link->send(static_cast<std::uint8_t>(kind), contents);
}

void Overlay::send_down(Frame kind, Contents contents) {
  for (const auto& [child, link] : down_) send_to(link.get(), kind, contents);
}

// Links.

void Overlay::begin() {
  stay_->on_accept(Purpose::control, [self = shared_from_this()](Rank from, Descriptor socket) {
    self->take_child(from, std::move(socket));
  });
  if (ranks_ == 1) complete(std::make_shared<const Roster>(known_));
}

std::shared_ptr<FramedLink> Overlay::open(Rank peer, Descriptor socket) {
  FramedLink::Callbacks callbacks{
      [self = shared_from_this(), peer](std::uint8_t kind, Contents contents) {
        return self->take_frame(peer, static_cast<Frame>(kind), contents);
      },
      [self = shared_from_this(), peer](const LinkEnd& how) { self->lost(peer, how); },
      [self = shared_from_this(), peer](const SilenceNews& news) { self->tell_silence(peer, news); }};
  auto link = FramedLink::open(events(), std::move(socket), std::move(callbacks));
  if (link) return *std::move(link);
  report(link.error());
  return nullptr;
}

void Overlay::take_child(Rank child, Descriptor socket) {
  const auto children = children_in_tree(self_.rank, ranks_);
  const bool expected = std::ranges::find(children, child) != children.end() && !down_.contains(child);
  if (left_ || !expected) return;
  auto link = open(child, std::move(socket));
  if (!link) return;
  down_[child] = link;
  if (!verdict_) return;
  Encoder out;
  encode(*verdict_, out);
  send_to(link.get(), Frame::verdict, out.view());
}

void Overlay::attach_parent(Rank parent, Descriptor socket) {
  up_ = open(parent, std::move(socket));
  if (!up_) return;
  if (suspected_ && !verdict_) {
    Encoder out;
    encode(*suspected_, out);
    send_to(up_.get(), Frame::report, out.view());
  }
  Encoder own;
  encode(self_, own);
  send_to(up_.get(), Frame::members, own.view());
  send_members_up();
  leave_rendezvous();
}

void Overlay::drop(Rank peer) {
  auto& link = peer == parent_in_tree(self_.rank) ? up_ : down_[peer];
  if (link) link->close();
  link.reset();
}

void Overlay::lost(Rank peer, const LinkEnd& how) {
  drop(peer);
  const char* const what = how.is_silence ? " cannot be reached any more (" : " died (";
  const char* const advice =
      how.is_silence ? ") check cables, switches and interfaces between the hosts, and whether that host still runs"
                     : ") look at its output and at the kernel's log; then start again, or go on without it";
  take_report({{Code::remote_error, name(peer) + what + how.reason + advice}, self_.rank, true});
}

bool Overlay::take_frame(Rank peer, Frame kind, Contents contents) {
  const bool from_parent = peer == parent_in_tree(self_.rank);
  Decoder in(contents);
  switch (kind) {
    case Frame::members: return !from_parent && (roster_ || take_members(peer, contents));  // a child may say it twice
    case Frame::roster: return from_parent && !roster_ && take_roster(contents);
    case Frame::report: {
      const Cause cause = decode_cause(in);
      if (from_parent || !in.complete()) return false;
      take_report(cause);
      return true;
    }
    case Frame::verdict: {
      const Cause cause = decode_cause(in);
      if (!from_parent || !in.complete()) return false;
      adopt(cause);
      return true;
    }
    case Frame::message: return take_message(contents);
    case Frame::goodbye:
      if (from_parent || !contents.empty() || std::ranges::find(goodbyes_, peer) != goodbyes_.end()) return false;
      goodbyes_.push_back(peer);
      forward_goodbye();
      return true;
    case Frame::farewell:
      if (!from_parent || !own_goodbye_) return false;
      take_farewell();
      return true;
    case Frame::left:
      drop(peer);
      if (!farewell_)
        take_report(
            {{Code::remote_error, name(peer) + " has left (its communicator was destroyed or aborted, not finalized) "
                                               "look for the reason in its output"},
             self_.rank,
             false});
      return true;
  }
  return false;
}

// Messages.

void Overlay::send(Rank target, Contents message) {
  route(self_.rank, target, message);
}

bool Overlay::take_message(Contents contents) {
  Decoder in(contents);
  const auto from = in.number<Rank>();
  const auto target = in.number<Rank>();
  const auto message = in.rest();
  if (!in.ok() || from < 0 || from >= ranks_ || target < 0 || target >= ranks_ ||
      message.size() > longest_message_bytes)
    return false;
  route(from, target, message);
  return true;
}

void Overlay::route(Rank from, Rank target, Contents contents) {
  if (target == self_.rank) return deliver(from, contents);
  const Rank next = next_in_tree(self_.rank, target, ranks_);
  FramedLink* link = up_.get();
  if (next != parent_in_tree(self_.rank)) {
    const auto child = down_.find(next);
    link = child == down_.end() ? nullptr : child->second.get();
  }
  Encoder out;
  out.number(from);
  out.number(target);
  out.bytes(contents);
  send_to(link, Frame::message, out.view());
}

void Overlay::deliver(Rank from, Contents contents) {
  if (told_) {
    const auto told = told_;  // a copy: it may be replaced while it runs
    told(from, contents);
  } else if (untold_.size() < most_untold) {
    untold_.emplace_back(from, std::vector(contents.begin(), contents.end()));
  }
}

void Overlay::set_told(std::function<void(Rank, Contents)> told) {
  told_ = std::move(told);
  if (!told_) return;
  for (const auto& [from, message] : std::exchange(untold_, {})) deliver(from, message);
}

// The end: goodbyes, and failures.

void Overlay::say_goodbye() {
  own_goodbye_ = true;
  forward_goodbye();
}

void Overlay::forward_goodbye() {
  if (!own_goodbye_ || goodbyes_.size() < children_in_tree(self_.rank, ranks_).size() || verdict_) return;
  if (self_.rank == 0)
    take_farewell();
  else
    send_to(up_.get(), Frame::goodbye);
}

std::string Overlay::not_yet_finished() const {
  std::string text;
  for (const Rank child : children_in_tree(self_.rank, ranks_)) {
    if (std::ranges::find(goodbyes_, child) != goodbyes_.end()) continue;
    const Rank size = subtree_size(child, ranks_);
    text += (text.empty() ? "missing: " : ", ") + name(child);
    if (size > 1) text += " or one of the " + std::to_string(size - 1) + " above it";
  }
  return text.empty() ? "missing: a rank outside of this one's subtree" : text;
}

void Overlay::take_farewell() {
  farewell_ = true;
  send_down(Frame::farewell);
  publish([](Progress& progress) { progress.all_said_goodbye = true; });
}

void Overlay::report(const Error& error) {
  take_report({error, self_.rank, false});
}

void Overlay::take_report(const Cause& cause) {
  if (verdict_ || farewell_ || left_) return;
  const bool first = !suspected_;
  const bool better = first || (cause.is_death && !suspected_->is_death);
  if (!better) return;
  suspected_ = cause;
  Encoder out;
  encode(cause, out);
  if (up_)
    send_to(up_.get(), Frame::report, out.view());
  else if (rendezvous_)
    rendezvous_->send(static_cast<std::uint8_t>(MeetingFrame::failure), out.view());
  // Also when the link to the one who decides is lost: later, this rank does.
  const auto wait = up_ || rendezvous_ ? patience : grace;
  events().at(Clock::now() + wait, [self = shared_from_this()] { self->decide(); });
}

void Overlay::decide() {
  if (!verdict_ && !left_ && suspected_) adopt(*suspected_);
}

void Overlay::adopt(const Cause& verdict) {
  if (verdict_ || farewell_ || left_) return;
  verdict_ = verdict;
  Encoder out;
  encode(verdict, out);
  send_down(Frame::verdict, out.view());
  publish([&](Progress& progress) { progress.failure = verdict.error; });
  if (const auto failed = std::exchange(failed_, {})) failed(verdict.error);
}

void Overlay::set_failed(std::function<void(const Error&)> failed) {
  if (verdict_ && failed)
    failed(verdict_->error);
  else
    failed_ = std::move(failed);
}

void Overlay::leave() {
  failed_ = {};
  told_ = {};
  if (suspected_ && !verdict_) adopt(*suspected_);  // why this rank leaves, if it has said so
  if (!farewell_) {
    send_to(up_.get(), Frame::left);
    send_down(Frame::left);
  }
  left_ = true;
  stay_->on_accept(Purpose::control, {});
  stay_.reset();
  if (rendezvous_) rendezvous_->close();
  if (up_) up_->close();
  for (const auto& [child, link] : down_)
    if (link) link->close();
  rendezvous_.reset();
  up_.reset();
  down_.clear();
}

}  // namespace treering

// The overlay while the ranks meet: what is said to the rendezvous, and the roster on its way up and down the tree.
#include <algorithm>

#include "startup/bootstrap.hpp"
#include "startup/encoding.hpp"
#include "startup/overlay.hpp"

namespace treering {
namespace {

constexpr std::size_t head_bytes = 16;  // more than kind, first rank and count
constexpr std::size_t members_a_frame = (longest_frame_bytes - head_bytes) / longest_member_bytes;

}  // namespace

// The rendezvous.

void Overlay::attach_rendezvous(Descriptor socket, const Introduction& introduction) {
  FramedLink::Callbacks callbacks{
      [self = shared_from_this()](std::uint8_t kind, Contents contents) {
        return self->take_meeting_frame(static_cast<MeetingFrame>(kind), contents);
      },
      [self = shared_from_this()](const LinkEnd& how) { self->lost_rendezvous(how.reason); },
      [self = shared_from_this()](const SilenceNews& news) {
        if (self->stay_) self->stay_->service().silences().take({}, "the rendezvous", self->self_.rank, news);
      }};
  auto link = FramedLink::open(events(), std::move(socket), std::move(callbacks));
  if (!link) return report(link.error());
  rendezvous_ = *std::move(link);
  Encoder out;
  encode(introduction, out);
  rendezvous_->send(static_cast<std::uint8_t>(MeetingFrame::introduction), out.view());
}

bool Overlay::take_meeting_frame(MeetingFrame kind, Contents contents) {
  Decoder in(contents);
  if (kind == MeetingFrame::parent) {
    const Member parent = decode_member(in);
    if (!in.complete() || parent.rank != parent_in_tree(self_.rank)) return false;
    known_.push_back(parent);
    publish([&](Progress& progress) { progress.parent = parent; });
    return true;
  }
  if (kind != MeetingFrame::failure) return false;
  const Cause cause = decode_cause(in);
  if (!in.complete()) return false;
  adopt(cause);
  return true;
}

void Overlay::lost_rendezvous(const std::string& reason) {
  rendezvous_.reset();
  if (left_ || verdict_) return;
  take_report({{Code::remote_error, "the process that made the unique id died before all ranks had met (" + reason +
                                        ") keep it alive until all have joined"},
               self_.rank,
               true});
}

void Overlay::leave_rendezvous() {
  if (!rendezvous_) return;
  rendezvous_->send(static_cast<std::uint8_t>(MeetingFrame::met), {});
  rendezvous_->close();
  rendezvous_.reset();
}

// The roster.

bool Overlay::take_members(Rank child, Contents contents) {
  Decoder in(contents);
  bool news = false;
  while (in.ok() && !in.rest().empty()) {
    Member member = decode_member(in);
    if (!in.ok() || member.rank < child || member.rank >= child + subtree_size(child, ranks_)) return false;
    const auto place = static_cast<std::size_t>(member.rank - self_.rank);
    if (is_known_[place]) continue;  // a child introduces itself first, and again with its subtree
    is_known_[place] = news = true;
    known_.push_back(std::move(member));
  }
  if (news) send_members_up();
  return in.ok();
}

void Overlay::send_members_up() {
  if (!std::ranges::all_of(is_known_, [](bool known) { return known; })) return;
  if (self_.rank != 0 && !up_) return;
  const auto inside = [&](const Member& m) {
    return m.rank >= self_.rank && m.rank - self_.rank < std::ssize(is_known_);
  };
  std::ranges::sort(known_, {}, &Member::rank);
  if (self_.rank == 0) return arrange();
  Encoder out;
  std::size_t count = 0;
  for (const Member& member : known_) {
    if (!inside(member)) continue;
    encode(member, out);
    if (++count % members_a_frame == 0) send_to(up_.get(), Frame::members, std::exchange(out, {}).view());
  }
  if (out.size() != 0) send_to(up_.get(), Frame::members, out.view());
}

bool Overlay::take_roster(Contents contents) {
  send_down(Frame::roster, contents);
  Service& service = stay_->service();
  Decoder in(contents);
  const auto first = in.number<Rank>();
  const auto count = in.number<Rank>();
  if (!in.ok() || first != std::ssize(arriving_) || count <= 0 || count > ranks_ - first) return false;
  auto shared = service.shared_roster(stay_->keys()->communicator());
  if (shared) {
    // Another rank of this process has it: only count.
    arriving_.resize(static_cast<std::size_t>(first + count));
  } else {
    for (Rank k = 0; k < count; ++k) {
      arriving_.push_back(decode_member(in));
      if (arriving_.back().rank != first + k) return false;
    }
    if (!in.complete()) return false;
  }
  if (std::ssize(arriving_) < ranks_) return true;
  complete(shared ? shared : std::make_shared<const Roster>(std::move(arriving_)));
  arriving_ = {};
  return true;
}

/// Rank 0, which has heard of all.
void Overlay::arrange() {
  Roster roster = known_;
  for (Member& member : roster) {  // nobody else's to say
    member.place = Member::nowhere;
    member.declared_mbits = 0;
  }
  if (arrange_)
    if (auto arranged = std::exchange(arrange_, {})(roster); !arranged) return report(arranged.error());
  complete(std::make_shared<const Roster>(std::move(roster)));
}

void Overlay::complete(std::shared_ptr<const Roster> roster) {
  roster_ = std::move(roster);
  if (self_.rank == 0 && ranks_ > 1) {
    for (std::size_t first = 0; first < roster_->size(); first += members_a_frame) {
      const auto part = std::span(*roster_).subspan(first, std::min(members_a_frame, roster_->size() - first));
      Encoder out;
      out.number(static_cast<Rank>(first));
      out.number(static_cast<Rank>(part.size()));
      for (const Member& member : part) encode(member, out);
      send_down(Frame::roster, out.view());
    }
    leave_rendezvous();
  }
  stay_->service().share_roster(stay_->keys()->communicator(), roster_);
  known_ = {};
  publish([&](Progress& progress) { progress.roster = roster_; });
}

}  // namespace treering

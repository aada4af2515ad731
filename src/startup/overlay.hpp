// What of a communicator's Control lives on the service thread: the links to the parent and the children in the tree,
// the gathering of the roster, the choice of the first cause of a failure, messages on their way, and goodbyes.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "startup/cause.hpp"
#include "startup/framed_link.hpp"
#include "startup/member.hpp"
#include "startup/rendezvous.hpp"
#include "startup/service.hpp"

namespace treering {

class Overlay : public std::enable_shared_from_this<Overlay> {
 public:
  Overlay(std::shared_ptr<Stay> stay, Member self, Rank ranks);

  // Any thread.

  std::optional<Error> failure() const;
  /// What join() waits for.
  struct Progress {
    std::optional<Member> parent;  ///< told by the rendezvous
    std::shared_ptr<const Roster> roster;
    std::optional<Error> failure;
    bool all_said_goodbye = false;
  };
  /// Waits until `enough`, or until the deadline has passed or `cancelled` is set; what there is by then.
  Progress wait(Deadline deadline, const std::atomic<bool>* cancelled,
                const std::function<bool(const Progress&)>& enough) const;
  EventThread& events() const { return events_; }

  // On the service thread.

  /// Of rank 0, before begin(): called once with the roster of several ranks, before the others get it. Its error is
  /// that of all.
  void set_arrange(Arrange arrange) { arrange_ = std::move(arrange); }
  void begin();  ///< from now on children are accepted
  void attach_rendezvous(Descriptor socket, const Introduction& introduction);
  void attach_parent(Rank parent, Descriptor socket);
  void report(const Error& error);
  void send(Rank target, std::span<const std::byte> message);
  void say_goodbye();
  std::string not_yet_finished() const;  ///< whom goodbyes are waited for, for people
  /// The last call: no callback runs afterwards, links are closed.
  void leave();

  void set_failed(std::function<void(const Error&)> failed);
  void set_told(std::function<void(Rank, std::span<const std::byte>)> told);

 private:
  enum class Frame : std::uint8_t {
    members = 1,   ///< up: some of the subtree
    roster = 2,    ///< down: the next members
    report = 3,    ///< up: a Cause
    verdict = 4,   ///< down: a Cause
    message = 5,   ///< from, target, contents
    goodbye = 6,   ///< up: the whole subtree has finished
    farewell = 7,  ///< down: all have
    left = 8,      ///< to all neighbours: this rank goes without a goodbye
  };
  using Contents = std::span<const std::byte>;

  void take_child(Rank child, Descriptor socket);
  std::shared_ptr<FramedLink> open(Rank peer, Descriptor socket);
  void drop(Rank peer);
  void lost(Rank peer, const LinkEnd& how);
  void lost_rendezvous(const std::string& reason);
  void leave_rendezvous();  ///< as one who needs it no more
  bool take_meeting_frame(MeetingFrame kind, Contents contents);
  bool take_frame(Rank peer, Frame kind, Contents contents);
  bool take_members(Rank child, Contents contents);
  bool take_roster(Contents contents);
  bool take_message(Contents contents);
  void route(Rank from, Rank target, Contents contents);
  void deliver(Rank from, Contents contents);
  void send_members_up();
  void arrange();
  void complete(std::shared_ptr<const Roster> roster);
  void forward_goodbye();
  void take_farewell();
  void take_report(const Cause& cause);
  void decide();
  void adopt(const Cause& verdict);
  const Member* member(Rank rank) const;  ///< null: it has not introduced itself here
  std::string name(Rank rank) const;
  void tell_silence(Rank peer, const SilenceNews& news);
  void send_to(FramedLink* link, Frame kind, Contents contents = {});
  void send_down(Frame kind, Contents contents = {});
  /// Rewrites what wait() looks at.
  void publish(const std::function<void(Progress&)>& change);

  EventThread& events_;
  std::shared_ptr<Stay> stay_;  // given up in leave(): timers may keep this object a little longer
  const Member self_;
  const Rank ranks_;

  mutable std::mutex mutex_;  // of progress_
  mutable std::condition_variable changed_;
  Progress progress_;

  // On the service thread only.
  std::shared_ptr<FramedLink> rendezvous_;
  std::shared_ptr<FramedLink> up_;
  std::map<Rank, std::shared_ptr<FramedLink>> down_;
  std::vector<Member> known_;   // of the subtree, as far as they have introduced themselves; and the parent
  std::vector<bool> is_known_;  // by rank, relative to this one
  Roster arriving_;             // the roster, as far as it has come down
  std::shared_ptr<const Roster> roster_;
  std::vector<Rank> goodbyes_;  // children whose subtrees have finished
  bool own_goodbye_ = false;
  bool farewell_ = false;
  bool left_ = false;
  std::optional<Cause> suspected_;  // the best so far, before the verdict
  std::optional<Cause> verdict_;
  Arrange arrange_;
  std::function<void(const Error&)> failed_;
  std::function<void(Rank, Contents)> told_;
  std::vector<std::pair<Rank, std::vector<std::byte>>> untold_;  // messages that came before set_told()
};

}  // namespace treering

#include "startup/rendezvous.hpp"

#include <algorithm>
#include <list>

#include "startup/bootstrap.hpp"
#include "startup/cause.hpp"
#include "startup/encoding.hpp"
#include "startup/handshake.hpp"

namespace treering {
namespace {

constexpr std::size_t most_decisions = 32;
constexpr std::size_t longest_decision_name = 64;
constexpr std::size_t longest_decision_value = 256;
constexpr int named_at_most = 6;
constexpr std::chrono::minutes memory{5};  // of a failed start, for ranks that come late

std::string in_seconds(std::uint32_t milliseconds) {
  if (milliseconds % 1000 == 0) return std::to_string(milliseconds / 1000) + " s";
  return std::to_string(milliseconds) + " ms";
}

/// "rank 3", "ranks 3, 7 and 12", "ranks 1, 2, 3, 4, 5, 6 and 94 more".
std::string list_of(const std::vector<Rank>& ranks) {
  std::string text = ranks.size() == 1 ? "rank " : "ranks ";
  const std::size_t named = std::min<std::size_t>(ranks.size(), named_at_most);
  for (std::size_t k = 0; k < named; ++k) {
    const bool last = k + 1 == ranks.size();
    text += (k == 0 ? "" : last ? " and " : ", ") + std::to_string(ranks[k]);
  }
  if (ranks.size() > named) text += " and " + std::to_string(ranks.size() - named) + " more";
  return text;
}

Error other_version(std::uint32_t version) {
  return {Code::invalid_usage,
          "a rank runs version " + std::to_string(version) + " of Treering, the process that made the unique id " +
              std::to_string(library_version) + " (100 is 0.1.0) install one release on all hosts"};
}

/// All methods on the service thread. Keeps itself alive by what it has registered there.
class Rendezvous : public std::enable_shared_from_this<Rendezvous> {
 public:
  Rendezvous(EventThread& events, std::string where) : events_(events), where_(std::move(where)) {}

  std::shared_ptr<Stay> stay;  ///< at home here as nobody; given up when all is over

  void take_guest(Descriptor socket) {
    const auto guest = guests_.emplace(guests_.end());
    FramedLink::Callbacks callbacks{
        [self = shared_from_this(), guest](std::uint8_t kind, std::span<const std::byte> contents) {
          return self->take_frame(guest, static_cast<MeetingFrame>(kind), contents);
        },
        [self = shared_from_this(), guest](const LinkEnd& how) { self->lost(guest, how.reason); },
        [self = shared_from_this(), guest](const SilenceNews& news) { self->tell_silence(*guest, news); }};
    auto link = FramedLink::open(events_, std::move(socket), std::move(callbacks));
    if (!link) {
      guests_.erase(guest);
      return;
    }
    guest->link = *std::move(link);
    if (failure_) tell_failure(*guest);
  }

 private:
  struct Guest {
    std::shared_ptr<FramedLink> link;
    Rank rank = nobody;
    bool has_met = false;
  };
  using Place = std::list<Guest>::iterator;

  bool take_frame(Place guest, MeetingFrame kind, std::span<const std::byte> contents) {
    Decoder in(contents);
    switch (kind) {
      case MeetingFrame::introduction: {
        Introduction introduction = decode_introduction(in);
        if (guest->rank != nobody) return false;
        if (introduction.version != library_version) {
          fail(other_version(introduction.version));
          return true;
        }
        if (!in.complete()) return false;
        if (!failure_) take_introduction(*guest, std::move(introduction));
        return true;
      }
      case MeetingFrame::met:
        if (guest->rank == nobody) return false;
        guest->has_met = true;
        if (guest->rank == 0 && !failure_) close();
        return true;
      case MeetingFrame::failure: {
        const Cause cause = decode_cause(in);
        if (!in.complete()) return false;
        fail(cause.error);
        return true;
      }
      case MeetingFrame::parent: break;
    }
    return false;
  }

  void take_introduction(Guest& guest, Introduction introduction) {
    if (auto welcome = check(introduction); !welcome) {
      fail(welcome.error());
      return;
    }
    const Rank rank = introduction.member.rank;
    const Deadline deadline = Clock::now() + std::chrono::milliseconds(introduction.timeout_ms);
    if (!deadline_ || deadline < *deadline_) {
      deadline_ = deadline;
      events_.at(deadline, [self = shared_from_this(), ms = introduction.timeout_ms] { self->time_is_up(ms); });
    }
    guest.rank = rank;
    present_.emplace(rank, std::move(introduction));
    // The parent may be here already; and this rank may be the parent that others wait for.
    for (Guest& other : guests_)
      if (other.rank != nobody && (other.rank == rank || parent_in_tree(other.rank) == rank)) tell_parent(other);
  }

  /// Does this rank fit to those that are here?
  Result<void> check(const Introduction& mine) const {
    const std::string name = name_of(mine.member);
    const Rank rank = mine.member.rank;
    if (rank < 0 || rank >= mine.ranks)
      return Error{Code::invalid_argument, name + " is outside of its communicator of " + std::to_string(mine.ranks) +
                                               " ranks (ranks count from 0) correct the rank"};
    if (const auto twin = present_.find(rank); twin != present_.end())
      return Error{Code::invalid_usage, "rank " + std::to_string(rank) + " has joined twice (" +
                                            name_of(twin->second.member) + " and " + name +
                                            ") give every process a rank of its own"};
    if (present_.empty()) return {};
    const Introduction& first = present_.begin()->second;
    const std::string both = name_of(first.member) + " and " + name;
    const auto differ = [&](const std::string& what, const std::string& one, const std::string& other,
                            const char* hint) {
      return Error{Code::invalid_usage,
                   both + " disagree about the " + what + " (" + one + " against " + other + ") " + hint};
    };
    if (first.ranks != mine.ranks)
      return differ("number of ranks", std::to_string(first.ranks), std::to_string(mine.ranks),
                    "pass the same number on every rank");
    if (first.decisions.size() != mine.decisions.size())
      return differ("number of decisions", std::to_string(first.decisions.size()),
                    std::to_string(mine.decisions.size()), "install one build on all hosts");
    for (std::size_t k = 0; k < mine.decisions.size(); ++k) {
      const Decision &theirs = first.decisions[k], &ours = mine.decisions[k];
      if (theirs.name != ours.name || theirs.value != ours.value)
        return differ(theirs.name, theirs.value, (ours.name == theirs.name ? "" : ours.name + " ") + ours.value,
                      "set the same options on every rank");
    }
    return {};
  }

  void tell_parent(Guest& guest) {
    const auto parent = present_.find(parent_in_tree(guest.rank));
    if (parent == present_.end()) return;
    Encoder out;
    encode(parent->second.member, out);
    guest.link->send(static_cast<std::uint8_t>(MeetingFrame::parent), out.view());
  }

  void lost(Place guest, const std::string& reason) {
    const bool gave_up = guest->rank != nobody && !guest->has_met && !failure_ && !closed_;
    const Rank rank = guest->rank;
    guests_.erase(guest);
    if (gave_up)
      fail({Code::remote_error, name_of(present_.at(rank).member) + " died or gave up while the ranks were meeting (" +
                                    reason + ") look at its output"});
  }

  void tell_silence(const Guest& guest, const SilenceNews& news) {
    const auto known = present_.find(guest.rank);
    if (known == present_.end() || !stay) return;
    const Member& member = known->second.member;
    stay->service().silences().take(member.boot, name_of(member), nobody, news);
  }

  void time_is_up(std::uint32_t timeout_ms) {
    if (closed_ || failure_) return;
    const Rank ranks = present_.begin()->second.ranks;
    std::vector<Rank> missing;
    for (Rank rank = 0; rank < ranks; ++rank)
      if (!present_.contains(rank)) missing.push_back(rank);
    const std::string within = " within " + in_seconds(timeout_ms);
    if (missing.empty())
      return fail({Code::timeout, "not all of the " + std::to_string(ranks) + " ranks could connect to one another" +
                                      within + " (all of them have reached " + where_ +
                                      ") check for firewalls between the hosts"});
    fail({Code::timeout,
          list_of(missing) + " of " + std::to_string(ranks) + (missing.size() == 1 ? " has" : " have") + " not joined" +
              within + " (" + std::to_string(present_.size()) +
              " have) check that they were started with the same unique id, that they still run, and that they "
              "can reach " +
              where_});
  }

  void fail(const Error& error) {
    if (failure_ || closed_) return;
    failure_ = error;
    for (Guest& guest : guests_) tell_failure(guest);
    events_.at(Clock::now() + memory, [self = shared_from_this()] { self->close(); });
  }

  void tell_failure(Guest& guest) {
    Encoder out;
    encode(Cause{*failure_, nobody, false}, out);
    guest.link->send(static_cast<std::uint8_t>(MeetingFrame::failure), out.view());
  }

  void close() {
    if (closed_) return;
    closed_ = true;
    for (Guest& guest : guests_) guest.link->close();
    stay.reset();
  }

  EventThread& events_;
  std::string where_;
  std::list<Guest> guests_;
  std::map<Rank, Introduction> present_;
  std::optional<Deadline> deadline_;  // the earliest of those who are here
  std::optional<Error> failure_;
  bool closed_ = false;
};

}  // namespace

const std::uint32_t library_version = TREERING_VERSION_NUMBER;  // from CMakeLists.txt

void encode(const Introduction& introduction, Encoder& out) {
  out.number(introduction.version);
  encode(introduction.member, out);
  out.number(introduction.ranks);
  out.number(introduction.timeout_ms);
  const std::size_t count = std::min(introduction.decisions.size(), most_decisions);
  out.number(static_cast<std::uint8_t>(count));
  for (const Decision& decision : std::span(introduction.decisions).first(count)) {
    out.text(decision.name, longest_decision_name);
    out.text(decision.value, longest_decision_value);
  }
}

Introduction decode_introduction(Decoder& in) {
  Introduction introduction;
  introduction.version = in.number<std::uint32_t>();
  if (introduction.version != library_version) return introduction;
  introduction.member = decode_member(in);
  introduction.ranks = in.number<Rank>();
  introduction.timeout_ms = in.number<std::uint32_t>();
  const auto count = in.number<std::uint8_t>();
  if (count > most_decisions) in.fail();
  for (int k = 0; k < count && in.ok(); ++k) {
    Decision decision;
    decision.name = in.text(longest_decision_name);
    decision.value = in.text(longest_decision_value);
    introduction.decisions.push_back(std::move(decision));
  }
  return introduction;
}

Result<void> open_rendezvous(Service& service, const MeetingPlace& place, std::function<void()> on_guest) {
  auto keys = Keys::derive(place.secret);
  if (!keys) return std::move(keys).error();
  auto rendezvous = std::make_shared<Rendezvous>(service.events(), networks_text(place.addresses, place.port));
  auto stay = Stay::begin(service, *std::move(keys), nobody);
  if (!stay) return std::move(stay).error();
  rendezvous->stay = *stay;
  (*stay)->on_accept(meeting, [rendezvous, on_guest = std::move(on_guest)](Rank, Descriptor socket) {
    if (on_guest) on_guest();
    rendezvous->take_guest(std::move(socket));
  });
  return {};
}

Result<UniqueId> make_unique_id() {
  auto service = Service::of_process();
  if (!service) return std::move(service).error();
  MeetingPlace place{(*service)->self().port, {}, (*service)->self().addresses};
  if (auto filled = fill_random(place.secret); !filled) return std::move(filled).error();
  if (auto opened = open_rendezvous(**service, place); !opened) return std::move(opened).error();
  return encode(place);
}

}  // namespace treering

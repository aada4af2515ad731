#include "startup/bootstrap.hpp"

#include <algorithm>

#include "startup/cause.hpp"
#include "startup/dial.hpp"
#include "startup/encoding.hpp"
#include "startup/overlay.hpp"
#include "startup/rendezvous.hpp"
#include "startup/service.hpp"

namespace treering {
namespace {

// The rendezvous names the missing ranks when the time is up; that message needs a moment to arrive.
constexpr std::chrono::seconds extra_for_the_reason{3};

/// One rank on its way into a communicator.
class Joining {
 public:
  Joining(const JoinRequest& request, Service& service, std::shared_ptr<Stay> stay)
      : request_(request), stay_(std::move(stay)), deadline_(Clock::now() + request.timeout) {
    self_ = service.self();
    self_.rank = request.rank;
    self_.device = request.device;
    self_.rdma = request.rdma;
    overlay_ = std::make_shared<Overlay>(stay_, self_, request.ranks);
    control_ = std::make_unique<Control>(overlay_);
    if (request.rank == 0) overlay_->set_arrange(request.arrange);
    service.events().call([&] { overlay_->begin(); });
  }

  Result<Joined> run(const MeetingPlace& place) {
    if (request_.ranks > 1)
      if (auto met = meet(place); !met) return std::move(met).error();
    const auto reached = wait([](const Overlay::Progress& progress) { return progress.roster || progress.failure; });
    if (!reached) return reached.error();
    Joined joined;
    joined.roster = reached->roster;
    joined.connector = std::make_unique<RankConnector>(stay_, joined.roster, *control_, request_.cancelled);
    joined.control = std::move(control_);
    return joined;
  }

 private:
  Result<void> meet(const MeetingPlace& place) {
    Dialing dialing = dialing_to(nobody, meeting, "the rendezvous, in the process that made the unique id,");
    for (const Address& address : place.addresses) dialing.endpoints.push_back(tcp_endpoint(address, place.port));
    if (std::ranges::all_of(place.addresses, is_loopback))
      dialing.advice =
          "only ranks of its own host can, for it offers no network address: see its interfaces, TREERING_INTERFACES "
          "and TREERING_ADDRESS_FAMILY";
    auto socket = dial(dialing);
    if (!socket) return std::move(socket).error();
    Introduction introduction{self_, request_.ranks, library_version,
                              static_cast<std::uint32_t>(request_.timeout.count()), request_.decisions};
    overlay_->events().call([&] { overlay_->attach_rendezvous(*std::move(socket), introduction); });
    if (request_.rank == 0) return {};
    auto reached = wait([](const Overlay::Progress& progress) { return progress.parent || progress.failure; });
    if (!reached) return std::move(reached).error();
    return connect_to_parent(*reached->parent);
  }

  Result<void> connect_to_parent(const Member& parent) {
    Dialing dialing = dialing_to(parent.rank, Purpose::control, name_of(parent));
    // On one host a Unix socket is the quicker one, if it can be seen from here.
    if (may_share_host(parent, self_)) dialing.endpoints.push_back(unix_endpoint(parent.socket_path));
    for (const Address& address : parent.addresses) dialing.endpoints.push_back(tcp_endpoint(address, parent.port));
    auto socket = dial(dialing);
    if (!socket) {
      // Something else may have made the parent go away: then that is the reason.
      control_->fail(socket.error());
      const auto verdict =
          overlay_->wait(Clock::now() + std::chrono::seconds(1), request_.cancelled,
                         [](const Overlay::Progress& progress) { return progress.failure.has_value(); });
      return verdict.failure ? *verdict.failure : std::move(socket).error();
    }
    overlay_->events().call([&] { overlay_->attach_parent(parent.rank, *std::move(socket)); });
    return {};
  }

  Dialing dialing_to(Rank target, Purpose purpose, const std::string& whom) {
    Dialing dialing;
    dialing.keys = stay_->keys();
    dialing.greeting = {purpose, {}, request_.rank, target};
    dialing.whom = whom;
    dialing.deadline = deadline_;
    dialing.go_on = [this]() -> Result<void> {
      if (auto failure = overlay_->failure()) return *std::move(failure);
      if (is_cancelled()) return cancelled();
      return {};
    };
    return dialing;
  }

  Result<Overlay::Progress> wait(const std::function<bool(const Overlay::Progress&)>& enough) {
    auto reached = overlay_->wait(deadline_ + extra_for_the_reason, request_.cancelled, enough);
    if (reached.failure) return *std::move(reached.failure);
    if (enough(reached)) return reached;
    if (is_cancelled()) return cancelled();
    return Error{Code::timeout,
                 "rank " + std::to_string(request_.rank) + " of " + std::to_string(request_.ranks) +
                     " could not join in time (no answer from the rendezvous or from another rank) check that "
                     "all ranks run, and the network between them"};
  }

  bool is_cancelled() const { return request_.cancelled && *request_.cancelled; }
  static Error cancelled() { return {Code::invalid_usage, "joining was cancelled (the communicator was aborted)"}; }

  const JoinRequest& request_;
  std::shared_ptr<Stay> stay_;
  Deadline deadline_;
  Member self_;
  std::shared_ptr<Overlay> overlay_;
  std::unique_ptr<Control> control_;
};

/// For one who has no place in the overlay: tells the rendezvous, and so all who are there or come, why they will not
/// be complete.
void complain(const JoinRequest& request, EventThread& events, const MeetingPlace& place,
              std::shared_ptr<const Keys> keys, const Error& error) {
  constexpr std::chrono::milliseconds patience{10'000};  // who calls waits for the error
  Dialing dialing;
  dialing.keys = std::move(keys);
  dialing.greeting = {meeting, {}, request.rank, nobody};
  dialing.deadline = Clock::now() + std::min(request.timeout, patience);
  dialing.go_on = [] { return Result<void>(); };
  for (const Address& address : place.addresses) dialing.endpoints.push_back(tcp_endpoint(address, place.port));
  auto socket = dial(dialing);
  if (!socket) return;  // they have met already
  Encoder out;
  encode(Cause{error, request.rank, false}, out);
  events.call([&] {
    auto link = FramedLink::open(events, *std::move(socket), {});
    if (!link) return;
    (*link)->send(static_cast<std::uint8_t>(MeetingFrame::failure), out.view());
    (*link)->close();
  });
}

/// The process cannot take part in any job: has no port, for example. The others need not find out by waiting.
void complain(const JoinRequest& request, const MeetingPlace& place, std::shared_ptr<const Keys> keys,
              const Error& error) {
  if (const auto events = EventThread::start())
    complain(request, **events, place, std::move(keys),
             {error.code, "rank " + std::to_string(request.rank) + " could not start: " + error.message});
}

}  // namespace

Result<Joined> join(const JoinRequest& request) {
  if (request.ranks < 1 || request.rank < 0 || request.rank >= request.ranks)
    return Error{Code::invalid_argument,
                 "rank " + std::to_string(request.rank) + " of " + std::to_string(request.ranks) +
                     " cannot join (ranks count from 0 to the number of ranks less 1) correct both"};
  const auto place = decode(request.id);
  if (!place) return place.error();
  auto service = Service::of_process();
  auto keys = Keys::derive(place->secret);
  if (!keys) return std::move(keys).error();
  if (!service) {
    if (request.ranks > 1) complain(request, *place, *keys, service.error());
    return std::move(service).error();
  }
  auto stay = Stay::begin(**service, *keys, request.rank);
  if (!stay) {
    complain(request, (*service)->events(), *place, *keys, stay.error());
    return std::move(stay).error();
  }
  return Joining(request, **service, *std::move(stay)).run(*place);
}

}  // namespace treering

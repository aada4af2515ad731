#include "startup/connector.hpp"

#include <sys/epoll.h>

#include "options/log.hpp"
#include "startup/dial.hpp"
#include "startup/service.hpp"

namespace treering {

RankConnector::RankConnector(std::shared_ptr<const Stay> stay, std::shared_ptr<const Roster> roster,
                             const Control& control, const std::atomic<bool>* cancelled)
    : stay_(std::move(stay)), roster_(std::move(roster)), control_(control), cancelled_(cancelled) {}

RankConnector::~RankConnector() = default;

Result<Descriptor> RankConnector::connect(Rank peer, Purpose purpose) {
  if (peer < 0 || peer >= std::ssize(*roster_) || peer == stay_->rank())
    return Error{Code::invalid_argument, "rank " + std::to_string(peer) + " is no peer of rank " +
                                             std::to_string(stay_->rank()) + " (there are " +
                                             std::to_string(roster_->size()) + " ranks)"};
  const Member& target = (*roster_)[static_cast<std::size_t>(peer)];
  Dialing dialing;
  if (purpose == Purpose::shared_memory) {
    if (!may_share_host(target, stay_->service().self()))
      return Error{Code::invalid_usage,
                   name_of(target) + " is on another host (its kernel has another boot id) use TCP"};
    dialing.endpoints.push_back(unix_endpoint(target.socket_path));
    dialing.patience_with_refusal = std::chrono::milliseconds(0);  // it has listened since before we met
    dialing.advice =
        "check that it is running, as the same user, and that both processes see one /tmp (or one XDG_RUNTIME_DIR), "
        "which containers do only where it is shared";
  } else {
    for (const Address& address : target.addresses) dialing.endpoints.push_back(tcp_endpoint(address, target.port));
  }
  dialing.keys = stay_->keys();
  dialing.greeting = {purpose, {}, stay_->rank(), peer};
  dialing.whom = name_of(target);
  dialing.deadline = Clock::now() + options().connect_timeout;
  dialing.go_on = [this]() -> Result<void> {
    if (auto failure = control_.failure()) return *std::move(failure);
    if (cancelled_ && *cancelled_)
      return Error{Code::invalid_usage, "connecting was cancelled (the communicator was aborted)"};
    return {};
  };
  return dial(dialing);
}

void RankConnector::on_accept(Purpose purpose, std::function<void(Rank, Descriptor)> accepted) {
  Accepted checked;
  if (accepted) {
    checked = [accepted = std::move(accepted), ranks = std::ssize(*roster_), self = stay_->rank()](Rank from,
                                                                                                   Descriptor socket) {
      if (from >= 0 && from < ranks && from != self) accepted(from, std::move(socket));
    };
  }
  stay_->on_accept(purpose, std::move(checked));
}

void RankConnector::watch(int fd, std::function<bool()> readable) {
  EventThread& events = stay_->service().events();
  events.call([&] {
    const auto watched = events.watch(fd, EPOLLIN, [&events, fd, readable = std::move(readable)](std::uint32_t) {
      if (!readable()) events.forget(fd);
    });
    if (!watched) log(LogLevel::error, stay_->rank(), watched.error().message);
  });
}

void RankConnector::forget(int fd) {
  EventThread& events = stay_->service().events();
  events.call([&] { events.forget(fd); });
}

std::chrono::milliseconds RankConnector::silence_timeout() const {
  return options().silence_timeout;
}

void RankConnector::tell_silence(Rank peer, const SilenceNews& news) {
  const Member& member = (*roster_)[static_cast<std::size_t>(peer)];
  stay_->service().silences().take(member.boot, name_of(member), stay_->rank(), news);
}

void RankConnector::on_status(StatusTexts texts) {
  stay_->on_status(std::move(texts));
}

}  // namespace treering

#include "treering/communicator.hpp"

#include <fmt/format.h>

#include "api/endpoint.hpp"
#include "api/group.hpp"
#include "api/last_error.hpp"
#include "startup/launch.hpp"
#include "transports/memory.hpp"

namespace treering {
namespace {

Settings settings_of(const Configuration& configuration) {
  return {configuration.name, configuration.start_timeout, configuration.operation_timeout};
}

Result<std::shared_ptr<api::Endpoint>> joined(api::Terms terms) {
  if (terms.ranks < 1 || terms.rank < 0 || terms.rank >= terms.ranks) {
    return Error{Code::invalid_argument,
                 fmt::format("Communicator::create: no rank {} of {} (ranks count from 0 to ranks - 1) "
                             "pass a rank below the number of ranks",
                             terms.rank, terms.ranks)};
  }
  auto endpoint = std::make_shared<api::Endpoint>(std::move(terms));
  auto result = endpoint->join();
  if (!result) return std::move(result).error();
  return endpoint;
}

}  // namespace

Result<Communicator> Communicator::create(const UniqueId& id, Rank rank, Rank ranks,
                                          const Configuration& configuration) {
  return api::guarded([&]() -> Result<Communicator> {
    auto endpoint = joined({id, rank, ranks, settings_of(configuration)});
    if (!endpoint) return std::move(endpoint).error();
    return Communicator(*std::move(endpoint));
  });
}

Result<std::vector<Communicator>> Communicator::create_all(Rank ranks, const Configuration& configuration) {
  return api::guarded([&]() -> Result<std::vector<Communicator>> {
    if (ranks < 1) {
      return Error{
          Code::invalid_argument,
          fmt::format(
              "Communicator::create_all: {} ranks make no communicator (there is at least one) pass their number",
              ranks)};
    }
    const auto id = make_unique_id();
    if (!id) return id.error();
    std::vector<Communicator> made;
    api::CallGroup together;
    together.begin();
    for (Rank rank = 0; rank < ranks; ++rank) {
      auto endpoint = std::make_shared<api::Endpoint>(api::Terms{*id, rank, ranks, settings_of(configuration)});
      together.add([endpoint] { return endpoint->join(); });
      made.push_back(Communicator(std::move(endpoint)));
    }
    auto all_joined = together.end();
    if (!all_joined) return std::move(all_joined).error();
    return made;
  });
}

Result<Communicator> Communicator::from_environment(const Configuration& configuration) {
  return api::guarded([&]() -> Result<Communicator> {
    const auto invitation = invitation_from_environment();
    if (!invitation) return invitation.error();
    return create(invitation->id, invitation->rank, invitation->ranks, configuration);
  });
}

Rank Communicator::rank() const {
  return endpoint_->terms().rank;
}
Rank Communicator::ranks() const {
  return endpoint_->terms().ranks;
}
std::string Communicator::summary() const {
  return endpoint_->summary();
}

Result<void> Communicator::finalize() {
  return api::guarded([&] { return endpoint_->finalize(); });
}

void Communicator::abort() {
  endpoint_->abort(
      {Code::invalid_usage, fmt::format("the communicator was aborted (rank {} called abort) make a new one", rank())});
}

Result<void> Communicator::failure() const {
  auto failure = endpoint_->failure();
  if (failure) return *std::move(failure);
  return {};
}

Group::Group() {
  api::CallGroup::of_this_thread().begin();
}

Group::~Group() {
  if (open_) api::CallGroup::of_this_thread().leave();
}

Result<void> Group::end() {
  return api::guarded([&]() -> Result<void> {
    if (!open_)
      return Error{Code::invalid_usage, "Group::end: the group has ended before (a group ends once) make another"};
    open_ = false;
    return api::CallGroup::of_this_thread().end();
  });
}

Result<Pending> Group::start() {
  return api::guarded([&]() -> Result<Pending> {
    if (!open_)
      return Error{Code::invalid_usage, "Group::start: the group has ended before (a group ends once) make another"};
    auto begun = api::CallGroup::of_this_thread().end_and_start();
    open_ = api::CallGroup::of_this_thread().is_open();
    if (!begun) return std::move(begun).error();
    std::vector<Pending::Operation> operations;
    for (api::Started& operation : begun->operations)
      operations.push_back({std::move(operation.endpoint), operation.ticket});
    return Pending(std::move(operations));
  });
}

Pending& Pending::operator=(Pending&& other) noexcept {
  if (this != &other) {
    static_cast<void>(wait());
    operations_ = std::move(other.operations_);
  }
  return *this;
}

Pending::~Pending() {
  static_cast<void>(wait());
}

Result<void> Pending::wait() {
  return api::guarded([&]() -> Result<void> {
    if (operations_.empty()) return {};
    std::vector<api::Started> started;
    for (Operation& operation : operations_) started.push_back({std::move(operation.endpoint), operation.ticket});
    operations_.clear();
    return api::wait_for_all(started);
  });
}

bool Pending::done() {
  for (const Operation& operation : operations_) {
    if (!operation.endpoint->done(operation.ticket)) return false;
  }
  return true;
}

Result<void*> allocate(std::size_t bytes) {
  return api::guarded([&]() -> Result<void*> {
    if (bytes == 0) return nullptr;
    return memory::allocate(bytes);
  });
}

Result<void> deallocate(void* memory) {
  return api::guarded([&]() -> Result<void> {
    if (memory == nullptr) return {};
    return memory::release(memory);
  });
}

}  // namespace treering

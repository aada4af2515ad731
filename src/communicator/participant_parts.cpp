#include "communicator/participant_parts.hpp"

#include <fmt/format.h>

#include "communicator/overview.hpp"
#include "communicator/placement.hpp"
#include "communicator/point_to_point.hpp"
#include "execution/caches.hpp"
#include "options/log.hpp"
#include "transports/memory.hpp"

namespace treering {
namespace {

/// A number for the communicator that no other of this process has.
std::uint64_t number_of(const UniqueId& id) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const std::byte byte : id.bytes) hash = (hash ^ static_cast<std::uint64_t>(byte)) * 0x100000001b3u;
  return hash;
}

/// Over sockets each slice is some calls into the system at either end, which is worth a larger one.
std::uint64_t slice_bytes(Reach farthest, const Options& options) {
  return farthest == Reach::tcp ? std::max(options.slice_bytes, options.window_bytes / 4) : options.slice_bytes;
}

Reach reach_within_a_host(const Options& options) {
  if (options.transport == "verbs") return Reach::verbs;
  if (options.transport == "ucx") return Reach::ucx;
  return options.transport == "tcp" ? Reach::tcp : Reach::shared_memory;
}

/// What is in place, in the sense of the NCCL interface (docs/architecture.md): the input is (part of) the output.
bool is_in_place(const Request& request, Rank rank) {
  const auto block = static_cast<std::uint64_t>(rank) * request.count * request.element_bytes;
  const auto send = reinterpret_cast<std::uintptr_t>(request.send);
  const auto recv = reinterpret_cast<std::uintptr_t>(request.recv);
  switch (request.collective) {
    case Collective::all_gather: return send == recv + block;
    case Collective::reduce_scatter: return recv == send + block;
    case Collective::broadcast:
    case Collective::reduce: return rank == request.root && send == recv;
    default: return send == recv;
  }
}

}  // namespace

ParticipantParts::~ParticipantParts() {
  if (!joined.control) return;
  joined.control->on_message({});
  joined.control->on_failure({});
  joined.connector->on_status({});
  if (links) links->close();
}

Result<void> ParticipantParts::meet(const UniqueId& id, Rank own_rank, Joined met) {
  joined = std::move(met);
  rank = own_rank;
  ranks = static_cast<Rank>(joined.roster->size());
  if (options.window_bytes == 0) options.window_bytes = window_for(*joined.roster);
  options.slice_bytes = std::min(options.slice_bytes, options.window_bytes / 2);
  auto opened = Links::open({number_of(id), rank, options.window_bytes, options.transport, rdma}, *joined.roster,
                            *joined.connector, own);
  if (!opened) return std::move(opened).error();
  links = std::move(*opened);
  const Roster& roster = *joined.roster;
  RankOrder order = options.order == "rank" ? RankOrder() : order_by_place(roster);
  plans =
      std::make_unique<Plans>(*links, Plans::Terms{rank, ranks, options.algorithm},
                              cluster_of(roster, reach_within_a_host(options), links->farthest()), std::move(order));
  const Pace pace{slice_bytes(links->farthest(), options), options.window_bytes / 2, bytes_of_own_cache(),
                  bytes_of_last_cache()};
  messages = std::make_unique<PointToPoint>(*links, rank, ranks);
  auto staging = make_staging();
  if (!staging) return std::move(staging).error();
  engine = std::make_unique<Engine>(links->transports(), pace, *std::move(staging));
  const Rank cores = cores_of_host(roster, roster[static_cast<std::size_t>(rank)]);
  patience.spin = options.spin;
  patience.shares_core = links->ranks_here() > cores;
  patience.share = CoreShare(static_cast<unsigned>((links->ranks_here() + cores - 1) / cores));
  joined.connector->on_status({[this] { return found(); }, [this] { return doing(); }});
  joined.control->on_message([this](Rank from, std::span<const std::byte> message) { answer(from, message); });
  joined.control->on_failure([this](const Error& cause) { fail_here(cause); });
  return {};
}

std::string ParticipantParts::found() const {
  return overview({*joined.roster, rank, settings.name, *links, *plans, options});
}

/// Where there are several peers who share memory.
Result<Staging> ParticipantParts::make_staging() {
  // Rings of that size in all would be small, and longer messages than half of it outgrow the caches anyway.
  constexpr std::uint64_t bytes = 2 << 20;
  if (links->ranks_here() < 3) return Staging();
  auto memory = memory::allocate(bytes);
  if (!memory) return std::move(memory).error();
  staged.reset(static_cast<std::byte*>(*memory));
  return Staging({staged.get(), bytes});
}

std::optional<Error> ParticipantParts::failure() const {
  if (!failed.load(std::memory_order_acquire)) return std::nullopt;
  const std::scoped_lock lock(failure_mutex);
  return first_failure;
}

void ParticipantParts::fail_here(const Error& cause) {
  {
    const std::scoped_lock lock(failure_mutex);
    if (first_failure) return;
    first_failure = cause;
    failed.store(true, std::memory_order_release);
  }
  log(LogLevel::info, rank, cause.message);
  wake(bell_of_own);
}

Result<Ticket> ParticipantParts::start(std::span<const Request> requests) {
  if (failed.load(std::memory_order_acquire)) return *failure();
  engine->drop_prepared();  // what a group that ran out of memory has left
  if (engine->idle()) plans->forget_if_many();
  if (auto prepared = prepare(requests); !prepared) {
    engine->drop_prepared();
    return cannot_start(std::move(prepared).error());
  }
  // Numbered only now that nothing of the group can be refused: the numbers must stay those of the peers.
  for (const Plan* plan : planned_) history.note(plan->words);
  waiting_since_.reset();
  Ticket ticket = 0;
  if (survives([&] { ticket = engine->start(); })) return ticket;
  engine->withdraw();  // the caller has the buffers back
  return *failure();
}

/// Does work that may call an operator of the user's, and may need memory. False: it has thrown. Its operation is stuck
/// in the middle, and the peers wait for the rest: all fail.
template <class EngineWork>
bool ParticipantParts::survives(const EngineWork& work) {
  try {
    work();
    return true;
  } catch (const std::bad_alloc&) {
    fail_everywhere({Code::system_error, fmt::format("out of memory on rank {}, in the middle of an operation", rank)});
  } catch (const std::exception& thrown) {
    fail_everywhere(operator_threw(thrown.what()));
  } catch (...) {
    fail_everywhere(operator_threw("no std::exception"));
  }
  return false;
}

Error ParticipantParts::operator_threw(std::string_view what) const {
  return {Code::invalid_usage,
          fmt::format("an operator threw an exception on rank {}: {} (half of its operation is done, and the other "
                      "ranks wait for the rest) mark such elements in the result instead, and throw after the call",
                      rank, what)};
}

void ParticipantParts::fail_everywhere(const Error& cause) {
  joined.control->fail(cause);
  fail_here(cause);
}

Result<void> ParticipantParts::prepare(std::span<const Request> requests) {
  planned_.clear();
  group_messages_.clear();
  for (const Request& request : requests) {
    if (is_message(request.collective))
      group_messages_.push_back(&request);
    else if (auto prepared = prepare(request); !prepared)
      return prepared;
  }
  return group_messages_.empty() ? Result<void>() : prepare_messages();
}

/// The peers have made the same call and would wait for this rank, unless it is the call that is wrong.
Error ParticipantParts::cannot_start(Error error) {
  if (error.code != Code::invalid_argument && error.code != Code::invalid_usage) report(error);
  return error;
}

Error ParticipantParts::outgrows_window(const Request& request) const {
  return {Code::invalid_argument,
          fmt::format("elements of {} bytes are too large (half of the window of {} bytes must hold one) raise "
                      "TREERING_WINDOW on all ranks",
                      request.element_bytes, options.window_bytes)};
}

Result<void> ParticipantParts::prepare(const Request& request) {
  if (request.element_bytes > options.window_bytes / 2) return outgrows_window(request);
  const bool in_place = is_in_place(request, rank);
  auto found = plans->find(request, signature_of(request), in_place);
  if (!found) return std::move(found).error();
  const Plan& plan = **found;
  planned_.push_back(&plan);

  Launch& launch = plan.operation ? engine->prepare(*plan.operation) : engine->prepare();
  if (launch.program != &plan.program) {
    launch.program = &plan.program;
    launch.work = plan.work;
    launch.stores = &plan.stores;
  }
  launch.op = request.op;
  // In place, the output is the larger of the two buffers, which for reduce-scatter is the one that is sent from.
  const bool sends_from_the_larger = in_place && request.collective == Collective::reduce_scatter;
  launch.work.base[static_cast<int>(Buffer::input)] = reinterpret_cast<std::uintptr_t>(request.send);
  launch.work.base[static_cast<int>(Buffer::output)] =
      reinterpret_cast<std::uintptr_t>(sends_from_the_larger ? request.send : request.recv);
  return {};
}

Result<void> ParticipantParts::prepare_messages() {
  auto planned = messages->find(group_messages_);
  if (!planned) return std::move(planned).error();
  Launch& launch = engine->prepare();
  launch.program = planned->program.get();
  launch.own_program = std::move(planned->program);
  launch.work = {};
  launch.op = Reduction::sum;
  launch.stores = nullptr;
  launch.work.kernel = kernel_for(launch.work.arithmetic);
  launch.work.digest = planned->digest;
  return {};
}

bool ParticipantParts::progress() {
  if (failed.load(std::memory_order_acquire)) {
    engine->withdraw();
    return false;
  }
  constexpr unsigned looks_between_checks =
      16;  // what is broken moves nothing any more, and can wait for a microsecond
  bool moved = false;
  if (!survives([&] { moved = engine->progress(); })) return false;
  if (!moved && ++idle_looks_ % looks_between_checks == 0 && (engine->mismatch() || engine->transport_failure()))
    report_what_broke();
  return moved;
}

}  // namespace treering

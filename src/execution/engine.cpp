#include "execution/engine.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>

#include "transports/recv_end.hpp"
#include "transports/send_end.hpp"

namespace treering {
namespace {

void write(OperationRecord& record, std::string_view text, std::uint32_t digest) {
  record.digest.store(0, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  const std::size_t length = std::min(text.size(), sizeof record.text - 1);
  for (std::size_t k = 0; k < length; ++k) record.text[k].store(text[k], std::memory_order_relaxed);
  record.text[length].store('\0', std::memory_order_relaxed);
  record.digest.store(digest, std::memory_order_release);
}

}  // namespace

Launch& Engine::prepare() {
  if (spare_.empty()) {
    operations_.push_back(std::make_unique<Operation>());
    spare_.reserve(operations_.capacity());  // for let_go(), which comes when it is too late to fail
    spare_.push_back(operations_.back().get());
  }
  Operation& operation = *spare_.back();
  prepared_.push_back(&operation);
  spare_.pop_back();
  operation.launch.program = nullptr;
  operation.is_tied = false;
  return operation.launch;
}

Launch& Engine::prepare(Operation& kept) {
  if (kept.is_taken) return prepare();
  prepared_.push_back(&kept);
  kept.is_kept = kept.is_taken = true;
  return kept.launch;
}

void Engine::drop_prepared() {
  for (Operation* operation : prepared_) let_go(*operation);
  prepared_.clear();
}

Ticket Engine::start() {
  ++last_;
  if (prepared_.size() == 1 && active_.empty()) {
    active_.swap(prepared_);
    Operation& alone = *active_.front();
    launch(alone);
    if (is_over_at_once(alone)) {
      note_duration(alone);
      let_go(alone);
      active_.clear();
    } else {
      enqueue(alone);
    }
    return last_;
  }
  const std::size_t already = active_.size();
  active_.insert(active_.end(), prepared_.begin(), prepared_.end());
  prepared_.clear();
  for (std::size_t k = already; k < active_.size(); ++k) launch(*active_[k]);
  for (std::size_t k = already; k < active_.size(); ++k) enqueue(*active_[k]);
  return last_;
}

void Engine::launch(Operation& operation) {
  operation.ticket = last_;
  const Program& program = *operation.launch.program;
  Work& work = operation.launch.work;
  work.arithmetic.scale = operation.launch.op.scale();
  work.arithmetic.combine = operation.launch.op.combine();
  choose_stores(operation);
  if (!operation.is_tied) tie(operation);
  operation.announced = announce(program, work.digest);
  for (LaneRun& run : operation.runs) run.begin();
}

/// What is the same each time that this operation runs this program.
void Engine::tie(Operation& operation) {
  const Program& program = *operation.launch.program;
  Work& work = operation.launch.work;
  const std::uint64_t scratch_bytes = program.scratch * work.element_bytes;
  if (operation.scratch.size() < scratch_bytes) operation.scratch.resize(scratch_bytes);
  work.base[static_cast<int>(Buffer::scratch)] = reinterpret_cast<std::uintptr_t>(operation.scratch.data());
  operation.runs.resize(program.lanes.size());
  for (std::size_t k = 0; k < program.lanes.size(); ++k) operation.runs[k].tie(program.lanes[k], work, pace_, staging_);
  operation.is_tied = true;
}

/// Tries an operation that has all lanes to itself: a short one has often nothing to wait for, and need not be queued.
bool Engine::is_over_at_once(Operation& operation) {
  if (!operation.announced) return false;
  bool moved_all = true;
  for (LaneRun& run : operation.runs) {
    run.progress();
    if (run.mismatch()) note_mismatch(run, operation);
    if (run.moved_all())
      run.note_loans();
    else
      moved_all = false;
  }
  for (Transport* transport : transports_) transport->progress();
  return moved_all && is_drained() && loans_returned(operation);
}

void Engine::enqueue(Operation& operation) {
  operation.running = 0;
  for (LaneRun& run : operation.runs) {
    if (run.moved_all()) continue;
    ++operation.running;
    auto& queue = lanes_[run.index()];
    if (queue.empty()) busy_.push_back(run.index());
    queue.emplace_back(&run, &operation);
  }
  moved_all_ += operation.running == 0;
}

/// What fits a core's own cache stays there. Of the rest, what outgrows all caches leaves at least its results out.
void Engine::choose_stores(Operation& operation) const {
  Work& work = operation.launch.work;
  const Program& program = *operation.launch.program;
  const StoreTrial* const trial = operation.launch.stores;
  const std::uint64_t bytes = (program.results + program.sent) * work.element_bytes;
  operation.tried_since.reset();
  work.past_caches = bytes < pace_.cache_bytes ? Storing::nothing : Storing::results;
  if (work.past_caches == Storing::nothing || !trial) return;
  operation.tried_from = bytes < pace_.last_cache_bytes ? Storing::nothing : Storing::results;
  work.past_caches = trial->way(operation.tried_from);
  operation.tried_since = std::chrono::steady_clock::now();
}

/// Says on every wire that the operation sends on what it is, unless the wire says so already. False: a wire is not
/// there yet, say it again before anything is sent.
bool Engine::announce(const Program& program, std::uint32_t digest) {
  const std::string& text = program.text;
  bool everywhere = true;
  for (const BoundLane& lane : program.lanes)
    for (SendEnd* end : lane.senders) {
      if (!end->wire.control)
        everywhere = false;
      else if (end->wire.control->record.digest.load(std::memory_order_relaxed) != digest)
        write(end->wire.control->record, text, digest);
    }
  return everywhere;
}

bool Engine::progress() {
  bool moved = progress_lanes();
  // What was moved just now gets on its way at once where a transport has to carry it.
  for (Transport* transport : transports_) moved |= transport->progress();
  if (moved_all_ > 0) retire();
  return moved;
}

bool Engine::progress_lanes() {
  bool moved = false;
  for (std::size_t k = 0; k < busy_.size();) {
    auto& queue = lanes_[busy_[k]];
    auto [run, operation] = queue.front();
    if (!operation->announced)
      operation->announced = announce(*operation->launch.program, operation->launch.work.digest);
    moved |= run->progress();
    if (run->mismatch()) note_mismatch(*run, *operation);
    if (!run->moved_all()) {
      ++k;
      continue;
    }
    run->note_loans();
    moved_all_ += --operation->running == 0;
    queue.pop_front();
    moved = true;
    if (!queue.empty()) continue;  // the next operation enters the lane
    busy_[k] = busy_.back();
    busy_.pop_back();
  }
  return moved;
}

void Engine::note_mismatch(const LaneRun& run, const Operation& operation) {
  if (mismatch_) return;
  const BoundWord& word = *run.mismatch();
  const OperationRecord& record = word.recv->wire.control->record;
  std::string text;
  // Point-to-point messages have digests of their own, not that of their group.
  const bool has_moved_on =
      run.index() != point_to_point_lane && record.digest.load(std::memory_order_acquire) != word.recv->digest_here();
  for (const auto& letter : has_moved_on ? std::span<const std::atomic<char>>() : std::span(record.text)) {
    const char c = letter.load(std::memory_order_relaxed);
    if (c == '\0') break;
    text.push_back(c);
  }
  mismatch_ = Mismatch{word.peer, operation.launch.program->text, std::move(text)};
}

/// Operations are over when all has moved, all that was lent is back, and nothing of it waits in this process.
void Engine::retire() {
  if (!is_drained()) return;
  for (std::size_t k = 0; k < active_.size();) {
    if (active_[k]->running > 0 || !loans_returned(*active_[k])) {
      ++k;
      continue;
    }
    --moved_all_;
    note_duration(*active_[k]);
    let_go(*active_[k]);
    active_.erase(active_.begin() + static_cast<std::ptrdiff_t>(k));
  }
}

bool Engine::is_drained() const {
  return std::ranges::all_of(transports_, [](const Transport* transport) { return transport->drained(); });
}

bool Engine::loans_returned(const Operation& operation) {
  return std::ranges::all_of(operation.runs, [](const LaneRun& run) { return run.loans_returned(); });
}

/// Of an operation that is over.
void Engine::note_duration(const Operation& operation) {
  if (!operation.tried_since) [[likely]]
    return;
  operation.launch.stores->took(operation.tried_from, operation.launch.work.past_caches,
                                std::chrono::steady_clock::now() - *operation.tried_since);
}

/// Of what the operation keeps alive, and of its memory, which is for the next.
void Engine::let_go(Operation& operation) {
  Launch& launch = operation.launch;
  if (launch.op.combine()) [[unlikely]]
    launch.op = Reduction::sum;
  if (launch.own_program) launch.own_program.reset();
  operation.is_taken = false;
  if (!operation.is_kept) spare_.push_back(&operation);
}

void Engine::withdraw() {
  if (active_.empty()) return;
  for (const auto& operation : active_)
    for (const BoundLane& lane : operation->launch.program->lanes) {
      for (SendEnd* end : lane.senders) end->withdraw();
      for (RecvEnd* end : lane.receivers) end->withdraw();
    }
  std::atomic_thread_fence(std::memory_order_seq_cst);  // the other half is in LaneRun::enter_memory_of_peers()
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  while (is_visited() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  for (Transport* transport : transports_) transport->withdraw();
  active_.clear();  // not to be used again: threads of this process may be reading scratch memory still
  moved_all_ = 0;
  busy_.clear();
  for (auto& queue : lanes_) queue.clear();
}

bool Engine::is_visited() const {
  return std::ranges::any_of(active_, [](const auto& operation) {
    return std::ranges::any_of(operation->launch.program->lanes, [](const BoundLane& lane) {
      return std::ranges::any_of(lane.senders, [](const SendEnd* end) { return end->is_visited(); }) ||
             std::ranges::any_of(lane.receivers, [](const RecvEnd* end) { return end->is_visited(); });
    });
  });
}

const Error* Engine::transport_failure() const {
  for (const Transport* transport : transports_)
    if (const Error* failure = transport->failure()) return failure;
  return nullptr;
}

Rank Engine::waits_for() const {
  for (const LaneIndex lane : busy_)
    if (const Rank peer = lanes_[lane].front().first->waits_for(); peer != nobody) return peer;
  return nobody;
}

void Engine::add_wait_descriptors(std::vector<int>& all) const {
  for (const Transport* transport : transports_)
    if (const int fd = transport->wait_descriptor(); fd >= 0) all.push_back(fd);
}

}  // namespace treering

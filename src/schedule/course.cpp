#include "schedule/course.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace treering {

Course::Course(const World& world, Scene& scene, const Conditions& conditions)
    : world_(world), scene_(scene), conditions_(conditions), random_(conditions.seed) {
  const Wiring& wiring = world.wiring();
  std::uint64_t cells = 0;
  for (const Path& path : wiring.paths) {
    const bool circulates = wiring.runners[path.from].plan->circulates;
    const std::uint64_t window = std::max<std::uint64_t>(conditions.window, circulates ? 2 : 1);
    wires_.push_back({cells, window, 0, 0});
    cells += window;
  }
  cells_.resize(cells);
  for (const Memory& memory : scene.memory) {
    auto& mine = touched_.emplace_back();
    for (std::size_t buffer = 0; buffer < memory.size(); ++buffer) mine[buffer].resize(memory[buffer].size());
  }
  progress_.resize(wiring.runners.size());
  for (std::size_t runner = 0; runner < progress_.size(); ++runner) {
    const Lane& plan = *wiring.runners[runner].plan;
    Progress& progress = progress_[runner];
    progress.moved.resize(plan.steps.size());
    for (std::size_t i = 0; i < plan.steps.size(); ++i) progress.slow.push_back(random_() % 4 == 0);
    progress.round =
        plan.circulates ? std::max<std::uint64_t>(conditions.window / 2, 1) : std::numeric_limits<std::uint64_t>::max();
    progress.limit = progress.round;
    wake(runner);
  }
}

Result<void> Course::run() {
  while (!error_ && over_ < progress_.size()) {
    Queue& queue = ready_.empty() ? ready_starved_ : ready_;
    if (queue.empty()) return Error{Code::internal_error, deadlock()};
    std::swap(queue[random_() % queue.size()], queue.back());
    const std::size_t runner = queue.back();
    queue.pop_back();
    progress_[runner].queued = false;
    take_turn(runner);
  }
  if (error_) return *error_;
  for (std::size_t wire = 0; wire < wires_.size(); ++wire)
    if (wires_[wire].sent != wires_[wire].received) {
      const Runner& to = world_.wiring().runners[world_.wiring().paths[wire].to];
      return Error{Code::internal_error, "elements are left in a wire to rank " + std::to_string(to.rank) + " lane " +
                                             std::to_string(to.lane)};
    }
  return {};
}

void Course::wake(std::size_t runner) {
  Progress& progress = progress_[runner];
  if (progress.queued || progress.over) return;
  progress.queued = true;
  const bool starved = world_.wiring().runners[runner].rank == conditions_.starved;
  (starved ? ready_starved_ : ready_).push_back(runner);
}

/// Tries every step that `after` allows, from the first to the last or, more hostile, from the last to the first. Every
/// step hesitates now and then, and some hesitate nearly always: what depends on them must wait for them.
void Course::take_turn(std::size_t runner) {
  const Lane& plan = *world_.wiring().runners[runner].plan;
  Progress& progress = progress_[runner];
  const std::size_t head = progress.head;
  std::size_t stop = head;
  while (stop < plan.steps.size() && plan.steps[stop].after <= head) ++stop;
  const bool backwards = random_() % 2 == 0;
  bool again = false;
  for (std::size_t n = 0; n < stop - head && !error_; ++n) {
    const std::size_t i = backwards ? stop - 1 - n : head + n;
    const std::uint64_t luck = random_();
    const bool slow = progress.slow[i];
    const std::uint64_t count = std::min(movable(runner, i), slow ? 1 : 1 + luck % 3);
    if (count == 0) continue;
    again = true;
    if (luck / 3 % 16 >= (slow ? 13u : 4u)) move(runner, i, count);
  }
  settle(runner);
  if (again) wake(runner);
}

/// Moves head and round on, past all that is over.
void Course::settle(std::size_t runner) {
  const Lane& plan = *world_.wiring().runners[runner].plan;
  Progress& progress = progress_[runner];
  for (;;) {
    while (progress.head < plan.steps.size() && progress.moved[progress.head] == end(runner, progress.head))
      ++progress.head;
    if (progress.over || progress.head < plan.steps.size()) return;
    const auto whole = [&](std::size_t i) { return progress.moved[i] == plan.steps[i].count; };
    std::size_t i = 0;
    while (i < plan.steps.size() && whole(i)) ++i;
    if (i == plan.steps.size()) {
      progress.over = true;
      ++over_;
      return;
    }
    progress.limit += progress.round;
    progress.head = 0;
    wake(runner);
  }
}

/// Elements of a step that belong to the rounds so far.
std::uint64_t Course::end(std::size_t runner, std::size_t step) const {
  return std::min(world_.wiring().runners[runner].plan->steps[step].count, progress_[runner].limit);
}

/// Elements that a step can move now.
std::uint64_t Course::movable(std::size_t runner, std::size_t step) const {
  const Runner& mine = world_.wiring().runners[runner];
  const Step& plan = mine.plan->steps[step];
  const Progress& progress = progress_[runner];
  const std::uint64_t moved = progress.moved[step];
  std::uint64_t count = end(runner, step) - moved;
  // Exactly the steps that an engine looks at: those before `after` are over because of `head`.
  for (std::size_t j = std::max<std::size_t>(progress.head, plan.after); j < plan.behind && count > 0; ++j)
    if (progress.moved[j] < end(runner, j))
      count = std::min(count, progress.moved[j] > moved ? progress.moved[j] - moved : 0);
  for (std::uint32_t a = plan.act; a < plan.act + plan.acts && count > 0; ++a) {
    const Act& word = mine.plan->acts[a];
    if (!on_wire(word)) continue;
    const Wire& wire = wires_[mine.wires[a]];
    const std::uint64_t inside = wire.sent - wire.received;
    count = std::min(count, word.verb == Verb::recv ? inside : wire.window - inside);
  }
  return count;
}

void Course::move(std::size_t runner, std::size_t step, std::uint64_t count) {
  std::uint64_t& moved = progress_[runner].moved[step];
  for (; count > 0 && !error_; --count, ++moved) move_element(runner, step, moved);
}

void Course::move_element(std::size_t runner, std::size_t step, std::uint64_t k) {
  const Runner& mine = world_.wiring().runners[runner];
  const Step& plan = mine.plan->steps[step];
  Value value = Provenance::nothing;
  for (std::uint32_t a = plan.act; a < plan.act + plan.acts; ++a) {
    const Act& word = mine.plan->acts[a];
    if (in_memory(word)) touch(runner, step, word, word.first + k);
    Value taken = Provenance::nothing;
    switch (word.verb) {
      case Verb::own:
      case Verb::read: taken = element(mine.rank, word.buffer, word.first + k); break;
      case Verb::recv: taken = receive(mine.wires[a]); break;
      case Verb::finish: value = scene_.values.finished(value); break;
      case Verb::store: element(mine.rank, word.buffer, word.first + k) = value; break;
      case Verb::send: send(runner, a, k, value); break;
    }
    if (!takes(word)) continue;
    value = scene_.values.product(value, taken);
    if (scene_.heard.empty()) continue;
    Value& heard = scene_.heard[static_cast<std::size_t>(mine.rank)];
    heard = scene_.values.product(heard, taken);
  }
}

/// Has a later step of the lane been here already? Lanes share no element that any of them writes.
void Course::touch(std::size_t runner, std::size_t step, const Act& word, std::uint64_t at) {
  const Runner& mine = world_.wiring().runners[runner];
  Touched& touched = touched_[static_cast<std::size_t>(mine.rank)][static_cast<std::size_t>(word.buffer)][at];
  const auto now = static_cast<std::uint32_t>(step + 1);
  const bool writes = word.verb == Verb::store;
  const std::uint32_t latest = writes ? std::max(touched.wrote, touched.read) : touched.wrote;
  if (latest > now && !error_)
    error_ = Error{Code::internal_error, where(mine, step) + (writes ? " writes" : " reads") + " element " +
                                             std::to_string(at) + " of the " + name_of(word.buffer) + " after step " +
                                             std::to_string(latest - 1) +
                                             " has touched it (`after` and `behind` keep "
                                             "memory in the order written)"};
  std::uint32_t& mark = writes ? touched.wrote : touched.read;
  mark = std::max(mark, now);
}

void Course::send(std::size_t runner, std::uint32_t a, std::uint64_t k, Value value) {
  const Runner& mine = world_.wiring().runners[runner];
  const Lendable& loan = world_.loans(runner)[a];
  Wire& wire = wires_[mine.wires[a]];
  Cell cell{value, nullptr};
  const bool lends =
      conditions_.lending == Lending::everything || (conditions_.lending == Lending::where_safe && loan.safe);
  if (lends && loan.source != Lendable::none) {
    const Act& source = mine.plan->acts[loan.source];
    cell.lent = &element(mine.rank, source.buffer, source.first + k);
  }
  cells_[wire.first_cell + wire.sent % wire.window] = cell;
  ++wire.sent;
  wake(world_.wiring().paths[mine.wires[a]].to);
}

Value Course::receive(std::uint32_t number) {
  Wire& wire = wires_[number];
  const Cell& cell = cells_[wire.first_cell + wire.received % wire.window];
  ++wire.received;
  wake(world_.wiring().paths[number].from);
  return cell.lent ? *cell.lent : cell.value;
}

/// What the first step that is not over waits for.
Course::Wait Course::wait_of(std::size_t runner) const {
  const Wiring& wiring = world_.wiring();
  const Runner& mine = wiring.runners[runner];
  const std::size_t head = progress_[runner].head;
  const Step& step = mine.plan->steps[head];
  const std::string element = " element " + std::to_string(progress_[runner].moved[head]);
  for (std::uint32_t a = step.act; a < step.act + step.acts; ++a) {
    const Act& word = mine.plan->acts[a];
    if (!on_wire(word)) continue;
    const Wire& wire = wires_[mine.wires[a]];
    const Path& path = wiring.paths[mine.wires[a]];
    const bool receives = word.verb == Verb::recv;
    if (wire.sent - wire.received != (receives ? 0 : wire.window)) continue;
    return {where(mine, head) + element +
                (receives ? " waits for a message from rank " : " waits for room in the wire to rank ") +
                std::to_string(word.peer),
            receives ? path.from : path.to};
  }
  return {where(mine, head) + element + " cannot be told from its words", runner};
}

/// Follows the waits from the first runner that is not over until they come round.
std::string Course::deadlock() const {
  std::size_t runner = 0;
  while (progress_[runner].over) ++runner;
  std::string text = "nobody can move: ";
  std::vector<bool> named(progress_.size());
  while (!named[runner]) {
    named[runner] = true;
    if (progress_[runner].over) return text + "; whose lane is over";
    const Wait wait = wait_of(runner);
    text += (text.back() == ' ' ? "" : "; ") + wait.why;
    runner = wait.runner;
    if (text.size() > 600) return text + "; ...";
  }
  return text + "; which waits already (a cycle)";
}

}  // namespace treering

#include "startup/control.hpp"

#include <algorithm>
#include <vector>

#include "startup/overlay.hpp"

namespace treering {

Control::Control(std::shared_ptr<Overlay> overlay) : overlay_(std::move(overlay)) {}

Control::~Control() {
  overlay_->events().call([this] { overlay_->leave(); });
}

std::optional<Error> Control::failure() const {
  return overlay_->failure();
}

void Control::on_failure(std::function<void(const Error&)> failed) {
  overlay_->events().call([&] { overlay_->set_failed(std::move(failed)); });
}

void Control::fail(const Error& cause) {
  overlay_->events().post([overlay = overlay_, cause] { overlay->report(cause); });
}

void Control::tell(Rank target, std::span<const std::byte> message) {
  const auto kept = message.first(std::min(message.size(), longest_message_bytes));
  overlay_->events().post(
      [overlay = overlay_, target, copy = std::vector(kept.begin(), kept.end())] { overlay->send(target, copy); });
}

void Control::on_message(std::function<void(Rank, std::span<const std::byte>)> told) {
  overlay_->events().call([&] { overlay_->set_told(std::move(told)); });
}

Result<void> Control::finalize(Deadline deadline, const std::atomic<bool>* cancelled) {
  overlay_->events().post([overlay = overlay_] { overlay->say_goodbye(); });
  const auto reached = overlay_->wait(deadline, cancelled, [](const Overlay::Progress& progress) {
    return progress.all_said_goodbye || progress.failure;
  });
  if (reached.all_said_goodbye) return {};
  if (reached.failure) return *reached.failure;
  if (cancelled && *cancelled)
    return Error{Code::invalid_usage, "finalizing was cancelled (the communicator was aborted)"};
  std::string late;
  overlay_->events().call([&] { late = overlay_->not_yet_finished(); });
  return Error{Code::timeout, "not all ranks have finalized in time (" + late + ") finalize on every rank, or abort"};
}

}  // namespace treering

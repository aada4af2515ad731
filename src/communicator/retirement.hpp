// The end of a participant: its user does not wait, its peers are not left in the lurch.
#pragma once

#include <memory>

#include "communicator/participant_parts.hpp"

namespace treering {

/// Says goodbye and destroys the parts once all peers have said goodbye too (at most the start timeout), on a thread of
/// its own. A thread that destroys several ranks one after another is never held up. Process exit waits for all of
/// them, at most two seconds: what the peers have not read yet would be lost with the process.
void retire(std::unique_ptr<ParticipantParts> parts);

}  // namespace treering

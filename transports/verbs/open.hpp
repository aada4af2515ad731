// Verbs as the rest of the library sees them, whether libibverbs was there when it was built or not.
#pragma once

#include <memory>
#include <vector>

#include "transports/framed/framed_transport.hpp"
#include "transports/verbs/port.hpp"
#include "treering/result.hpp"

namespace treering::verbs {

/// Ports that are active and can be used, the fastest first, then by name. None, where there is no RDMA device, or
/// nothing to speak to one with; an error where there are some and none can be used, which says why.
Result<std::vector<Port>> usable_ports(const Settings& settings);

/// Opens the port. An error names it and says what to do.
Result<std::unique_ptr<framed::FramedTransport>> open(framed::FramedTransport::Terms terms, const Port& port,
                                                      const Settings& settings);

}  // namespace treering::verbs

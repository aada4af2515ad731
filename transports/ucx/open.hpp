// UCX as the rest of the library sees it, whether it was there when Treering was built or not.
#pragma once

#include <memory>

#include "transports/framed/framed_transport.hpp"
#include "treering/result.hpp"

namespace treering::ucx {

/// Is there anything to speak to UCX with?
bool is_there();

/// Which of its own transports it goes over, UCX decides (UCX_TLS, UCX_NET_DEVICES). An error says what to do.
Result<std::unique_ptr<framed::FramedTransport>> open(framed::FramedTransport::Terms terms);

}  // namespace treering::ucx

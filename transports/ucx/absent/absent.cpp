// Where UCX was not found.
#include "transports/ucx/open.hpp"

namespace treering::ucx {

bool is_there() {
  return false;
}

Result<std::unique_ptr<framed::FramedTransport>> open(framed::FramedTransport::Terms) {
  return Error{Code::invalid_usage,
               "no UCX (Treering was built without it) install libucx-dev and build Treering again, or set "
               "TREERING_TRANSPORT=auto"};
}

}  // namespace treering::ucx

// Where libibverbs was not found.
#include "transports/verbs/open.hpp"

namespace treering::verbs {

Result<std::vector<Port>> usable_ports(const Settings&) {
  return std::vector<Port>();
}

Result<std::unique_ptr<framed::FramedTransport>> open(framed::FramedTransport::Terms, const Port&, const Settings&) {
  return Error{Code::invalid_usage,
               "no verbs (Treering was built without libibverbs) install libibverbs-dev and build it again"};
}

}  // namespace treering::verbs

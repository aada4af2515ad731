#include <unistd.h>

#include "transports/transport.hpp"

namespace treering {

void Descriptor::reset(int fd) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

}  // namespace treering

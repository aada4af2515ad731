// OpenSSL, which has to outlast the service thread.
#pragma once

namespace treering {

/// Before the first other call of OpenSSL in this process, whichever that is: its own end of process would take it away
/// from the service thread, which goes on until the very end. Any thread, as often as one likes.
void keep_openssl();

}  // namespace treering

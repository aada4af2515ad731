#include "startup/openssl.hpp"

#include <openssl/crypto.h>

namespace treering {

void keep_openssl() {
  OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr);
}

}  // namespace treering

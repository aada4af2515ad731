// The edge of the library: errors become codes, exceptions stop here.
#pragma once

#include <exception>
#include <new>
#include <string>
#include <string_view>

#include "nccl/nccl.h"
#include "treering/result.hpp"

namespace treering::api {

/// What the last failed call of this thread said; empty before the first.
const std::string& last_error();

/// The code of the result; its message is kept for last_error(), except that of Code::in_progress.
ncclResult_t report(const Result<void>& result);

/// What `body` returns. Out of memory and defects of our own become errors.
template <class Body>
auto guarded(const Body& body) noexcept -> decltype(body()) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return Error{Code::system_error, "out of memory"};
  } catch (const std::exception& caught) {
    return Error{Code::internal_error, std::string("unexpected: ") + caught.what() + " please report it"};
  }
}

template <class Body>
ncclResult_t reported(const Body& body) noexcept {
  return report(guarded(body));
}

}  // namespace treering::api

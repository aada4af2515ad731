#include "api/last_error.hpp"

namespace treering::api {
namespace {

std::string& kept_message() {
  thread_local std::string message;
  return message;
}

}  // namespace

const std::string& last_error() {
  return kept_message();
}

ncclResult_t report(const Result<void>& result) {
  if (result) return ncclSuccess;
  const Error& error = result.error();
  if (error.code != Code::in_progress) kept_message() = error.message;
  return static_cast<ncclResult_t>(error.code);
}

}  // namespace treering::api

#include "transports/framed/link.hpp"

#include <fmt/format.h>

namespace treering::framed {

void Link::fail_frame(const Error& error, std::string_view connection) {
  if (error.code != Code::remote_error) return fail(error);
  fail({Code::remote_error, fmt::format("rank {} does not keep to the protocol of its {} connection ({}) run the same "
                                        "version of Treering with the same options on all ranks",
                                        peer_, connection, error.message)});
}

Result<void> Link::take(LinkSink& sink, const Frame& frame, const std::byte* payload) {
  if (peer_left_) return Error{Code::remote_error, "a frame after its goodbye"};
  if (frame.kind != FrameKind::goodbye) return sink.take(*this, frame, payload);
  peer_left_ = true;
  return {};
}

}  // namespace treering::framed

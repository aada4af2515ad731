#include "transports/shared_memory/reader.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <limits>

#include "transports/wire.hpp"

namespace treering::shared_memory {

void Mailbox::post(News news) {
  {
    const std::lock_guard lock(mutex_);
    news_.push_back(std::move(news));
    mail_.store(true, std::memory_order_release);
  }
  ring(owner_);
}

std::vector<News> Mailbox::take() {
  const std::lock_guard lock(mutex_);
  mail_.store(false, std::memory_order_relaxed);
  return std::exchange(news_, {});
}

std::string name_of(Rank peer, std::uint64_t process) {
  return process ? fmt::format("rank {} (pid {})", peer, process) : fmt::format("rank {}", peer);
}

bool Reader::read() {
  using What = Link::Received::What;
  for (;;) {
    auto received = link_->receive();
    switch (received.what) {
      case What::nothing_yet: return true;
      case What::nonsense: return fail(defect("sent something that is no message"));
      case What::too_many_open_files:
        return fail({Code::system_error, fmt::format("cannot take what {} hands over (this process has too many open "
                                                     "files) raise the limit (ulimit -n)",
                                                     name_of(link_->peer(), process_))});
      case What::end:
        if (said_goodbye_) return false;
        return fail(
            {Code::remote_error, fmt::format("{} has closed its connection (its process has ended, or it has been "
                                             "aborted) look at the output of that rank",
                                             name_of(link_->peer(), process_))});
      case What::frame:
        if (auto taken = take(std::move(received)); !taken) return fail(std::move(taken).error());
    }
  }
}

Result<void> Reader::take(Link::Received received) {
  using Kind = Frame::Kind;
  const Frame& frame = received.frame;
  if ((frame.kind == Kind::hello) != (process_ == 0)) return defect("said hello too late, or twice");
  News news{News::Kind::goodbye, link_->peer(), frame};
  switch (frame.kind) {
    case Kind::hello: {
      auto greeting = hello(received);
      if (!greeting) return std::move(greeting).error();
      news = *std::move(greeting);
      break;
    }
    case Kind::wire: {
      if (!fits_ring(frame.bytes) || frame.lane > std::numeric_limits<LaneIndex>::max())
        return defect("offered a wire of a size or lane that cannot be");
      auto memory = map_shared_file(received.descriptors[0], wire_bytes(frame.bytes));
      if (!memory) return std::move(memory).error();
      memory->populate(frame.number);
      news.kind = News::Kind::wire;
      news.memory = *std::move(memory);
      break;
    }
    case Kind::region: {
      auto memory = map_shared_file(received.descriptors[0], frame.bytes);
      if (!memory) return std::move(memory).error();
      news.kind = News::Kind::region;
      news.memory = *std::move(memory);
      break;
    }
    case Kind::retire: news.kind = News::Kind::retired; break;
    case Kind::goodbye: said_goodbye_ = true; break;
  }
  mailbox_.post(std::move(news));
  return {};
}

Result<News> Reader::hello(Link::Received& received) {
  const Frame& frame = received.frame;
  if (frame.lane != Frame::version) return defect("speaks another version of the protocol");
  if (frame.number == 0 || frame.bytes % cache_line_bytes != 0 || frame.bytes > page_bytes() - sizeof(Doorbell))
    return defect("sent a hello with values that cannot be");
  // A ring must never wait: the peer's event descriptor says itself that it does not block.
  const int flags = ::fcntl(received.descriptors[1].get(), F_GETFL);
  if (flags < 0 || !(flags & O_NONBLOCK)) return defect("handed over an event descriptor that may block");
  auto page = map_shared_file(received.descriptors[0], page_bytes());
  if (!page) return std::move(page).error();
  process_ = frame.number;
  News news{News::Kind::hello, link_->peer(), frame, *std::move(page)};
  news.event = std::move(received.descriptors[1]);
  return news;
}

bool Reader::fail(Error error) {
  News news{News::Kind::failure, link_->peer()};
  news.error = std::move(error);
  mailbox_.post(std::move(news));
  return false;
}

Error Reader::defect(const char* what) const {
  return {Code::remote_error, fmt::format("{} {} (its library differs from this rank's, or is defective) use the same "
                                          "version of the library on all ranks",
                                          name_of(link_->peer(), process_), what)};
}

}  // namespace treering::shared_memory

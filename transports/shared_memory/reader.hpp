// The connector's side of a link: checks what the peer hands over, and puts it where the rank's thread finds it.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "transports/mapping.hpp"
#include "transports/shared_memory/link.hpp"
#include "transports/transport.hpp"

namespace treering::shared_memory {

/// Something that has come from a peer, checked and mapped.
struct News {
  enum class Kind : std::uint8_t { accepted, hello, wire, region, retired, goodbye, failure };
  Kind kind;
  Rank peer;
  Frame frame{};
  Mapping memory{};
  Descriptor event{};            // hello
  std::shared_ptr<Link> link{};  // accepted
  Error error{};                 // failure
};

/// From the connector's thread to the rank's, which it wakes.
class Mailbox {
 public:
  explicit Mailbox(const Bell& owner) : owner_(owner) {}

  void post(News news);
  std::vector<News> take();
  bool is_empty() const { return !mail_.load(std::memory_order_relaxed); }

 private:
  Bell owner_;
  std::atomic<bool> mail_{false};
  std::mutex mutex_;
  std::vector<News> news_;
};

/// On the connector's thread.
class Reader {
 public:
  Reader(std::shared_ptr<Link> link, Mailbox& mailbox) : link_(std::move(link)), mailbox_(mailbox) {}

  /// To be called whenever the socket is readable. False: there is nothing more to come.
  bool read();

 private:
  Result<void> take(Link::Received received);
  Result<News> hello(Link::Received& received);
  bool fail(Error error);
  Error defect(const char* what) const;

  std::shared_ptr<Link> link_;
  Mailbox& mailbox_;
  std::uint64_t process_ = 0;  // 0: it has not said hello yet
  bool said_goodbye_ = false;
};

/// "rank 3 (pid 911)"; without the process while it is not known.
std::string name_of(Rank peer, std::uint64_t process);

}  // namespace treering::shared_memory

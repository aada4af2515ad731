// Transports over a device or library that is polled for what has come, in place of sockets: what they share.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "transports/framed/framed_transport.hpp"

namespace treering::framed {

/// The socket by which two ranks have met stays: it tells when the peer's process ends.
class PolledLink : public Link {
 public:
  using Link::Link;

  /// Is something expected on the socket, by which the link will come up?
  virtual bool is_coming_up() const = 0;
  /// Has the socket ended? Once all that had come by then is taken in, settle_end() says whether that is a failure.
  virtual bool is_at_end() const = 0;
  virtual void settle_end() = 0;
  /// After close(): has the peer got all, or is there no telling it?
  virtual bool has_left() const = 0;
  /// After withdraw(): is the user's memory not read any more?
  virtual bool has_withdrawn() const = 0;
};

/// Links have numbers, by which what has come finds them.
class PolledTransport : public FramedTransport {
 public:
  bool progress() override;
  /// Waits until nothing of the user's is read any more, at most 0.8 s.
  void withdraw() override;
  /// Waits until the peers have what was sent, at most 0.8 s: it would be lost with the links.
  void close() override;

 protected:
  using FramedTransport::FramedTransport;

  /// Takes in what has come, some of it. True if there was any.
  virtual bool poll() = 0;
  /// Has the descriptors, which poller() watches, become readable with what comes next. What has come already is for
  /// poll(), which follows. False: they cannot be before that has been taken in.
  virtual bool arm() = 0;
  /// Something is to be seen at a descriptor of the transport's own, by the tag that it is watched with.
  virtual void take_event(void* tag) = 0;
  /// Is this such a tag, and not a link?
  virtual bool is_own_tag(const void* tag) const = 0;
  virtual Result<std::unique_ptr<PolledLink>> make_polled_link(Peer& peer, Descriptor socket, Made made,
                                                               std::uint32_t number) = 0;

  /// For the destructor of a transport: links go before what they work with.
  void end_links();

  /// Null: it has gone.
  PolledLink* link(std::uint32_t number) const {
    const auto found = links_.find(number);
    return found == links_.end() ? nullptr : found->second;
  }

 private:
  Result<std::unique_ptr<Link>> make_link(Peer& peer, Descriptor socket, Made made) final;
  void discard(std::unique_ptr<Link> link) final { leaving_.push_back(std::move(link)); }
  bool look_around();
  bool take_events();
  void receive(PolledLink& link);
  void drop_those_that_left();
  bool flush_all();
  template <class Over>
  void poll_until(const Over& over);

  std::map<std::uint32_t, PolledLink*> links_;
  std::uint32_t next_number_ = 0;
  bool are_coming_up_ = false;                  // some links, perhaps
  std::vector<std::unique_ptr<Link>> leaving_;  // closed, and the peer has not got all yet
  unsigned idle_looks_ = 0;
};

}  // namespace treering::framed

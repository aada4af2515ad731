// What only shared memory and the loopback have: what a peer may not do, and many ranks in one process.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "contract/traffic.hpp"
#include "support/connector.hpp"
#include "transports/loopback/loopback.hpp"
#include "transports/mapping.hpp"
#include "transports/memory.hpp"
#include "transports/recv_end.hpp"
#include "transports/send_end.hpp"
#include "transports/shared_memory/reader.hpp"
#include "transports/shared_memory/shared_memory.hpp"
#include "transports/wire.hpp"

namespace treering::test {
namespace {

using namespace shared_memory;
using ::testing::HasSubstr;

constexpr std::uint64_t ring = 4096;

TEST(Frame, is_what_was_encoded) {
  const Frame frame{Frame::Kind::region, 0x01020304, 0x05060708090a0b0c, 0x0d0e0f1011121314};
  const auto encoded = encode(frame);
  EXPECT_EQ(encoded[0], std::byte{3});
  EXPECT_EQ(encoded[4], std::byte{4}) << "little-endian";
  const auto decoded = decode(encoded);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->kind, frame.kind);
  EXPECT_EQ(decoded->lane, frame.lane);
  EXPECT_EQ(decoded->number, frame.number);
  EXPECT_EQ(decoded->bytes, frame.bytes);
}

TEST(Frame, of_an_unknown_kind_is_none) {
  Frame::Encoded encoded{};
  EXPECT_FALSE(decode(encoded));
  encoded[0] = std::byte{6};
  EXPECT_FALSE(decode(encoded));
  encoded[0] = std::byte{5};
  EXPECT_TRUE(decode(encoded));
  encoded[3] = std::byte{1};
  EXPECT_FALSE(decode(encoded));
}

/// A peer, rank 3 of pid 911, that may send what it likes.
class Hostile : public ::testing::Test {
 protected:
  Hostile() {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    peer.emplace(0, Descriptor(ends[0]));
    reader.emplace(std::make_shared<Link>(3, Descriptor(ends[1])), mailbox);
  }

  void say_hello() {
    const int descriptors[] = {own->file(), own->bell().event};
    peer->send({Frame::Kind::hello, Frame::version, 911, own->offset()}, descriptors);
  }
  void offer(Frame frame, const Descriptor& memory) {
    const int file = memory.get();
    peer->send(frame, {&file, 1});
  }
  /// What the reader finds wrong; empty if nothing.
  std::string complaint() {
    const bool goes_on = reader->read();
    std::string found;
    for (const News& news : mailbox.take())
      if (news.kind == News::Kind::failure) found = news.error.message;
    EXPECT_EQ(goes_on, found.empty());
    return found;
  }

  Result<OwnBell> own = OwnBell::create();
  Mailbox mailbox{own->bell()};
  std::optional<Link> peer;
  std::optional<Reader> reader;
};

TEST_F(Hostile, not_at_all) {
  say_hello();
  const auto wire = create_shared_file("test", wire_bytes(ring));
  offer({Frame::Kind::wire, 65535, 0, ring}, wire->file);
  EXPECT_EQ(complaint(), "");
}

TEST_F(Hostile, wire_before_hello) {
  const auto wire = create_shared_file("test", wire_bytes(ring));
  offer({Frame::Kind::wire, 0, 0, ring}, wire->file);
  EXPECT_THAT(complaint(), HasSubstr("rank 3"));
}

TEST_F(Hostile, hello_twice) {
  say_hello();
  say_hello();
  EXPECT_THAT(complaint(), HasSubstr("rank 3 (pid 911)"));
}

TEST_F(Hostile, bell_outside_its_page) {
  const int descriptors[] = {own->file(), own->bell().event};
  for (const std::uint64_t offset : {page_bytes(), ~std::uint64_t{63}, std::uint64_t{4}}) {
    peer->send({Frame::Kind::hello, Frame::version, 911, offset}, descriptors);
    EXPECT_THAT(complaint(), HasSubstr("cannot be"));
  }
}

TEST_F(Hostile, event_that_blocks) {
  const Descriptor blocking(::eventfd(0, EFD_CLOEXEC));
  const int descriptors[] = {own->file(), blocking.get()};
  peer->send({Frame::Kind::hello, Frame::version, 911, own->offset()}, descriptors);
  EXPECT_THAT(complaint(), HasSubstr("may block"));
}

TEST_F(Hostile, another_version) {
  const int descriptors[] = {own->file(), own->bell().event};
  peer->send({Frame::Kind::hello, Frame::version + 1, 911, own->offset()}, descriptors);
  EXPECT_THAT(complaint(), HasSubstr("another version"));
}

class HostileWire : public Hostile, public ::testing::WithParamInterface<std::pair<std::uint32_t, std::uint64_t>> {};
INSTANTIATE_TEST_SUITE_P(Hostile, HostileWire,
                         ::testing::Values(std::pair{0u, 0u}, std::pair{0u, 2048u}, std::pair{0u, 4097u},
                                           std::pair{0u, 12288u}, std::pair{65536u, 4096u},
                                           std::pair{0u, std::uint64_t{1} << 63}, std::pair{0u, ~std::uint64_t{0}}));

TEST_P(HostileWire, that_cannot_be) {
  say_hello();
  const auto [lane, bytes] = GetParam();
  const auto wire = create_shared_file("test", wire_bytes(16384));
  offer({Frame::Kind::wire, lane, 0, bytes}, wire->file);
  EXPECT_THAT(complaint(), HasSubstr("rank 3 (pid 911)"));
}

TEST_F(Hostile, wire_shorter_than_it_says) {
  say_hello();
  const auto wire = create_shared_file("test", wire_bytes(ring));
  offer({Frame::Kind::wire, 0, 0, 2 * ring}, wire->file);
  EXPECT_THAT(complaint(), HasSubstr("bytes long"));
}

TEST_F(Hostile, wire_that_can_shrink) {
  say_hello();
  const Descriptor file(::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  ASSERT_EQ(::ftruncate(file.get(), static_cast<off_t>(wire_bytes(ring))), 0);
  offer({Frame::Kind::wire, 0, 0, ring}, file);
  EXPECT_THAT(complaint(), HasSubstr("not sealed"));
}

TEST_F(Hostile, descriptor_where_none_belongs) {
  say_hello();
  offer({Frame::Kind::goodbye}, Descriptor(::dup(own->file())));
  EXPECT_THAT(complaint(), HasSubstr("no message"));
}

TEST_F(Hostile, wire_without_a_descriptor) {
  say_hello();
  peer->send({Frame::Kind::wire, 0, 0, ring});
  EXPECT_THAT(complaint(), HasSubstr("no message"));
}

TEST_F(Hostile, garbage_and_the_end_within_a_frame) {
  say_hello();
  EXPECT_EQ(complaint(), "");
  EXPECT_EQ(::send(peer->socket(), "abc", 3, 0), 3);
  EXPECT_EQ(complaint(), "") << "may be the beginning of something";
  peer.reset();
  EXPECT_THAT(complaint(), HasSubstr("rank 3 (pid 911) has closed its connection"));
}

TEST_F(Hostile, frames_byte_by_byte_are_fine) {
  say_hello();
  for (const std::byte one : encode({Frame::Kind::retire, 0, 5, 0})) {
    EXPECT_EQ(::send(peer->socket(), &one, 1, 0), 1);
    EXPECT_EQ(complaint(), "");
  }
}

/// Two ranks on one thread.
class LentMemory : public ::testing::Test {
 protected:
  static int mappings() {  // of allocated memory, in this process: the owner's and the peer's
    std::ifstream maps("/proc/self/maps");
    int found = 0;
    for (std::string line; std::getline(maps, line);) found += line.find("treering memory") != std::string::npos;
    return found;
  }
  /// Lends a message, and has the receiver map the memory.
  void lend() {
    sender = *sending.open_send(1, 0);
    receiver = *receiving.open_recv(0, 0);
    ASSERT_TRUE(drive(sending, bells[0], {}, [&] { return sender->has_line(); }));
    Outbox outbox(*sender, {{1000}});
    outbox.lend_from({memory, 1000});
    ASSERT_TRUE(outbox.step());
    ASSERT_EQ(outbox.lent(), 1);
    ASSERT_TRUE(drive(receiving, bells[1], {}, [&] {
      return receiver->arrived(77) == Arrival::message && receiver->begin(1000) == Arrival::message;
    }));
  }
  void forge(const Announcement& announcement) {
    std::memcpy(sender->wire.control->lines[0].data, &announcement, sizeof announcement);
  }
  ~LentMemory() override {
    sending.close();
    receiving.close();
  }

  Doors doors{2};
  SocketConnector connectors[2] = {{doors, 0}, {doors, 1}};
  OwnBell bells[2] = {*OwnBell::create(), *OwnBell::create()};
  SharedMemory sending{connectors[0], 0, 2, bells[0], ring};
  SharedMemory receiving{connectors[1], 1, 2, bells[1], ring};
  std::byte* memory = static_cast<std::byte*>(*memory::allocate(4096));
  SendEnd* sender = nullptr;
  RecvEnd* receiver = nullptr;
};

TEST_F(LentMemory, is_never_read_beyond_what_was_handed_over) {
  lend();
  const std::uint64_t region = memory::find(memory, 1)->region;
  forge({1000, 1000, region, 4096 - 1000});
  EXPECT_EQ(receiver->begin(1000), Arrival::message);
  for (const std::uint64_t offset : {std::uint64_t{4096 - 999}, std::uint64_t{4096}, ~std::uint64_t{0} - 500}) {
    forge({1000, 1000, region, offset});
    EXPECT_EQ(receiver->begin(1000), Arrival::nothing) << offset;
  }
  forge({1000, 1000, region + 1, 0});
  EXPECT_EQ(receiver->begin(1000), Arrival::nothing);
  EXPECT_TRUE(memory::release(memory));
}

TEST_F(LentMemory, is_unmapped_by_the_peer_when_it_has_been_released_and_is_read_no_more) {
  const int before = mappings();  // the owner's is one of them
  lend();
  EXPECT_EQ(mappings(), before + 1);
  EXPECT_TRUE(memory::release(memory));
  EXPECT_EQ(mappings(), before);
  sending.progress();                    // tells the peer
  ASSERT_TRUE(sending.open_send(1, 1));  // what the peer hears after that
  RecvEnd* const later = *receiving.open_recv(0, 1);
  EXPECT_TRUE(drive(receiving, bells[1], {}, [&] { return later->bell.doorbell != nullptr; }));
  ASSERT_EQ(receiver->available(1000, 1), 1000);
  EXPECT_TRUE(matches({receiver->data_at(), 1000}, 1, 0)) << "while it is being read it stays";
  receiver->consume(1000);
  receiver->end();
  EXPECT_TRUE(drive(receiving, bells[1], {}, [&] { return mappings() == before - 1; }));
}

TEST(Loopback, of_256_ranks_costs_only_the_memory_that_is_touched) {
  const auto resident_bytes = [] {
    std::uint64_t total = 0, resident = 0;
    std::ifstream("/proc/self/statm") >> total >> resident;
    return resident * page_bytes();
  };
  constexpr Rank ranks = 256;
  constexpr std::uint64_t large_ring = 1 << 20;
  std::vector<OwnBell> bells;
  std::vector<std::unique_ptr<Loopback>> all;
  const std::uint64_t before = resident_bytes();
  for (Rank rank = 0; rank < ranks; ++rank) {
    bells.push_back(*OwnBell::create());
    all.push_back(std::make_unique<Loopback>(1 << 20, rank, ranks, bells.back().bell(), large_ring));
    // To ranks that have joined, and to ranks that join later.
    for (const Rank distance : {1, 2, 4, 8, 16, 32, 64, 128})
      ASSERT_TRUE(all.back()->open_send((rank + distance) % ranks, 0));
  }
  for (Rank rank = 0; rank < ranks; ++rank) {
    Loopback& transport = *all[static_cast<std::size_t>(rank)];
    transport.progress();
    for (const Rank distance : {1, 2, 4, 8, 16, 32, 64, 128}) {
      Outbox outbox(**transport.open_send((rank + distance) % ranks, 0),
                    {{40, 1, static_cast<std::uint64_t>(rank * 256 + distance)}});
      outbox.step();
      EXPECT_TRUE(outbox.is_done());
    }
  }
  for (Rank rank = 0; rank < ranks; ++rank)
    for (const Rank distance : {1, 2, 4, 8, 16, 32, 64, 128}) {
      const Rank from = (rank + ranks - distance) % ranks;
      Inbox inbox(**all[static_cast<std::size_t>(rank)]->open_recv(from, 0),
                  {{40, 1, static_cast<std::uint64_t>(from * 256 + distance)}});
      inbox.step();
      EXPECT_TRUE(inbox.is_done() && inbox.is_right());
    }
  // 2,048 wires of 1 MiB; of each, two pages of lines and counters.
  EXPECT_LT(resident_bytes() - before, std::uint64_t{100} << 20);
  for (auto& transport : all) transport->close();
}

TEST(Loopback, refuses_a_second_thread_with_the_same_rank) {
  const auto own = OwnBell::create(), others = OwnBell::create();
  Loopback first(1 << 21, 0, 2, own->bell(), ring);
  Loopback second(1 << 21, 0, 2, others->bell(), ring);
  EXPECT_EQ(first.failure(), nullptr);
  ASSERT_NE(second.failure(), nullptr);
  EXPECT_FALSE(second.open_send(1, 0));
  first.close();
}

TEST(Loopback, connects_a_rank_to_itself) {
  const auto own = OwnBell::create();
  Loopback alone(1 << 22, 0, 1, own->bell(), ring);
  Outbox outbox(**alone.open_send(0, 0), {{30}, {3000}});
  Inbox inbox(**alone.open_recv(0, 0), {{30}, {3000}});
  EXPECT_TRUE(drive(alone, *own, {&outbox, &inbox}));
  EXPECT_TRUE(inbox.is_right());
  alone.close();
}

}  // namespace
}  // namespace treering::test

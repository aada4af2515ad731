#include "startup/bootstrap.hpp"

#include <gmock/gmock.h>
#include <sys/socket.h>

#include <iostream>
#include <random>

#include "startup/dial.hpp"
#include "startup/encoding.hpp"
#include "startup/framed_link.hpp"
#include "startup/rendezvous.hpp"
#include "startup/service.hpp"
#include "startup_team.hpp"

namespace treering {
namespace {

using testing::HasSubstr;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void expect_whole(const Roster& roster, Rank ranks) {
  ASSERT_EQ(std::ssize(roster), ranks);
  for (Rank rank = 0; rank < ranks; ++rank) EXPECT_EQ(roster[static_cast<std::size_t>(rank)].rank, rank);
}

/// All join as threads; returns what each got.
std::vector<std::string> errors_of(const std::vector<JoinRequest>& requests) {
  std::vector<std::string> errors(requests.size());
  in_threads(static_cast<int>(requests.size()), [&](int k) {
    const auto joined = join(requests[static_cast<std::size_t>(k)]);
    if (!joined) errors[static_cast<std::size_t>(k)] = joined.error().message;
  });
  return errors;
}

void start_threads(Rank ranks) {
  const auto id = make_unique_id();
  ASSERT_TRUE(id) << id.error().message;
  const auto start = Clock::now();
  std::vector<std::unique_ptr<Joined>> all(static_cast<std::size_t>(ranks));
  in_threads(ranks, [&](int rank) {
    auto joined = join(request_for(*id, rank, ranks));
    ASSERT_TRUE(joined) << joined.error().message;
    all[static_cast<std::size_t>(rank)] = std::make_unique<Joined>(*std::move(joined));
  });
  std::cout << ranks << " ranks as threads met in " << seconds_since(start) << " s\n";
  for (const auto& joined : all) {
    ASSERT_TRUE(joined);
    EXPECT_EQ(joined->roster, all[0]->roster) << "one roster a process";
  }
  expect_whole(*all[0]->roster, ranks);
  in_threads(ranks, [&](int rank) {
    const auto over = all[static_cast<std::size_t>(rank)]->control->finalize(Clock::now() + std::chrono::minutes(1));
    EXPECT_TRUE(over) << over.error().message;
  });
}

TEST(Bootstrap, OneRank) {
  start_threads(1);
}
TEST(Bootstrap, SmallNumbersOfRanks) {
  for (Rank ranks = 2; ranks <= 9; ++ranks) start_threads(ranks);
}
TEST(Bootstrap, Threads64) {
  start_threads(64);
}
TEST(Bootstrap, Threads256) {
  start_threads(256);
}

TEST(Bootstrap, Processes64) {
  constexpr Rank ranks = 64;
  const auto start = Clock::now();
  Team team(ranks, [](Rank rank, Board& board) {
    const auto joined = join_by(board, rank, ranks);
    ASSERT_TRUE(joined) << joined.error().message;
    expect_whole(*joined->roster, ranks);
    ++board.joined;
    const auto over = joined->control->finalize(Clock::now() + std::chrono::minutes(1));
    EXPECT_TRUE(over) << over.error().message;
  });
  wait_until([&] { return team.board->joined == ranks || waitpid(-1, nullptr, WNOHANG | WNOWAIT) > 0; });
  std::cout << ranks << " ranks as processes met in " << seconds_since(start) << " s, with their start\n";
  team.finish();
  EXPECT_EQ(team.board->joined, ranks);
}

TEST(Bootstrap, MissingRanksAreNamed) {
  const auto id = make_unique_id();
  std::vector<JoinRequest> requests;
  for (const Rank rank : {0, 1, 2, 4, 5, 6, 7}) {
    requests.push_back(request_for(*id, rank, 9));
    requests.back().timeout = std::chrono::milliseconds(700);
  }
  for (const std::string& error : errors_of(requests))
    EXPECT_THAT(error, HasSubstr("ranks 3 and 8 of 9 have not joined within 700 ms (7 have)"));
}

TEST(Bootstrap, AMissingRootIsNamed) {
  const auto id = make_unique_id();
  std::vector<JoinRequest> requests;
  for (Rank rank = 1; rank < 8; ++rank) {
    requests.push_back(request_for(*id, rank, 8));
    requests.back().timeout = std::chrono::milliseconds(500);
  }
  for (const std::string& error : errors_of(requests))
    EXPECT_THAT(error, HasSubstr("rank 0 of 8 has not joined within 500 ms"));
}

TEST(Bootstrap, ARankThatJoinsTwiceFailsAll) {
  const auto id = make_unique_id();
  std::vector<JoinRequest> requests;
  for (const Rank rank : {0, 1, 2, 2}) requests.push_back(request_for(*id, rank, 4));
  for (const std::string& error : errors_of(requests)) EXPECT_THAT(error, HasSubstr("rank 2 has joined twice"));
}

TEST(Bootstrap, DifferentDecisionsNameBothRanksAndValues) {
  const auto id = make_unique_id();
  std::vector<JoinRequest> requests;
  for (Rank rank = 0; rank < 4; ++rank) requests.push_back(request_for(*id, rank, 4));
  requests[3].decisions[0].value = "65536";
  for (const std::string& error : errors_of(requests)) {
    EXPECT_THAT(error, HasSubstr("rank 3 (host "));
    EXPECT_THAT(error, HasSubstr("disagree about the window"));
    EXPECT_THAT(error, HasSubstr("65536"));
    EXPECT_THAT(error, HasSubstr("1048576"));
  }
}

TEST(Bootstrap, DifferentNumbersOfRanksNameBoth) {
  const auto id = make_unique_id();
  std::vector<JoinRequest> requests = {request_for(*id, 0, 3), request_for(*id, 1, 3), request_for(*id, 2, 4)};
  for (const std::string& error : errors_of(requests))
    EXPECT_THAT(error, HasSubstr("disagree about the number of ranks"));
}

/// At the rendezvous of `id`, as rank 1.
std::shared_ptr<FramedLink> guest_of(const UniqueId& id, EventThread& events) {
  const auto place = decode(id);
  Dialing dialing;
  dialing.keys = *Keys::derive(place->secret);
  dialing.greeting = {meeting, {}, 1, nobody};
  dialing.deadline = Clock::now() + std::chrono::minutes(1);
  dialing.go_on = [] { return Result<void>(); };
  for (const Address& address : place->addresses) dialing.endpoints.push_back(tcp_endpoint(address, place->port));
  auto socket = dial(dialing);
  EXPECT_TRUE(socket);
  std::shared_ptr<FramedLink> link;
  events.call([&] {
    link = *FramedLink::open(events, *std::move(socket),
                             {[](std::uint8_t, std::span<const std::byte>) { return true; }, [](const LinkEnd&) {}});
  });
  return link;
}

TEST(Bootstrap, RanksOfTwoReleasesAreToldSo) {
  const auto id = make_unique_id();
  EventThread& events = (*Service::of_process())->events();
  const auto guest = guest_of(*id, events);
  Encoder introduction;
  introduction.number(library_version + 1);
  introduction.text("what only the next release can read", 64);
  events.call([&] { guest->send(static_cast<std::uint8_t>(MeetingFrame::introduction), introduction.view()); });
  const auto joined = join(request_for(*id, 0, 2));
  ASSERT_FALSE(joined);
  EXPECT_THAT(joined.error().message, HasSubstr("install one release on all hosts"));
  events.call([&] { guest->close(); });
}

TEST(Bootstrap, WrongRanksAndIdsAreRefusedAtOnce) {
  const auto id = make_unique_id();
  EXPECT_EQ(join(request_for(*id, 4, 4)).error().code, Code::invalid_argument);
  EXPECT_EQ(join(request_for(*id, -1, 4)).error().code, Code::invalid_argument);
  EXPECT_EQ(join(request_for(UniqueId{}, 0, 4)).error().code, Code::invalid_argument);
}

TEST(Bootstrap, AnIdServesOnce) {
  const auto id = make_unique_id();
  const auto pair = [&] { return errors_of({request_for(*id, 0, 2), request_for(*id, 1, 2)}); };
  EXPECT_THAT(pair(), testing::Each(""));
  EXPECT_THAT(pair(), testing::Each(HasSubstr("make a new unique id for each communicator")));
}

TEST(Bootstrap, CanBeCancelled) {
  const auto id = make_unique_id();
  std::atomic<bool> cancelled{false};
  JoinRequest request = request_for(*id, 0, 2);
  request.cancelled = &cancelled;
  std::thread canceller([&] { cancelled = true; });
  const auto joined = join(request);
  canceller.join();
  ASSERT_FALSE(joined);
  EXPECT_THAT(joined.error().message, HasSubstr("cancelled"));
}

// Strangers.

Descriptor connect_to_service() {
  const Service& service = **Service::of_process();
  const SocketAddress to = socket_address(service.self().addresses.back(), service.self().port);
  Descriptor socket(::socket(to.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(connect(socket.get(), reinterpret_cast<const sockaddr*>(&to.storage), to.bytes), 0);
  return socket;
}

/// Sends, and waits to be hung up on.
void be_turned_away_with(const std::string& data) {
  const Descriptor socket = connect_to_service();
  (void)!send(socket.get(), data.data(), data.size(), MSG_NOSIGNAL);
  char answer[256];
  while (recv(socket.get(), answer, sizeof answer, 0) > 0) {
  }
}

TEST(Strangers, DoNotDisturbAStart) {
  std::atomic<bool> stop{false};
  std::atomic<int> sent{0};
  std::thread stranger([&] {
    std::mt19937 random(1);
    std::vector<Descriptor> silent;
    while (!stop) {
      std::string garbage(hello_bytes + random() % 200, '\0');
      for (char& c : garbage) c = static_cast<char>(random());
      be_turned_away_with(garbage);
      be_turned_away_with(
          "GET / HTTP/1.1\r\nHost: example\r\nUser-Agent: a scanner of ports, with a long enough name\r\n\r\n");
      connect_to_service();                                             // a scan: connects and leaves
      if (silent.size() < 100) silent.push_back(connect_to_service());  // more than are let wait
      ++sent;
    }
  });
  wait_until([&] { return sent > 2; });
  start_threads(16);
  wait_until([&] { return sent > 110; });
  start_threads(16);
  stop = true;
  stranger.join();
  EXPECT_GE((*Service::of_process())->visits().turned_away, 300u);
}

TEST(Strangers, AreNeverMoreThan64) {
  std::vector<Descriptor> silent;
  for (int k = 0; k < 100; ++k) silent.push_back(connect_to_service());
  Service& service = **Service::of_process();
  while (service.visits().turned_away < 36) {
    EXPECT_LE(service.visits().strangers, Reception::most_strangers);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  start_threads(4);
}

TEST(Strangers, WithAnotherSecretAreTurnedAway) {
  const auto id = make_unique_id();
  MeetingPlace place = *decode(*id);
  place.secret[0] ^= std::byte{1};
  JoinRequest request = request_for(encode(place), 1, 2);
  const auto joined = join(request);
  ASSERT_FALSE(joined);
  EXPECT_THAT(joined.error().message, HasSubstr("does not know this communicator"));
}

TEST(Connector, ReachesAPeerByBothPaths) {
  const auto id = make_unique_id();
  std::vector<std::unique_ptr<Joined>> all(2);
  in_threads(2, [&](int rank) {
    all[static_cast<std::size_t>(rank)] = std::make_unique<Joined>(*join(request_for(*id, rank, 2)));
  });
  for (const Purpose purpose : {Purpose::shared_memory, Purpose::tcp}) {
    auto called = all[0]->connector->connect(1, purpose);
    ASSERT_TRUE(called) << called.error().message;
    std::atomic<int> received{-1};
    // Made before anybody listens: it has waited.
    all[1]->connector->on_accept(purpose,
                                 [&](Rank from, Descriptor socket) { received = from == 0 ? socket.release() : -2; });
    wait_until([&] { return received != -1; });
    const Descriptor accepted(received.load());
    ASSERT_EQ(send(called->get(), "hi", 2, 0), 2);
    std::atomic<bool> readable{false};
    all[1]->connector->watch(accepted.get(), [&] {
      readable = true;
      return false;
    });
    wait_until([&] { return readable.load(); });
    char text[3] = {};
    EXPECT_EQ(recv(accepted.get(), text, 2, 0), 2);
    EXPECT_STREQ(text, "hi");
    all[1]->connector->on_accept(purpose, {});
    all[1]->connector->forget(accepted.get());
  }
  EXPECT_EQ(all[0]->connector->connect(0, Purpose::tcp).error().code, Code::invalid_argument);
  EXPECT_EQ(all[0]->connector->connect(2, Purpose::tcp).error().code, Code::invalid_argument);
  in_threads(2, [&](int rank) {
    EXPECT_TRUE(all[static_cast<std::size_t>(rank)]->control->finalize(Clock::now() + std::chrono::minutes(1)));
  });
}

}  // namespace
}  // namespace treering

#include "startup/launch.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <map>

#include "startup/id_series.hpp"
#include "startup/rendezvous_file.hpp"
#include "startup_team.hpp"

namespace treering {
namespace {

using testing::HasSubstr;
using Environment = std::map<std::string, std::string>;

Lookup lookup(const Environment& environment) {
  return [environment](std::string_view name) -> std::optional<std::string> {
    const auto found = environment.find(std::string(name));
    return found == environment.end() ? std::nullopt : std::optional(found->second);
  };
}

struct Expected {
  const char* launcher;
  Environment environment;
};

TEST(Launch, EveryLaunchersEnvironmentIsRead) {
  const Expected all[] = {
      {"treering", {{"TREERING_RANK", "3"}, {"TREERING_RANKS", "8"}, {"TREERING_LOCAL_RANK", "1"}}},
      {"torchrun", {{"RANK", "3"}, {"WORLD_SIZE", "8"}, {"LOCAL_RANK", "1"}, {"MASTER_PORT", "29500"}}},
      {"Slurm",
       {{"SLURM_PROCID", "3"},
        {"SLURM_NTASKS", "8"},
        {"SLURM_LOCALID", "1"},
        {"SLURM_JOB_ID", "7"},
        {"SLURM_STEP_ID", "0"}}},
      {"Open MPI",
       {{"OMPI_COMM_WORLD_RANK", "3"},
        {"OMPI_COMM_WORLD_SIZE", "8"},
        {"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
        {"PMIX_NAMESPACE", "n"}}},
      {"MPICH", {{"PMI_RANK", "3"}, {"PMI_SIZE", "8"}, {"MPI_LOCALRANKID", "1"}}},
  };
  for (const Expected& expected : all) {
    const auto found = launched(lookup(expected.environment));
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(found->launcher, expected.launcher);
    EXPECT_EQ(found->rank, 3);
    EXPECT_EQ(found->ranks, 8);
    EXPECT_EQ(found->local_rank, 1);
    EXPECT_FALSE(found->job.empty());
  }
}

TEST(Launch, WithoutALauncherThereIsOneRank) {
  const auto found =
      launched(lookup({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "8"}, {"SLURM_JOB_ID", "7"}}));  // a batch script
  ASSERT_TRUE(found);
  EXPECT_EQ(found->launcher, "none");
  EXPECT_EQ(found->ranks, 1);
}

TEST(Launch, TheInnerLauncherCounts) {
  const Environment slurm = {{"SLURM_PROCID", "1"}, {"SLURM_NTASKS", "2"}, {"SLURM_STEP_ID", "0"}};
  Environment hydra_in_slurm = slurm, slurm_with_pmi2 = slurm;
  hydra_in_slurm.insert({{"PMI_RANK", "3"}, {"PMI_SIZE", "8"}, {"MPI_LOCALRANKID", "1"}});
  slurm_with_pmi2.insert({{"PMI_RANK", "1"}, {"PMI_SIZE", "2"}});
  EXPECT_EQ(launched(lookup(hydra_in_slurm))->launcher, "MPICH");
  EXPECT_EQ(launched(lookup(slurm_with_pmi2))->launcher, "Slurm");
}

TEST(Launch, NonsenseIsRefusedWithTheVariablesNamed) {
  for (const auto& [rank, ranks] : {std::pair{"8", "8"}, {"-1", "8"}, {"x", "8"}, {"0", ""}, {"0", "99999999999"}}) {
    const auto found = launched(lookup({{"TREERING_RANK", rank}, {"TREERING_RANKS", ranks}}));
    ASSERT_FALSE(found) << rank << " of " << ranks;
    EXPECT_THAT(found.error().message, HasSubstr("TREERING_RANK=" + std::string(rank)));
  }
}

TEST(Launch, JobsAreToldApart) {
  const auto job = [](const char* port, const char* restart) {
    return launched(lookup({{"RANK", "0"},
                            {"WORLD_SIZE", "2"},
                            {"LOCAL_RANK", "0"},
                            {"MASTER_PORT", port},
                            {"TORCHELASTIC_RESTART_COUNT", restart}}))
        ->job;
  };
  EXPECT_EQ(job("1", "0"), job("1", "0"));
  EXPECT_NE(job("1", "0"), job("2", "0"));
  EXPECT_NE(job("1", "0"), job("1", "1"));
}

class RendezvousFile : public testing::Test {
 protected:
  RendezvousFile() { directory_ = mkdtemp(pattern_); }
  ~RendezvousFile() override { std::filesystem::remove_all(directory_); }
  char pattern_[32] = "/tmp/treering-test-XXXXXX";
  std::string directory_;
};

TEST_F(RendezvousFile, AJobOfProcessesMeetsTwiceByItsEnvironmentAlone) {
  constexpr Rank ranks = 4;
  Team team(ranks, [this](Rank rank, Board& board) {
    setenv("TREERING_RENDEZVOUS_DIRECTORY", directory_.c_str(), 1);
    setenv("RANK", std::to_string(rank).c_str(), 1);
    setenv("WORLD_SIZE", "4", 1);
    setenv("LOCAL_RANK", std::to_string(rank).c_str(), 1);
    setenv("MASTER_PORT", "29500", 1);
    UniqueId first{};
    for (int number = 0; number < 2; ++number) {
      const auto invitation = invitation_from_environment();
      ASSERT_TRUE(invitation) << invitation.error().message;
      EXPECT_NE(invitation->id.bytes, first.bytes);
      first = invitation->id;
      const auto joined = join(request_for(invitation->id, invitation->rank, invitation->ranks));
      ASSERT_TRUE(joined) << joined.error().message;
      EXPECT_TRUE(joined->control->finalize(Clock::now() + std::chrono::minutes(1)));
    }
    ++board.finished;
  });
  team.finish();
  EXPECT_EQ(team.board->finished, ranks);
  EXPECT_TRUE(std::filesystem::is_empty(directory_)) << "files are removed at the end";
}

TEST(IdSeries, NobodyDerivesOneFromAnother) {
  UniqueId first = encode(MeetingPlace{4711, Secret{std::byte{1}}, {Address{}}});
  const auto same = id_of_series(first, 0), one = id_of_series(first, 1), two = id_of_series(first, 2);
  ASSERT_TRUE(same && one && two);
  EXPECT_EQ(same->bytes, first.bytes);
  EXPECT_NE(one->bytes, first.bytes);
  EXPECT_NE(one->bytes, two->bytes);
  EXPECT_EQ(decode(*two)->port, 4711);
  EXPECT_EQ(one->bytes, id_of_series(first, 1)->bytes) << "the same on all ranks";
  EXPECT_NE(two->bytes, id_of_series(*one, 1)->bytes);
}

TEST(IdSeries, OneIdIsEnoughForAnyNumberOfCommunicators) {
  constexpr Rank ranks = 2;
  Team team(ranks, [](Rank rank, Board& board) {
    if (rank == 0) {
      const auto made = make_id_series();
      ASSERT_TRUE(made) << made.error().message;
      board.write(0, to_hex(*made));
      ++board.joined;
    }
    wait_until([&] { return board.joined > 0; });
    setenv("TREERING_RANK", std::to_string(rank).c_str(), 1);
    setenv("TREERING_RANKS", "2", 1);
    setenv("TREERING_ID", board.text[0], 1);
    setenv("TREERING_ID_SERIES", "1", 1);
    setenv("TREERING_RENDEZVOUS_DIRECTORY", "/nonexistent/none", 1);
    for (int number = 0; number < 40; ++number) {
      const auto invitation = invitation_from_environment();
      ASSERT_TRUE(invitation) << invitation.error().message;
      const auto joined = join(request_for(invitation->id, invitation->rank, invitation->ranks));
      ASSERT_TRUE(joined) << number << ": " << joined.error().message;
      ASSERT_TRUE(joined->control->finalize(Clock::now() + std::chrono::minutes(1)));
    }
    ++board.finished;
  });
  team.finish();
  EXPECT_EQ(team.board->finished, ranks);
}

TEST_F(RendezvousFile, WhatAKilledJobHasLeftIsNotTaken) {
  const std::string path = rendezvous_path(directory_, "job", 0);
  const auto publish_and_wait = [&path](Rank rank, Board& board) {
    auto id = make_unique_id();
    ASSERT_TRUE(publish(*id, path));
    board.write(rank, to_hex(*id));
    ++board.joined;
    wait_until([&] { return board.finished > 0; });
  };
  {
    Team killed(1, publish_and_wait);
    wait_until([&] { return killed.board->joined == 1; });
    const auto alive = await_published(path, std::chrono::seconds(60));
    ASSERT_TRUE(alive) << alive.error().message;
    EXPECT_EQ(to_hex(*alive), killed.board->text[0]);
    killed.kill_rank(0);
  }
  ASSERT_TRUE(std::filesystem::exists(path));
  const auto stale = await_published(path, std::chrono::milliseconds(0));
  ASSERT_FALSE(stale);
  EXPECT_THAT(stale.error().message, HasSubstr(path));

  Team next(1, publish_and_wait);
  const auto fresh = await_published(path, std::chrono::seconds(60));
  ASSERT_TRUE(fresh) << fresh.error().message;
  wait_until([&] { return next.board->joined == 1; });
  EXPECT_EQ(to_hex(*fresh), next.board->text[0]);
  next.board->finished = 1;
  next.finish();
}

TEST_F(RendezvousFile, ADirectoryThatOthersCanWriteToIsRefused) {
  ASSERT_TRUE(rendezvous_directory(directory_));
  chmod(directory_.c_str(), 0777);
  const auto refused = rendezvous_directory(directory_);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("0700"));
}

}  // namespace
}  // namespace treering

// Wires in the memory of a test: all ranks in one thread, windows as small as wanted, lending on or off.
#pragma once

#include <bit>
#include <cstddef>
#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include "execution/program.hpp"
#include "execution/staging.hpp"
#include "transports/lending.hpp"
#include "transports/recv_end.hpp"
#include "transports/send_end.hpp"
#include "transports/wire.hpp"

namespace treering::test {

/// Which memory can be lent, so that messages of more than a line go another way than through rings.
enum class Lending { nothing, all, staging };

class MemoryWires {
 public:
  MemoryWires(Rank ranks, std::uint64_t ring_bytes, Lending lending)
      : ring_bytes_(ring_bytes), lending_(lending), views_(ranks) {
    for (Rank rank = 0; rank < ranks; ++rank) views_[rank] = std::make_unique<View>(*this, rank);
    addresses_.staging.resize(lending == Lending::staging ? ranks * staging_bytes : 0);
  }
  Wires& of(Rank rank) { return *views_[rank]; }

  /// So little that a few messages fill it.
  static constexpr std::size_t staging_bytes = 1024;
  Staging staging_of(Rank rank) {
    if (lending_ != Lending::staging) return {};
    return Staging(std::span(addresses_.staging).subspan(rank * staging_bytes, staging_bytes), 1);
  }

 private:
  using Key = std::tuple<Rank, Rank, LaneIndex>;  // from, to, lane
  struct Addresses final : Lender, Borrower {
    std::vector<std::byte> staging;  // of all ranks; if there is any, nothing else can be lent

    std::optional<Loan> lend(const std::byte* first, std::uint64_t) override {
      const bool is_staged = first >= staging.data() && first < staging.data() + staging.size();
      if (!staging.empty() && !is_staged) return {};
      return Loan{1, reinterpret_cast<std::uintptr_t>(first)};
    }
    std::byte* find(const Loan& loan, std::uint64_t) override { return reinterpret_cast<std::byte*>(loan.offset); }
  };
  struct Memory {
    WireControl control{};
    std::vector<std::byte> ring;
    SendEnd send;
    RecvEnd recv;
  };
  struct View final : Wires {
    View(MemoryWires& world, Rank rank) : world_(world), rank_(rank) {}
    Result<SendEnd*> send_end(Rank to, LaneIndex lane) override { return &world_.wire({rank_, to, lane}).send; }
    Result<RecvEnd*> recv_end(Rank from, LaneIndex lane) override { return &world_.wire({from, rank_, lane}).recv; }
    MemoryWires& world_;
    Rank rank_;
  };

  Memory& wire(const Key& key) {
    auto& memory = wires_[key];
    if (!memory) {
      memory = std::make_unique<Memory>();
      memory->ring.resize(ring_bytes_);
      memory->send.wire = memory->recv.wire = {&memory->control, memory->ring.data(), ring_bytes_};
      memory->send.lender = lending_ != Lending::nothing ? &addresses_ : nullptr;
      memory->send.stages = true;
      memory->send.rewinds = true;
      memory->recv.borrower = memory->send.borrower = &addresses_;
      memory->recv.lender = lending_ == Lending::all ? &addresses_ : nullptr;
    }
    return *memory;
  }

  std::uint64_t ring_bytes_;
  Lending lending_;
  Addresses addresses_;
  std::map<Key, std::unique_ptr<Memory>> wires_;
  std::vector<std::unique_ptr<View>> views_;
};

}  // namespace treering::test

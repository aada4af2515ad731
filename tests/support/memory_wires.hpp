// Wires in the memory of a test: all ranks in one thread, windows as small as wanted, lending on or off.
#pragma once

#include <bit>
#include <cstddef>
#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include "execution/program.hpp"
#include "transports/lending.hpp"
#include "transports/recv_end.hpp"
#include "transports/send_end.hpp"
#include "transports/wire.hpp"

namespace treering::test {

class MemoryWires {
 public:
  MemoryWires(Rank ranks, std::uint64_t ring_bytes, bool lends)
      : ring_bytes_(ring_bytes), lends_(lends), views_(ranks) {
    for (Rank rank = 0; rank < ranks; ++rank) views_[rank] = std::make_unique<View>(*this, rank);
  }
  Wires& of(Rank rank) { return *views_[rank]; }

 private:
  using Key = std::tuple<Rank, Rank, LaneIndex>;  // from, to, lane
  struct Addresses final : Lender, Borrower {
    std::optional<Loan> lend(const std::byte* first, std::uint64_t) override {
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
      memory->send.lender = lends_ ? &addresses_ : nullptr;
      memory->send.rewinds = true;
      memory->recv.borrower = memory->send.borrower = &addresses_;
      memory->recv.lender = lends_ ? &addresses_ : nullptr;
    }
    return *memory;
  }

  std::uint64_t ring_bytes_;
  bool lends_;
  Addresses addresses_;
  std::map<Key, std::unique_ptr<Memory>> wires_;
  std::vector<std::unique_ptr<View>> views_;
};

}  // namespace treering::test

// Memory that is not a wire's and that the other end of a wire can reach all the same: who hands it over, and who finds
// it. Data of a lent message lies in the sender's; a message that lands is written to the receiver's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace treering {

/// Memory of one end that the other can reach, by number and offset. Where the number is Announcement::in_ring it is a
/// loan to the sender's own transport alone, `offset` is the address, and the receiver sees a message in the ring.
struct Loan {
  std::uint64_t region;
  std::uint64_t offset;
};

/// The owner's side: can this peer reach these bytes where they lie? Asked once for every longer message.
class Lender {
 public:
  virtual std::optional<Loan> lend(const std::byte* first, std::uint64_t bytes) = 0;

 protected:
  ~Lender() = default;
};

/// The other side: where they are here. Null: not a region that the peer has handed over (yet), or not inside it.
class Borrower {
 public:
  virtual std::byte* find(const Loan& loan, std::uint64_t bytes) = 0;

 protected:
  ~Borrower() = default;
};

}  // namespace treering

// The plans of one rank: chosen by price, bound to its wires, and kept, so that the second call of a kind costs
// nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "communicator/history.hpp"
#include "communicator/links.hpp"
#include "communicator/request.hpp"
#include "execution/engine.hpp"
#include "planning/choose.hpp"
#include "schedule/rank_order.hpp"

namespace treering {

struct Plan {
  Program program;
  Work work;             ///< without buffers, scale and callable, which belong to a call
  SignatureWords words;  ///< of the signature
  mutable StoreTrial stores;
  std::unique_ptr<Operation> operation = std::make_unique<Operation>();  ///< for one call of it at a time
};

/// What the option TREERING_ALGORITHM asks for: "auto", or a name. `choice` is a name for all collectives that have it,
/// or a list of collective:name.
std::string_view algorithm_asked_for(std::string_view choice, Collective collective);

/// Refuses a choice that names an algorithm or a collective that does not exist.
Result<void> check_algorithm_choice(std::string_view choice);

/// Belongs to the thread that drives the rank, but for what is constant: any thread may ask for that.
class Plans {
 public:
  struct Terms {
    Rank rank = 0;
    Rank ranks = 1;
    std::string algorithm;  ///< what the options ask for ("auto", a name, or a list of collective:name)
  };
  /// Prices know the order in which ranks stand where an operation does not ask for that of ranks.
  Plans(Links& links, Terms terms, Cluster cluster, RankOrder order)
      : links_(links), terms_(std::move(terms)), prices_(std::move(cluster), std::move(order)) {}

  /// Constant. Any thread.
  const RankOrder& order() const { return prices_.by_place(); }
  /// Constant. Any thread.
  const HostConstants& constants() const { return prices_.cluster().constants; }

  /// The algorithm for a request that is valid on its own, on any rank. Depends on what the plans were made with alone,
  /// which is constant. Any thread.
  Result<const CatalogueRow*> choice_for(const Request& request) const;

  /// The plan for a collective that is valid on its own and has this signature. It holds until forget_if_many().
  Result<const Plan*> find(const Request& request, const Signature& signature, bool in_place) {
    // Programs call the same collective again and again.
    const Key key{signature, in_place};
    if (latest_ && latest_->first == key) return &latest_->second;
    return look_up(request, key);
  }

  /// While nothing runs: a program may call ever new counts.
  void forget_if_many() {
    if (plans_.size() >= many) [[unlikely]]
      forget();
  }

 private:
  struct Key {
    Signature signature;
    bool in_place;
    friend bool operator==(const Key&, const Key&) = default;
  };
  static constexpr std::size_t many = 1024;
  [[gnu::noinline]] void forget();
  struct Hash {
    std::size_t operator()(const Key& key) const { return digest_of(key.signature) * 2u + key.in_place; }
  };

  // Kept apart from what every call passes.
  [[gnu::noinline]] Result<const Plan*> look_up(const Request& request, const Key& key);
  Result<Plan> make(const Request& request, const Signature& signature, bool in_place);
  Result<const CatalogueRow*> row_for(const Shape& shape, std::uint64_t element_bytes,
                                      const Signature& signature) const;

  Links& links_;
  const Terms terms_;
  const Prices prices_;
  std::unordered_map<Key, Plan, Hash> plans_;
  const std::pair<const Key, Plan>* latest_ = nullptr;
};

}  // namespace treering

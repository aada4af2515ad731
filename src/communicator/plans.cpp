#include "communicator/plans.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "algorithms/catalogue.hpp"

namespace treering {
namespace {

bool is_average(const Signature& signature) {
  return signature.arithmetic == Signature::Arithmetic::average;
}
bool reduces(const Signature& signature) {
  return signature.arithmetic != Signature::Arithmetic::none;
}

/// One entry of TREERING_ALGORITHM: "algorithm", for all collectives that have it, or "collective:algorithm".
struct Asked {
  std::string_view collective;
  std::string_view algorithm;
};

/// Takes the first entry off the list.
Asked take_first(std::string_view& choice) {
  const std::string_view entry = choice.substr(0, choice.find(','));
  choice.remove_prefix(std::min(choice.size(), entry.size() + 1));
  const auto colon = entry.find(':');
  if (colon == std::string_view::npos) return {{}, entry};
  return {entry.substr(0, colon), entry.substr(colon + 1)};
}

Shape shape_of(const Request& request, Rank rank, Rank ranks, bool in_place) {
  Shape shape{.ranks = ranks, .rank = rank, .root = request.root, .count = request.count, .in_place = in_place};
  shape.sends.each = shape.recvs.each = request.count;
  return shape;
}

Arithmetic arithmetic_of(const Request& request, const Signature& signature, Rank ranks) {
  if (!reduces(signature)) return {};  // moves bytes
  Arithmetic arithmetic;
  arithmetic.type = request.type;
  arithmetic.reduction = request.op.reduction();
  arithmetic.element_bytes = request.element_bytes;
  arithmetic.divisor = is_average(signature) ? static_cast<std::uint64_t>(ranks) : 1;
  arithmetic.combine = request.op.combine();
  return arithmetic;
}

}  // namespace

std::string_view algorithm_asked_for(std::string_view choice, Collective collective) {
  while (!choice.empty()) {
    const Asked asked = take_first(choice);
    if (asked.collective.empty() || asked.collective == name_of(collective)) return asked.algorithm;
  }
  return "auto";
}

Result<void> check_algorithm_choice(std::string_view choice) {
  while (!choice.empty()) {
    const Asked asked = take_first(choice);
    const std::string_view collective = asked.collective;
    const std::string_view name = asked.algorithm;
    const auto rows = catalogue();
    const auto is_meant = [&](const CatalogueRow& row) {
      return collective.empty() || name_of(row.collective) == collective;
    };
    const auto meant = std::ranges::find_if(rows, is_meant);
    if (meant == rows.end())
      return Error{
          Code::invalid_argument,
          fmt::format("TREERING_ALGORITHM names a collective \"{}\" (there is none with algorithms to choose from) "
                      "write collective:algorithm, as in all-reduce:ring",
                      collective)};
    if (name == "auto" ||
        std::ranges::any_of(rows, [&](const CatalogueRow& row) { return is_meant(row) && row.name == name; }))
      continue;
    auto none = find_row(meant->collective, name);
    return Error{Code::invalid_argument, "TREERING_ALGORITHM: " + none.error().message};
  }
  return {};
}

Result<const Plan*> Plans::look_up(const Request& request, const Key& key) {
  auto found = plans_.find(key);
  if (found == plans_.end()) {
    auto plan = make(request, key.signature, key.in_place);
    if (!plan) return std::move(plan).error();
    found = plans_.emplace(key, *std::move(plan)).first;
  }
  latest_ = &*found;
  return &found->second;
}

void Plans::forget() {
  plans_.clear();
  latest_ = nullptr;
}

/// A bare name that a collective does not have means nothing to it; one that was asked for by name must exist.
Result<const CatalogueRow*> Plans::row_for(const Shape& shape, std::uint64_t element_bytes,
                                           const Signature& signature) const {
  const Order order = signature.keeps_order ? Order::kept : Order::commutative;
  const std::string_view asked = algorithm_asked_for(terms_.algorithm, signature.collective);
  if (asked != "auto") {
    auto row = find_row(signature.collective, asked);
    const bool is_bare = terms_.algorithm == asked;
    if (!row && !is_bare) return std::move(row).error();
    if (row && (order == Order::commutative || (*row)->order == Order::kept)) return *row;
  }
  auto offer = choose(signature.collective, shape, element_bytes, order, prices_);
  if (!offer) return std::move(offer).error();
  return offer->row;
}

Result<const CatalogueRow*> Plans::choice_for(const Request& request) const {
  return row_for(shape_of(request, terms_.rank, terms_.ranks, false), request.element_bytes, signature_of(request));
}

Result<Plan> Plans::make(const Request& request, const Signature& signature, bool in_place) {
  const Shape shape = shape_of(request, terms_.rank, terms_.ranks, in_place);
  auto row = row_for(shape, request.element_bytes, signature);
  if (!row) return std::move(row).error();
  const bool by_place = (*row)->by_place && !signature.keeps_order;
  const RankOrder rank_order, &order = by_place ? prices_.by_place() : rank_order;
  auto schedule = treering::make(**row, shape, order);
  if (!schedule) return std::move(schedule).error();
  auto program = bind(*schedule, links_);
  if (!program) return std::move(program).error();

  Plan plan;
  plan.program = *std::move(program);
  plan.program.text = fmt::format("{}, by {}", describe(signature), (*row)->name);
  plan.work.element_bytes = request.element_bytes;
  plan.work.arithmetic = arithmetic_of(request, signature, terms_.ranks);
  plan.work.kernel = kernel_for(plan.work.arithmetic);
  plan.work.arithmetic.combine = nullptr;
  plan.work.digest = digest_of(signature, (*row)->name, order.digest());
  plan.words = to_words(signature);
  return plan;
}

}  // namespace treering

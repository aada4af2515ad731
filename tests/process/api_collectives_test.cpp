// Every collective on every type with every operator, in place and not, one thread driving all ranks, against a
// reference that adds up in rank order. Data differ at every rank and position and are chosen so that every order of
// summation is exact.
#include <algorithm>
#include <cstring>
#include <optional>
#include <type_traits>

#include "process/api_ranks.hpp"
#include "treering/elements.hpp"

namespace treering {
namespace {

// --- Values ---------------------------------------------------------------------------------------------------------

std::uint64_t hash(int rank, std::size_t position) {
  std::uint64_t x = static_cast<std::uint64_t>(rank) * 0x9e3779b97f4a7c15u + position * 0xc2b2ae3d27d4eb4fu + 12345;
  x = (x ^ (x >> 31)) * 0xbf58476d1ce4e5b9u;
  return x ^ (x >> 29);
}

/// What sums and products are exact in: integers modulo 2^64, floats as doubles.
template <class T>
using Wide = std::conditional_t<std::is_integral_v<T>, std::uint64_t, double>;

template <class T>
Wide<T> widen(T value) {
  if constexpr (std::is_arithmetic_v<T>) {
    return static_cast<Wide<T>>(value);
  } else {
    return static_cast<double>(static_cast<float>(value));
  }
}

template <class T>
T narrow(Wide<T> value) {
  if constexpr (std::is_arithmetic_v<T>) {
    return static_cast<T>(value);
  } else {
    return T(static_cast<float>(value));
  }
}

template <class T>
T from_int(int value) {
  if constexpr (std::is_arithmetic_v<T>) {
    return static_cast<T>(value);
  } else {
    return T(static_cast<float>(value));
  }
}

/// Sums of eight numbers up to this size are exact in T.
template <class T>
constexpr int limit_of_sums() {
  if (std::is_same_v<T, Float8E5M2>) return 1;
  if (std::is_same_v<T, Float8E4M3>) return 2;
  if (std::is_same_v<T, Float16>) return 250;
  return sizeof(T) <= 2 ? 15 : 1000000;
}

template <class T>
T element(ncclRedOp_t op, int rank, std::size_t position) {
  const std::uint64_t h = hash(rank, position);
  if (op == ncclProd) {
    if constexpr (std::is_integral_v<T>) return static_cast<T>(h);  // wraps around, alike in any order
    constexpr int factors[] = {1, -1, 2, -2, 1, 1};
    return from_int<T>(factors[h % 6]);
  }
  constexpr int limit = limit_of_sums<T>();
  const int value = static_cast<int>(h % (2 * limit + 1));
  return from_int<T>(std::is_unsigned_v<T> ? value : value - limit);
}

template <class T>
T combined(ncclRedOp_t op, T a, T b) {
  const auto is_less = [](T x, T y) {
    if constexpr (std::is_arithmetic_v<T>) {
      return x < y;
    } else {
      return widen(x) < widen(y);
    }
  };
  switch (op) {
    case ncclProd: return narrow<T>(widen(a) * widen(b));
    case ncclMax: return is_less(a, b) ? b : a;
    case ncclMin: return is_less(b, a) ? b : a;
    default: return narrow<T>(widen(a) + widen(b));
  }
}

template <class T>
T divided(T sum, int ranks) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(sum / static_cast<T>(ranks));
  } else {
    return narrow<T>(widen(sum) / ranks);
  }
}

/// The reduction of position k over ranks [0, ranks); an average if all of `averaged` take part.
template <class T>
T reduction(ncclRedOp_t op, int ranks, std::size_t k, int averaged) {
  T value = element<T>(op, 0, k);
  for (int rank = 1; rank < ranks; ++rank) value = combined(op, value, element<T>(op, rank, k));
  return op == ncclAvg ? divided(value, averaged) : value;
}

// --- Collectives ----------------------------------------------------------------------------------------------------

enum class Kind { all_reduce, reduce, broadcast, bcast, all_gather, reduce_scatter, scan, exclusive_scan };
constexpr Kind reducing[] = {Kind::all_reduce, Kind::reduce, Kind::reduce_scatter, Kind::scan, Kind::exclusive_scan};
constexpr Kind moving[] = {Kind::broadcast, Kind::bcast, Kind::all_gather};

struct Case {
  Kind kind;
  ncclDataType_t type;
  ncclRedOp_t op;
  std::size_t count;
  bool in_place;
  int root;
};

std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << "kind " << static_cast<int>(c.kind) << ", type " << c.type << ", operator " << c.op << ", count "
             << c.count << (c.in_place ? ", in place" : "") << ", root " << c.root;
}

ncclResult_t call(const Case& c, const void* send, void* recv, ncclComm_t comm) {
  switch (c.kind) {
    case Kind::all_reduce: return ncclAllReduce(send, recv, c.count, c.type, c.op, comm, nullptr);
    case Kind::reduce: return ncclReduce(send, recv, c.count, c.type, c.op, c.root, comm, nullptr);
    case Kind::broadcast: return ncclBroadcast(send, recv, c.count, c.type, c.root, comm, nullptr);
    case Kind::bcast: return ncclBcast(recv, c.count, c.type, c.root, comm, nullptr);
    case Kind::all_gather: return ncclAllGather(send, recv, c.count, c.type, comm, nullptr);
    case Kind::reduce_scatter: return ncclReduceScatter(send, recv, c.count, c.type, c.op, comm, nullptr);
    case Kind::scan: return treeringScan(send, recv, c.count, c.type, c.op, comm, nullptr);
    case Kind::exclusive_scan: return treeringExclusiveScan(send, recv, c.count, c.type, c.op, comm, nullptr);
  }
  return ncclInternalError;
}

/// What element k of the receive buffer of `rank` must be; nothing where it is not defined.
template <class T>
std::optional<T> expected(const Case& c, int ranks, int rank, std::size_t k) {
  const auto block = static_cast<std::size_t>(rank) * c.count;
  switch (c.kind) {
    case Kind::all_reduce: return reduction<T>(c.op, ranks, k, ranks);
    case Kind::reduce: return rank == c.root ? std::optional(reduction<T>(c.op, ranks, k, ranks)) : std::nullopt;
    case Kind::broadcast:
    case Kind::bcast: return element<T>(c.op, c.root, k);
    case Kind::all_gather: return element<T>(c.op, static_cast<int>(k / c.count), k % c.count);
    case Kind::reduce_scatter: return reduction<T>(c.op, ranks, block + k, ranks);
    case Kind::scan: return reduction<T>(c.op, rank + 1, k, ranks);
    case Kind::exclusive_scan: return rank > 0 ? std::optional(reduction<T>(c.op, rank, k, ranks)) : std::nullopt;
  }
  return std::nullopt;
}

constexpr std::size_t margin = 5;  // elements behind every buffer, that must stay as they are

/// The buffers of one rank. In place, `large` is both; else `large` receives.
template <class T>
struct Buffers {
  std::vector<T> send;
  std::vector<T> large;
  const T* from;
  T* to;

  Buffers(const Case& c, int ranks, int rank) {
    const auto p = static_cast<std::size_t>(ranks);
    const std::size_t sent = c.kind == Kind::reduce_scatter ? p * c.count : c.count;
    const std::size_t received = c.kind == Kind::all_gather ? p * c.count : c.count;
    const std::size_t block = static_cast<std::size_t>(rank) * c.count;
    for (std::size_t k = 0; k < sent; ++k) send.push_back(element<T>(c.op, rank, k));
    large.assign(std::max(sent, received) + margin, from_int<T>(3));
    from = send.data();
    to = large.data();
    if (!c.in_place && c.kind != Kind::bcast) return;
    T* const own = c.kind == Kind::all_gather ? large.data() + block : large.data();
    std::copy(send.begin(), send.end(), own);
    from = own;
    if (c.kind == Kind::reduce_scatter) to = large.data() + block;
  }
};

template <class T>
void check_rank(const Case& c, int ranks, int rank, const Buffers<T>& buffers) {
  const std::size_t received = c.kind == Kind::all_gather ? static_cast<std::size_t>(ranks) * c.count : c.count;
  for (std::size_t k = 0; k < received; ++k) {
    const auto value = expected<T>(c, ranks, rank, k);
    if (!value) continue;
    ASSERT_EQ(std::memcmp(&*value, buffers.to + k, sizeof(T)), 0)
        << c << ": rank " << rank << " of " << ranks << ", element " << k << ": expected " << +widen(*value) << ", got "
        << +widen(buffers.to[k]);
  }
  for (std::size_t k = buffers.large.size() - margin; k < buffers.large.size(); ++k) {
    ASSERT_EQ(widen(buffers.large[k]), widen(from_int<T>(3))) << c << ": written behind the end on rank " << rank;
  }
  if (c.in_place || c.kind == Kind::bcast) return;
  for (std::size_t k = 0; k < buffers.send.size(); ++k) {
    const T value = element<T>(c.op, rank, k);
    ASSERT_EQ(std::memcmp(&value, &buffers.send[k], sizeof(T)), 0) << c << ": input changed on rank " << rank;
  }
}

template <class T>
void check(const AllRanks& all, const Case& c) {
  std::vector<Buffers<T>> buffers;
  for (int rank = 0; rank < all.size(); ++rank) buffers.emplace_back(c, all.size(), rank);
  EXPECT_OK(all.together([&](int rank, ncclComm_t comm) {
    const auto& mine = buffers[static_cast<std::size_t>(rank)];
    const bool sends = c.kind != Kind::broadcast || c.in_place || rank == c.root;
    const bool receives = c.kind != Kind::reduce || c.in_place || rank == c.root;
    return call(c, sends ? mine.from : nullptr, receives ? mine.to : nullptr, comm);
  })) << c;
  for (int rank = 0; rank < all.size(); ++rank) {
    check_rank(c, all.size(), rank, buffers[static_cast<std::size_t>(rank)]);
  }
}

template <class T>
void check_type(const AllRanks& all) {
  const auto type = static_cast<ncclDataType_t>(data_type_of<T>);
  for (const std::size_t count : {std::size_t{1}, std::size_t{7}, std::size_t{1000}}) {
    for (const bool in_place : {false, true}) {
      for (const Kind kind : reducing) {
        for (const ncclRedOp_t op : {ncclSum, ncclProd, ncclMax, ncclMin, ncclAvg}) {
          if (op == ncclAvg && (kind == Kind::scan || kind == Kind::exclusive_scan)) continue;  // not defined
          check<T>(all, {kind, type, op, count, in_place, static_cast<int>(count) % all.size()});
          if (testing::Test::HasFatalFailure()) return;
        }
      }
      for (const Kind kind : moving) check<T>(all, {kind, type, ncclSum, count, in_place, all.size() - 1});
    }
  }
}

class Collectives : public testing::TestWithParam<int> {};

TEST_P(Collectives, AllTypesAndOperators) {
  const AllRanks all(GetParam());
  check_type<std::int8_t>(all);
  check_type<std::uint8_t>(all);
  check_type<std::int32_t>(all);
  check_type<std::uint32_t>(all);
  check_type<std::int64_t>(all);
  check_type<std::uint64_t>(all);
  check_type<Float16>(all);
  check_type<float>(all);
  check_type<double>(all);
  check_type<BFloat16>(all);
  check_type<Float8E4M3>(all);
  check_type<Float8E5M2>(all);
}

TEST_P(Collectives, LargeBuffersAndEveryRoot) {
  const AllRanks all(GetParam());
  for (const std::size_t count : {std::size_t{70001}, std::size_t{400003}}) {
    for (const bool in_place : {false, true}) {
      for (const Kind kind : reducing) {
        check<float>(all, {kind, ncclFloat, ncclSum, count, in_place, static_cast<int>(count) % all.size()});
      }
      check<std::int64_t>(all, {Kind::all_gather, ncclInt64, ncclSum, count, in_place, 0});
    }
  }
  for (int root = 0; root < all.size(); ++root) {
    check<double>(all, {Kind::broadcast, ncclDouble, ncclSum, 30011, false, root});
    check<double>(all, {Kind::reduce, ncclDouble, ncclMax, 30011, true, root});
  }
}

TEST_P(Collectives, CountsOfZeroNeedNoBuffers) {
  const AllRanks all(GetParam());
  for (const Kind kind : {Kind::all_reduce, Kind::reduce, Kind::broadcast, Kind::bcast, Kind::all_gather,
                          Kind::reduce_scatter, Kind::scan, Kind::exclusive_scan}) {
    EXPECT_OK(all.together([&](int, ncclComm_t comm) {
      return call({kind, ncclFloat, ncclSum, 0, false, 0}, nullptr, nullptr, comm);
    })) << static_cast<int>(kind);
  }
  EXPECT_OK(all.together([](int, ncclComm_t comm) { return treeringBarrier(comm, nullptr); }));
}

INSTANTIATE_TEST_SUITE_P(Ranks, Collectives, testing::Range(1, 9));

// Threads instead of one thread for all: a plain call returns with its result, and a barrier holds.
TEST(Threads, EachWithItsRank) {
  constexpr int ranks = 4;
  AllRanks all(ranks);
  std::atomic<int> arrived = 0;
  std::vector<std::thread> threads;
  for (int rank = 0; rank < ranks; ++rank) {
    threads.emplace_back([&, rank] {
      for (int round = 1; round <= 20; ++round) {
        std::vector<std::int32_t> data(100 * static_cast<std::size_t>(round), rank + round);
        EXPECT_OK(ncclAllReduce(data.data(), data.data(), data.size(), ncclInt32, ncclSum, all[rank], nullptr));
        EXPECT_EQ(data.back(), ranks * round + 6);
        ++arrived;
        EXPECT_OK(treeringBarrier(all[rank], nullptr));
        EXPECT_GE(arrived, ranks * round);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace treering

#include "contract/world.hpp"
#include "transports/loopback/loopback.hpp"
#include "transports/shared_memory/shared_memory.hpp"
#include "transports/tcp/tcp.hpp"
#include "transports/ucx/open.hpp"
#include "transports/verbs/open.hpp"

namespace treering::test {
namespace {

std::unique_ptr<Transport> loopback(const Place& place) {
  return std::make_unique<Loopback>(place.communicator, place.rank, place.ranks, place.bell.bell(), place.ring_bytes);
}
std::unique_ptr<Transport> shared_memory(const Place& place) {
  return std::make_unique<SharedMemory>(place.connector, place.rank, place.ranks, place.bell, place.ring_bytes);
}
std::unique_ptr<Transport> tcp(const Place& place) {
  return std::make_unique<Tcp>(
      Tcp::Terms{place.connector, place.rank, place.ranks, place.bell.bell(), place.ring_bytes});
}

/// Ranks go by the ports that there are in turn.
std::unique_ptr<Transport> verbs_transport(const Place& place) {
  const auto ports = *verbs::usable_ports({});
  const verbs::Port& port = ports[static_cast<std::size_t>(place.rank) % ports.size()];
  return *verbs::open({place.connector, place.rank, place.ranks, place.bell.bell(), place.ring_bytes}, port, {});
}
std::string why_no_verbs() {
  const auto ports = verbs::usable_ports({});
  return !ports ? ports.error().message : ports->empty() ? "there is no RDMA device" : "";
}

std::unique_ptr<Transport> ucx_transport(const Place& place) {
  return *ucx::open({place.connector, place.rank, place.ranks, place.bell.bell(), place.ring_bytes});
}
std::string why_no_ucx() {
  return ucx::is_there() ? "" : "Treering was built without UCX";
}

}  // namespace

const std::vector<Kind>& kinds() {
  using enum Kind::Ranks;
  using enum Kind::Lending;
  static const std::vector<Kind> all{
      {threads, everything, "loopback", loopback},
      {threads, allocated, "shared_memory_in_one_process", shared_memory},
      {processes, allocated, "shared_memory", shared_memory},
      {threads, itself, "tcp_in_one_process", tcp},
      {processes, itself, "tcp", tcp},
      {threads, allocated, "verbs_in_one_process", verbs_transport, false, why_no_verbs},
      {processes, allocated, "verbs", verbs_transport, false, why_no_verbs},
      {threads, itself, "ucx_in_one_process", ucx_transport, false, why_no_ucx},
      {processes, itself, "ucx", ucx_transport, false, why_no_ucx},
  };
  return all;
}

}  // namespace treering::test

// Replays messages and what they wait for under SimGrid (simgrid.org), and prints the microseconds that they take.
// Reads from standard input:
//   hosts <number>
//   link <MB/s> <latency, us>           numbered from 0; one way
//   route <from> <to> <links> <link> .. hosts
//   join <host>                         an activity that takes no time
//   message <from> <to> <bytes>         an activity; both kinds are numbered from 0 as one
//   wait <activity> <for activity>
// SimGrid's second is a microsecond here, so that its precision is enough.
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <simgrid/s4u.hpp>
#include <string>
#include <vector>

namespace {

namespace sg4 = simgrid::s4u;

class Replay {
 public:
  Replay(sg4::NetZone* zone, bool queues) : zone_(zone), queues_(queues) {}

  void read(std::istream& in) {
    for (std::string word; in >> word;) {
      if (word == "hosts") add_hosts(in);
      if (word == "link") add_link(in);
      if (word == "route") add_route(in);
      if (word == "join" || word == "message") add_activity(in, word == "message");
      if (word == "wait") add_wait(in);
    }
  }

  void start() {
    for (const Activity& activity : activities_) activity.base()->vetoable_start();
  }

  bool is_over() const {
    return std::all_of(activities_.begin(), activities_.end(), [](const Activity& activity) {
      return activity.base()->get_state() == sg4::Activity::State::FINISHED;
    });
  }

 private:
  /// One of the two.
  struct Activity {
    sg4::ExecPtr join;
    sg4::CommPtr message;
    sg4::Activity* base() const { return join ? static_cast<sg4::Activity*>(join.get()) : message.get(); }
  };

  void add_hosts(std::istream& in) {
    std::size_t hosts = 0;
    in >> hosts;
    for (std::size_t i = 0; i < hosts; ++i) hosts_.push_back(zone_->create_host("host" + std::to_string(i), 1e18));
  }

  void add_link(std::istream& in) {
    double rate = 0, latency = 0;
    in >> rate >> latency;
    links_.push_back(zone_->create_link("link" + std::to_string(links_.size()), rate)->set_latency(latency));
    if (queues_) links_.back()->set_concurrency_limit(1);
    links_.back()->seal();
  }

  void add_route(std::istream& in) {
    std::size_t from = 0, to = 0, count = 0;
    in >> from >> to >> count;
    std::vector<sg4::LinkInRoute> links;
    for (std::size_t i = 0, link = 0; i < count && in >> link; ++i) links.emplace_back(links_[link]);
    zone_->add_route(hosts_[from]->get_netpoint(), hosts_[to]->get_netpoint(), nullptr, nullptr, links, false);
  }

  void add_activity(std::istream& in, bool is_message) {
    std::size_t from = 0, to = 0;
    unsigned long long bytes = 0;
    in >> from;
    if (!is_message) {
      activities_.push_back({sg4::Exec::init()->set_flops_amount(1)->set_host(hosts_[from]), nullptr});
      return;
    }
    in >> to >> bytes;
    activities_.push_back({nullptr, sg4::Comm::sendto_init(hosts_[from], hosts_[to])->set_payload_size(bytes)});
  }

  void add_wait(std::istream& in) {
    std::size_t later = 0, earlier = 0;
    in >> later >> earlier;
    const sg4::ActivityPtr successor = activities_[later].base();
    const Activity& activity = activities_[earlier];
    if (activity.join)
      activity.join->add_successor(successor);
    else
      activity.message->add_successor(successor);
  }

  sg4::NetZone* zone_;
  const bool queues_;
  std::vector<sg4::Host*> hosts_;
  std::vector<sg4::Link*> links_;
  std::vector<Activity> activities_;
};

}  // namespace

int main(int argc, char** argv) {
  sg4::Engine engine(&argc, argv);
  // The plain fluid model: latency, then max-min fair shares of the links' whole bandwidth.
  for (const char* option : {"network/model:CM02", "network/latency-factor:1", "network/bandwidth-factor:1",
                             "network/weight-S:0", "network/TCP-gamma:0", "network/crosstraffic:0"})
    sg4::Engine::set_config(option);
  sg4::NetZone* zone = sg4::create_full_zone("network");
  Replay replay(zone, argc > 1 && std::string(argv[1]) == "queues");
  replay.read(std::cin);
  zone->seal();
  replay.start();
  engine.run();
  if (!replay.is_over()) return 1;
  std::printf("%.6f\n", sg4::Engine::get_clock());
  return 0;
}

#include "startup/service.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <mutex>

#include "options/constants.hpp"
#include "options/log.hpp"
#include "options/options.hpp"
#include "startup/interface_rate.hpp"
#include "startup/openssl.hpp"
#include "startup/plain_text.hpp"

namespace treering {
namespace {

constexpr std::size_t most_waiting = 4096;  // connections for one rank and purpose that has no handler yet

std::mutex process_mutex;
Service* process_service = nullptr;  // never destroyed: its thread may outlive main()
pid_t directory_owner = 0;           // the process that removes the Unix socket
UnixListener* directory = nullptr;

void before_fork() {
  process_mutex.lock();
  if (process_service) process_service->events().before_fork();
}
void after_fork_in_parent() {
  if (process_service) process_service->events().after_fork_in_parent();
  process_mutex.unlock();
}
void after_fork_in_child() {
  if (process_service) process_service->events().after_fork_in_child();
  process_service = nullptr;  // the next use starts the child's own
  process_mutex.unlock();
}
void at_end_of_process() {
  if (directory && directory_owner == getpid()) remove(*directory);
}

/// The boot id of the running kernel: the same in all its containers.
std::array<std::byte, 16> boot_id() {
  std::array<std::byte, 16> id{};
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::size_t digits = 0;
  for (char c; digits < 32 && file.get(c);) {
    if (!std::isxdigit(static_cast<unsigned char>(c))) continue;
    const int value = std::isdigit(static_cast<unsigned char>(c)) ? c - '0' : std::tolower(c) - 'a' + 10;
    id[digits / 2] |= static_cast<std::byte>(digits % 2 == 0 ? value << 4 : value);
    ++digits;
  }
  if (digits < 32) (void)!fill_random(id);  // unknown: like no other host
  return id;
}

}  // namespace

Result<Service*> Service::of_process() {
  const std::lock_guard lock(process_mutex);
  if (process_service) return process_service;
  keep_openssl();
  auto started = start();
  if (!started) return std::move(started).error();
  static const int registered = [] {
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
    return std::atexit(at_end_of_process);
  }();
  (void)registered;
  process_service = started->release();
  directory = &process_service->unix_;
  directory_owner = getpid();
  return process_service;
}

Service::Service() = default;

Result<std::unique_ptr<Service>> Service::start() {
  std::unique_ptr<Service> made(new Service);
  if (auto filled = fill_random(made->self_.process); !filled) return std::move(filled).error();
  auto events = EventThread::start();
  if (!events) return std::move(events).error();
  made->events_ = *std::move(events);
  auto tcp = listen_tcp(options());
  if (!tcp) return std::move(tcp).error();
  made->tcp_ = *std::move(tcp);
  log(LogLevel::info, nobody, "listens on " + made->tcp_.text);
  auto local = listen_unix();
  if (!local) return std::move(local).error();
  made->unix_ = *std::move(local);

  char host[65] = {};
  gethostname(host, sizeof host - 1);
  made->self_.host = host;
  made->self_.pid = getpid();
  made->self_.boot = boot_id();
  made->self_.processors = own_processors();
  made->self_.constants = stored_constants();
  made->self_.socket_path = made->unix_.path;
  made->self_.port = made->tcp_.port;
  made->self_.addresses = made->tcp_.addresses;
  made->self_.interface = made->tcp_.interface;
  made->self_.mbits = mbits_of_interface(made->tcp_.interface);
  if (auto opened = made->open_doors(); !opened) {
    remove(made->unix_);
    return std::move(opened).error();
  }
  auto door =
      StatusDoor::open(*made->events_, made->unix_.directory, [service = made.get()] { return service->status(); });
  if (door)
    made->status_door_ = *std::move(door);
  else  // a job can do without
    log(LogLevel::info, nobody, door.error().message);
  return made;
}

Result<void> Service::open_doors() {
  const auto keys = [this](const Greeting& greeting) {
    return home(greeting.communicator, greeting.to) ? communicators_.at(greeting.communicator).keys : nullptr;
  };
  reception_ = std::make_unique<Reception>(
      *events_, Reception::Callbacks{keys, [this](const Greeting& greeting, Descriptor socket) {
                                       welcome(greeting, std::move(socket));
                                     }});
  Result<void> opened;
  events_->call([&] {
    opened = reception_->open(unix_.socket.get(), true);
    for (const Descriptor& socket : tcp_.sockets)
      if (opened) opened = reception_->open(socket.get(), false);
    if (!opened) reception_->close();
  });
  return opened;
}

Service::Visits Service::visits() {
  Visits visits{};
  events_->call([&] { visits = {reception_->strangers(), reception_->turned_away()}; });
  return visits;
}

Service::Home* Service::home(const Digest& communicator, Rank rank) {
  const auto found = communicators_.find(communicator);
  if (found == communicators_.end()) return nullptr;
  const auto at = found->second.homes.find(rank);
  return at == found->second.homes.end() ? nullptr : &at->second;
}

void Service::welcome(const Greeting& greeting, Descriptor socket) {
  Home* const at = home(greeting.communicator, greeting.to);
  if (!at) return;  // left in the meantime
  const auto purpose = static_cast<std::size_t>(greeting.purpose);
  if (const Accepted accepted = at->accepted[purpose])  // a copy: it may be replaced while it runs
    accepted(greeting.from, std::move(socket));
  else if (at->waiting[purpose].size() < most_waiting)
    at->waiting[purpose].emplace_back(greeting.from, std::move(socket));
}

Result<void> Service::enter(const std::shared_ptr<const Keys>& keys, Rank rank) {
  bool fresh = false;
  events_->call([&] {
    Communicator& communicator = communicators_[keys->communicator()];
    communicator.keys = keys;
    fresh = communicator.homes.try_emplace(rank).second;
  });
  if (fresh) return {};
  return Error{Code::invalid_usage,
               "rank " + std::to_string(rank) + " has joined twice in one process (" + self_.host + ", pid " +
                   std::to_string(self_.pid) +
                   ") give every rank a number of its own, and every communicator a unique id of its own"};
}

void Service::leave(const Digest& communicator, Rank rank) {
  events_->call([&] {
    const auto found = communicators_.find(communicator);
    if (found == communicators_.end()) return;
    found->second.homes.erase(rank);
    if (found->second.homes.empty()) communicators_.erase(found);
  });
}

void Service::on_accept(const Digest& communicator, Rank rank, Purpose purpose, Accepted accepted) {
  events_->call([&] {
    Home* const at = home(communicator, rank);
    if (!at) return;
    const auto k = static_cast<std::size_t>(purpose);
    at->accepted[k] = accepted;
    if (!accepted) return;
    for (auto& [from, socket] : std::exchange(at->waiting[k], {})) accepted(from, std::move(socket));
  });
}

void Service::on_status(const Digest& communicator, Rank rank, StatusTexts texts) {
  events_->call([&] {
    Home* const at = home(communicator, rank);
    if (!at) return;
    at->has_met = at->has_met || texts.doing;
    at->status = std::move(texts);
  });
}

/// What all ranks of a communicator have found is said once, by the first of them that is here.
std::string Service::status() const {
  std::string text = "process " + std::to_string(self_.pid) + " on host " + self_.host;
  if (communicators_.empty()) return text + " has no communicator at present\n";
  text += "\n";
  for (const auto& [digest, communicator] : communicators_) {
    text += "\n";
    const auto met =
        std::ranges::find_if(communicator.homes, [](const auto& home) { return bool(home.second.status.found); });
    if (met != communicator.homes.end()) text += met->second.status.found();
    for (const auto& [rank, home] : communicator.homes) {
      const std::string who = rank == nobody ? "rendezvous" : "rank " + std::to_string(rank);
      const std::string without_texts = home.has_met ? "is leaving" : "waits for all ranks to join";
      text += who + ": " + (home.status.doing ? plain_line(home.status.doing()) : without_texts) + "\n";
    }
  }
  return text;
}

std::shared_ptr<const Roster> Service::shared_roster(const Digest& communicator) const {
  const auto found = communicators_.find(communicator);
  return found == communicators_.end() ? nullptr : found->second.roster.lock();
}

void Service::share_roster(const Digest& communicator, const std::shared_ptr<const Roster>& roster) {
  const auto found = communicators_.find(communicator);
  if (found != communicators_.end()) found->second.roster = roster;
}

Result<std::shared_ptr<Stay>> Stay::begin(Service& service, std::shared_ptr<const Keys> keys, Rank rank) {
  if (auto entered = service.enter(keys, rank); !entered) return std::move(entered).error();
  return std::make_shared<Stay>(service, std::move(keys), rank);
}

Stay::Stay(Service& service, std::shared_ptr<const Keys> keys, Rank rank)
    : service_(service), keys_(std::move(keys)), rank_(rank) {}

Stay::~Stay() {
  service_.leave(keys_->communicator(), rank_);
}

}  // namespace treering

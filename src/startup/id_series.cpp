#include "startup/id_series.hpp"

#include <memory>
#include <span>
#include <string>

#include "startup/handshake.hpp"
#include "startup/openssl.hpp"
#include "startup/rendezvous.hpp"
#include "startup/service.hpp"

namespace treering {
namespace {

/// So many communicators may be started at once, by as many threads of each rank.
constexpr unsigned open_ahead = 16;

Result<MeetingPlace> place_of_series(const UniqueId& first, unsigned number) {
  auto place = decode(first);
  if (!place || number == 0) return place;
  const std::string what = "treering communicator " + std::to_string(number);
  Secret secret;
  keep_openssl();
  if (!mac_of(place->secret, std::as_bytes(std::span(what)), secret))
    return Error{Code::system_error, "no further unique id can be derived (HMAC failed) see what OpenSSL is there"};
  place->secret = secret;
  return place;
}

/// The rendezvous of a series: always some that nobody has come to yet. On the service thread, but for the first.
class Series : public std::enable_shared_from_this<Series> {
 public:
  Series(Service& service, const UniqueId& first) : service_(service), first_(first) {}

  Result<void> open_up_to(unsigned count) {
    for (; opened_ < count; ++opened_) {
      auto place = place_of_series(first_, opened_);
      if (!place) return std::move(place).error();
      auto on_guest = [self = shared_from_this(), number = opened_] { (void)self->open_up_to(number + open_ahead); };
      if (auto opened = open_rendezvous(service_, *place, std::move(on_guest)); !opened) return opened;
    }
    return {};
  }

 private:
  Service& service_;
  const UniqueId first_;
  unsigned opened_ = 0;
};

}  // namespace

Result<UniqueId> make_id_series() {
  auto service = Service::of_process();
  if (!service) return std::move(service).error();
  MeetingPlace place{(*service)->self().port, {}, (*service)->self().addresses};
  if (auto filled = fill_random(place.secret); !filled) return std::move(filled).error();
  const UniqueId first = encode(place);
  Result<void> opened;
  (*service)->events().call([&] { opened = std::make_shared<Series>(**service, first)->open_up_to(open_ahead); });
  if (!opened) return std::move(opened).error();
  return first;
}

Result<UniqueId> id_of_series(const UniqueId& first, unsigned number) {
  auto place = place_of_series(first, number);
  if (!place) return std::move(place).error();
  return encode(*place);
}

}  // namespace treering

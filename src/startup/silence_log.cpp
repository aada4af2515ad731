#include "startup/silence_log.hpp"

#include "options/log.hpp"
#include "options/options.hpp"

namespace treering {

void SilenceLog::take(const Host& host, const std::string& whom, Rank self, const SilenceNews& news) {
  const auto said = line(host, whom, news, std::chrono::steady_clock::now(), options().silence_timeout);
  if (said) log(LogLevel::warning, self, *said);
}

std::optional<std::string> SilenceLog::line(const Host& host, const std::string& whom, const SilenceNews& news,
                                            Silence::Time now, std::chrono::milliseconds timeout) {
  const std::lock_guard lock(mutex_);
  const auto known = silent_.find(host);
  if (news.is_over) {
    if (known == silent_.end()) return std::nullopt;
    silent_.erase(known);
    return whom + " answers again (" + news.path + ") it was silent for " + seconds_text(news.lasted);
  }
  // Nothing is heard of connections that were closed while they were silent: their entries are too old then.
  if (known != silent_.end() && now - known->second < timeout) return std::nullopt;
  silent_[host] = now;
  return whom + " has not answered for " + seconds_text(news.lasted) + " (" + news.path +
         ") check cables, switches and interfaces between the hosts; it is given up after " + seconds_text(timeout) +
         " (TREERING_SILENCE_TIMEOUT)";
}

}  // namespace treering

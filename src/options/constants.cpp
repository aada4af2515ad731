#include "options/constants.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>
#include <utility>

#include "options/log.hpp"

namespace treering {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view format = "treering constants";
constexpr int version = 2;
constexpr std::size_t most_bytes = 64 << 10;
constexpr std::string_view any_host = "*";

struct WireMember {
  const char* name;
  std::uint32_t WireConstants::*value;
  std::uint32_t least, most;
};
constexpr WireMember wire_members[] = {
    {"alpha_ns", &WireConstants::alpha_ns, 0, HostConstants::most_ns},
    {"overhead_ns", &WireConstants::overhead_ns, 0, HostConstants::most_ns},
    {"shared_overhead_ns", &WireConstants::shared_overhead_ns, 0, HostConstants::most_ns},
    {"wake_ns", &WireConstants::wake_ns, 0, HostConstants::most_ns},
    {"beta_ps", &WireConstants::beta_ps, 0, HostConstants::most_ps},
    {"far_ps", &WireConstants::far_ps, 0, HostConstants::most_ps},
};
struct Wire {
  const char* name;
  WireConstants HostConstants::*value;
};
constexpr Wire wires[] = {{"shared_memory", &HostConstants::shared_memory}, {"tcp", &HostConstants::tcp}};

struct HostMember {
  const char* name;
  std::uint32_t HostConstants::*value;
  std::uint32_t least, most;
};
constexpr HostMember host_members[] = {
    {"gamma_ps", &HostConstants::gamma_ps, 0, HostConstants::most_ps},
    {"cache_kib", &HostConstants::cache_kib, 0, HostConstants::most_kib},
};

/// A whole number within bounds; else `problem` says what is wrong with it.
std::uint32_t number(const Json& object, const char* name, std::uint32_t least, std::uint32_t most,
                     std::string& problem) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  if (found != object.end() && found->is_number_unsigned()) {
    const auto value = found->get<std::uint64_t>();
    if (value >= least && value <= most) return static_cast<std::uint32_t>(value);
  }
  if (problem.empty())
    problem = std::string(name) + " is missing, or no whole number from " + std::to_string(least) + " to " +
              std::to_string(most);
  return least;
}

std::optional<std::string> variable(std::string_view name) {
  const char* const value = std::getenv(std::string(name).c_str());
  return value && *value ? std::optional<std::string>(value) : std::nullopt;
}

std::string own_host() {
  char host[65] = {};
  gethostname(host, sizeof host - 1);
  return host;
}

/// A name that stays in its folder.
std::string file_name(std::string_view host) {
  std::string name(host);
  std::ranges::replace_if(
      name, [](unsigned char c) { return !std::isalnum(c) && c != '-' && c != '.'; }, '_');
  return (name.starts_with('.') || name.empty() ? "_" + name : name) + ".json";
}

Error cannot(const char* what, const std::string& path, int error) {
  return {Code::system_error,
          std::string(what) + " " + path + " (" + std::strerror(error) + ") name another file in TREERING_CONSTANTS"};
}

/// Nothing where there is no such file. Nor is there one in a folder that is another user's, or none.
Result<std::optional<std::string>> read(const std::string& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) {
    if (errno == ENOENT || errno == ENOTDIR || errno == EACCES) return std::optional<std::string>();
    return cannot("cannot read", path, errno);
  }
  if (!S_ISREG(found.st_mode)) return cannot("cannot read", path, EINVAL);  // a pipe would be waited for
  std::ifstream file(path, std::ios::binary);
  std::string text(most_bytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.is_open() || file.bad()) return cannot("cannot read", path, errno);
  text.resize(static_cast<std::size_t>(file.gcount()));
  return std::optional(std::move(text));
}

/// As it is read from a file again: what is no UTF-8 is replaced there.
std::string text_form(std::string_view host) {
  return Json::parse(Json(host).dump(-1, ' ', true, Json::error_handler_t::replace)).get<std::string>();
}

/// A file beside the one that it is to replace. It is gone unless finished.
class Unfinished {
 public:
  static Result<Unfinished> begin(const std::string& path) {
    if (path.empty())
      return Error{
          Code::invalid_usage,
          "there is nowhere to store constants (neither XDG_CACHE_HOME nor HOME is set, or TREERING_CONSTANTS is "
          "none) name a file in TREERING_CONSTANTS"};
    std::error_code error;
    const auto folder = std::filesystem::path(path).parent_path();
    if (!folder.empty() && (std::filesystem::create_directories(folder, error), error))
      return cannot("cannot make the folder of", path, error.value());
    if (std::filesystem::is_directory(path, error)) return cannot("cannot write", path, EISDIR);
    const std::string name = path + "." + std::to_string(getpid());
    std::FILE* const file = std::fopen(name.c_str(), "wx");  // never through a link that somebody has laid there
    if (!file) return cannot("cannot write", name, errno);
    return Unfinished(path, name, file);
  }
  Unfinished(Unfinished&& other) noexcept
      : path_(std::move(other.path_)), name_(std::move(other.name_)), file_(std::exchange(other.file_, nullptr)) {}
  Unfinished& operator=(Unfinished&&) = delete;
  ~Unfinished() {
    if (!file_) return;
    std::fclose(file_);
    unlink(name_.c_str());
  }

  Result<void> finish(const std::string& text) {
    const bool is_written = std::fwrite(text.data(), 1, text.size(), file_) == text.size();
    const bool is_closed = std::fclose(std::exchange(file_, nullptr)) == 0;
    if (is_written && is_closed && std::rename(name_.c_str(), path_.c_str()) == 0) return {};
    const int reason = errno;
    unlink(name_.c_str());
    return cannot("cannot write", path_, reason);
  }

 private:
  Unfinished(std::string path, std::string name, std::FILE* file)
      : path_(std::move(path)), name_(std::move(name)), file_(file) {}
  std::string path_, name_;
  std::FILE* file_;
};

}  // namespace

bool HostConstants::is_within_bounds() const {
  const auto holds = [](const auto& of, const auto& member) {
    return of.*member.value >= member.least && of.*member.value <= member.most;
  };
  return std::ranges::all_of(host_members, [&](const HostMember& member) { return holds(*this, member); }) &&
         std::ranges::all_of(wires, [&](const Wire& wire) {
           return std::ranges::all_of(wire_members,
                                      [&](const WireMember& member) { return holds(this->*wire.value, member); });
         });
}

namespace {

template <class Constants, class Visit>
void for_each_number(Constants& constants, Visit visit) {
  for (const Wire& wire : wires)
    for (const WireMember& member : wire_members) visit(constants.*wire.value.*member.value);
  for (const HostMember& member : host_members) visit(constants.*member.value);
}

}  // namespace

HostNumbers numbers_of(const HostConstants& constants) {
  static_assert(std::size(wires) * std::size(wire_members) + std::size(host_members) == HostNumbers().size());
  HostNumbers numbers;
  for_each_number(constants, [at = numbers.begin()](std::uint32_t number) mutable { *at++ = number; });
  return numbers;
}

HostConstants constants_from(const HostNumbers& numbers) {
  HostConstants constants;
  for_each_number(constants, [at = numbers.begin()](std::uint32_t& number) mutable { number = *at++; });
  return constants;
}

HostConstants slower_of(const HostConstants& a, const HostConstants& b) {
  HostConstants slower = a;
  for (const Wire& wire : wires)
    for (const WireMember& member : wire_members) {
      std::uint32_t& value = slower.*wire.value.*member.value;
      value = std::max(value, b.*wire.value.*member.value);
    }
  for (const HostMember& member : host_members) slower.*member.value = std::max(a.*member.value, b.*member.value);
  if (a.cache_kib > 0 && b.cache_kib > 0) slower.cache_kib = std::min(a.cache_kib, b.cache_kib);
  return slower;
}

std::string text_of(const HostConstants& constants, std::string_view host) {
  Json text{{"format", format}, {"version", version}, {"host", host}};
  for (const Wire& wire : wires)
    for (const WireMember& member : wire_members) text[wire.name][member.name] = constants.*wire.value.*member.value;
  for (const HostMember& member : host_members) text[member.name] = constants.*member.value;
  return text.dump(2, ' ', true, Json::error_handler_t::replace) + "\n";
}

Result<HostConstants> constants_from(std::string_view text, std::string_view file, std::string_view host) {
  const auto refused = [&](const std::string& problem) {
    return Error{Code::invalid_argument, std::string(file) + " is no file of constants (" + problem +
                                             ") measure them again: treering-perf constants"};
  };
  if (text.size() > most_bytes) return refused("it has more than " + std::to_string(most_bytes) + " bytes");
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return refused("it is no JSON object");
  if (json.value("format", Json()) != format) return refused("its format is not \"" + std::string(format) + "\"");
  if (json.value("version", Json()) != version) return refused("its version is not " + std::to_string(version));
  const Json of = json.value("host", Json());
  if (!of.is_string()) return refused("it does not say of which host");
  const auto& name = of.get_ref<const std::string&>();
  if (name != any_host && name != text_form(host))
    return Error{
        Code::invalid_argument,
        std::string(file) + " holds what messages and bytes cost on host " + name + ", not on this one, " +
            std::string(host) +
            " (hosts differ) measure here: treering-perf constants; or, where hosts are alike, write \"*\" for "
            "the host in the file"};
  HostConstants constants;
  std::string problem;
  for (const Wire& wire : wires)
    for (const WireMember& member : wire_members)
      constants.*wire.value.*member.value =
          number(json.value(wire.name, Json()), member.name, member.least, member.most, problem);
  for (const HostMember& member : host_members)
    constants.*member.value = number(json, member.name, member.least, member.most, problem);
  if (!problem.empty()) return refused(problem);
  return constants;
}

std::string constants_path(const Options& options, const Lookup& environment, std::string_view host) {
  if (options.constants == "none") return "";
  if (!options.constants.empty()) return options.constants;
  if (const auto cache = environment("XDG_CACHE_HOME")) return *cache + "/treering/" + file_name(host);
  if (const auto home = environment("HOME")) return *home + "/.cache/treering/" + file_name(host);
  return "";
}

/// Asks the environment, not options(): those hold for good once they have been read.
std::string own_constants_path() {
  return constants_path(parse_options(variable, {}).values, variable, own_host());
}

HostConstants stored_constants() {
  const std::string path = own_constants_path();
  if (path.empty()) return {};
  const auto warned = [](const Error& error) {
    log(LogLevel::warning, nobody, error.message + "; plans are priced by the defaults");
    return HostConstants();
  };
  const auto text = read(path);
  if (!text) return warned(text.error());
  if (!*text) return options().constants.empty() ? HostConstants() : warned(cannot("cannot read", path, ENOENT));
  const auto constants = constants_from(**text, path, own_host());
  return constants ? *constants : warned(constants.error());
}

Result<void> check_constants_path(const std::string& path) {
  auto file = Unfinished::begin(path);
  if (!file) return file.error();
  return {};
}

Result<void> store_constants(const HostConstants& constants, const std::string& path) {
  auto file = Unfinished::begin(path);
  if (!file) return file.error();
  return file->finish(text_of(constants, own_host()));
}

}  // namespace treering

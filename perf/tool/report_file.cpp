#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "report.hpp"
#include "version.hpp"

namespace treering::perf {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Measured& measured, const Settings& settings) {
  Json json;
  json[settings.cpu_time ? "cpu_time" : "time"] = measured.time_us;
  json["alg_bw"] = measured.alg_bw;
  json["bus_bw"] = measured.bus_bw;
  json["nwrong"] = measured.wrong ? Json(*measured.wrong) : Json(nullptr);
  const Statistics& s = measured.samples_us;
  for (const auto& [name, value] :
       {std::pair("min", s.min), std::pair("avg", s.avg), std::pair("p50", s.p50), std::pair("p95", s.p95),
        std::pair("p99", s.p99), std::pair("max", s.max), std::pair("stdev", s.stdev)}) {
    json[name] = value;
  }
  json["actual_iterations"] = measured.calls;
  json["rank_times"] = measured.rank_times_us;
  return json;
}

Json config_of(const Settings& settings, std::size_t ranks) {
  Json json;
  json["ranks"] = ranks;
  json["nthreads"] = settings.threads;
  json["ngpus"] = settings.ranks_per_thread;
  json["minimum_bytes"] = settings.sweep.first_bytes;
  json["maximum_bytes"] = settings.sweep.last_bytes;
  const bool by_factor = settings.sweep.step_factor > 1;
  json[by_factor ? "step_factor" : "step_bytes"] = by_factor ? settings.sweep.step_factor : settings.sweep.step_bytes;
  json["warmup_iters"] = settings.warmup;
  json["iterations"] = settings.iterations;
  json["aggregated_iterations"] = settings.aggregate;
  json["validation"] = settings.checks;
  json["graph"] = 0;
  json["blocking_collectives"] = settings.blocking != 0;
  json["average"] = static_cast<int>(settings.average);
  json["unalign"] = settings.unalign;
  json["collective"] = name_of(settings.kind);
  json["transport"] = settings.transport;
  json["algorithm"] = settings.algorithm;
  return json;
}

Json devices_of(const Job& job) {
  Json json = Json::array();
  for (const Member& member : job.members) {
    Json device;
    device["rank"] = member.rank;
    device["pid"] = member.pid;
    device["hostname"] = member.host;
    device["device"] = member.thread;
    device["device_info"] = "host memory";
    json.push_back(std::move(device));
  }
  return json;
}

Json results_of(const Settings& settings, const std::vector<Line>& lines) {
  Json json = Json::array();
  for (const Line& line : lines) {
    Json result;
    result["size"] = line.extent.bytes;
    result["count"] = line.extent.count;
    result["type"] = name_of(line.type);
    result["redop"] = name_of(line.op);
    result["root"] = fmt::format("{}", line.root);
    result["out_of_place"] = line.out_of_place ? json_of(*line.out_of_place, settings) : Json(nullptr);
    result["in_place"] = json_of(line.in_place, settings);
    json.push_back(std::move(result));
  }
  return json;
}

}  // namespace

std::string json_text(const Settings& settings, const Report& report) {
  const auto said = [](bool yes) { return yes ? "true" : "false"; };  // nccl-tests writes booleans as text
  const std::optional<double> minimum = minimum_bus_bw();
  const double bus_bw = average_bus_bw(report.lines);
  const std::uint64_t wrong = lines_out_of_bounds(report.lines);
  Json json;
  json["version"] = 3;  // of the layout, as nccl-tests counts
  json["start_time"] = report.start_time;
  json["args"] = report.args;
  json["env"] = report.environment;
  json["treering_version"] = version_text();
  json["config"] = config_of(settings, report.job.members.size());
  json["devices"] = devices_of(report.job);
  json["summary"] = report.job.summary;
  json["results"] = results_of(settings, report.lines);
  json["out_of_bounds"] = {{"count", wrong}, {"okay", said(wrong == 0)}};
  json["average_bus_bandwidth"] = {{"bandwidth", bus_bw},
                                   {"okay", minimum ? said(!is_too_slow(bus_bw, minimum)) : "unchecked"}};
  if (!report.failure.empty()) json["errors"] = {report.failure};
  json["end_time"] = report.end_time;
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string csv_text(const std::vector<Line>& lines) {
  std::string text = "size,count,type,redop,root,place,time_us,algbw,busbw,wrong,min,avg,p50,p95,p99,max,stdev,calls\n";
  for (const Line& line : lines) {
    for (const auto& [place, measured] : {std::pair("out_of_place", line.out_of_place ? &*line.out_of_place : nullptr),
                                          std::pair("in_place", &line.in_place)}) {
      if (!measured) continue;
      const Statistics& s = measured->samples_us;
      text += fmt::format("{},{},{},{},{},{},{:.6g},{:.6g},{:.6g},{},", line.extent.bytes, line.extent.count,
                          name_of(line.type), name_of(line.op), line.root, place, measured->time_us, measured->alg_bw,
                          measured->bus_bw, measured->wrong ? fmt::format("{}", *measured->wrong) : "");
      text += fmt::format("{:.6g},{:.6g},{:.6g},{:.6g},{:.6g},{:.6g},{:.6g},{}\n", s.min, s.avg, s.p50, s.p95, s.p99,
                          s.max, s.stdev, measured->calls);
    }
  }
  return text;
}

}  // namespace treering::perf

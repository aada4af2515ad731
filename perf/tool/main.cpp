// treering-perf: times and checks the collectives of Treering; see --help.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "perf/tool/command_line.hpp"
#include "perf/tool/job.hpp"
#include "perf/tool/measuring.hpp"
#include "perf/tool/traffic.hpp"

int main(int argc, char** argv) {
  using namespace treering::perf;
  const CommandLine line = parse_command_line(argc, argv);
  std::fputs(line.text.c_str(), line.status == exit_ok ? stdout : stderr);
  if (!line.settings) return line.status;
  if (!line.settings->traffic_file.empty()) {
    if (const auto traffic = read_traffic(line.settings->traffic_file, 1); !traffic) {  // before anything is started
      std::fprintf(stderr, "treering-perf: %s\n", traffic.error().message.c_str());
      return exit_usage;
    }
  }
  if (line.settings->errand == Errand::constants) return run_constants();
  if (line.settings->errand == Errand::predictions) return run_predictions();
  // The library reads its options once, at the first call.
  if (line.settings->transport != "auto") setenv("TREERING_TRANSPORT", line.settings->transport.c_str(), 1);
  if (line.settings->algorithm != "auto") setenv("TREERING_ALGORITHM", algorithm_option(*line.settings).c_str(), 1);
  return run_job(*line.settings, std::vector<std::string>(argv, argv + argc));
}

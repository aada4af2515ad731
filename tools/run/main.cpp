// treering-run: starts a program as the ranks of a job; see --help.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <string_view>

#include "tools/run/agent.hpp"
#include "tools/run/command_line.hpp"
#include "tools/run/job.hpp"

int main(int argc, char** argv) {
  using namespace treering::run;
  // Started with standard input or output closed, a pipe of ours would take its place.
  int opened = open("/dev/null", O_RDWR);
  while (opened >= 0 && opened <= 2) opened = dup(opened);
  if (opened > 2) close(opened);
  if (argc == 2 && std::string_view(argv[1]) == "--agent") return run_agent();
  const CommandLine line = parse_command_line(argc, argv);
  std::fputs(line.text.c_str(), line.status == exit_ok ? stdout : stderr);
  return line.settings ? run_job(*line.settings) : line.status;
}

// treering-topo: shows a topology, plans on it, and says what looks wrong; see --help.
#include <cstdio>

#include "tools/topo/command_line.hpp"
#include "tools/topo/view.hpp"

int main(int argc, char** argv) {
  using namespace treering::topo;
  const CommandLine line = parse_command_line(argc, argv);
  std::fputs(line.text.c_str(), line.status == exit_ok ? stdout : stderr);
  if (!line.settings) return line.status;
  const auto view = shown(*line.settings, Paint(shows_colours()));
  if (!view) {
    std::fprintf(stderr, "treering-topo: %s\n", view.error().message.c_str());
    return exit_wrong;
  }
  if (std::fputs(view->text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0) return view->status;
  std::perror("treering-topo: the output cannot be written");
  return exit_wrong;
}

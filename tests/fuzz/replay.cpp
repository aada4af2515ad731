// replay FILE...: gives a fuzz target the files of its corpus, and what is near them: each file cut short after every
// byte, and with every byte replaced. So the targets do something where there is no libFuzzer, too.
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Bytes = std::vector<std::uint8_t>;

/// A copy in memory of just the size, so that sanitizers see what reads beyond it.
void replay(Bytes bytes) {
  bytes.shrink_to_fit();
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

std::size_t replay_around(const Bytes& whole) {
  constexpr std::uint8_t replacements[] = {0, ' ', '0', '9', '"', '<', 0xff};
  for (std::size_t i = 0; i < whole.size(); ++i) {
    replay(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(i)));
    Bytes changed = whole;
    changed[i] = replacements[i % std::size(replacements)];
    replay(changed);
  }
  replay(whole);
  return 2 * whole.size() + 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t inputs = 0;
  for (int i = 1; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    const Bytes bytes{std::istreambuf_iterator<char>(file), {}};
    if (bytes.empty()) {
      std::fprintf(stderr, "%s cannot be read, or is empty\n", argv[i]);
      return 1;
    }
    inputs += replay_around(bytes);
  }
  std::printf("%zu inputs from %d files\n", inputs, argc - 1);
  return inputs == 0;
}

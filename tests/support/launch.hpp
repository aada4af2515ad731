// A launch of a program that nobody else keeps.
#pragma once

#include <memory>
#include <utility>

#include "execution/engine.hpp"

namespace treering::test {

inline Launch launch_of(Program program) {
  Launch launch;
  launch.own_program = std::make_shared<const Program>(std::move(program));
  launch.program = launch.own_program.get();
  return launch;
}

}  // namespace treering::test

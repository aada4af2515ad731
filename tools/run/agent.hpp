// treering-run on one host of a job: forks the ranks there, and does what it is told over its standard input. When that
// ends, however it ends, so do they.
#pragma once

namespace treering::run {

int run_agent();

}  // namespace treering::run

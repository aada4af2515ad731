// The ranks of a communicator as processes, and what they report.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "nccl/nccl.h"

namespace treering {

/// What one rank has to say when it is done: its exit status is 0 if it got to say it.
struct Report {
  ncclResult_t result = ncclSuccess;
  long milliseconds = 0;  ///< that the call took
  std::string message;
};

/// The first call of a rank's that fails, timed, or success.
inline Report timed(const std::function<ncclResult_t()>& call) {
  const auto begin = std::chrono::steady_clock::now();
  Report report;
  report.result = call();
  report.milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin).count();
  if (report.result != ncclSuccess) report.message = ncclGetLastError(nullptr);
  return report;
}

/// Runs body(rank, comm) in a process for each rank, and returns what they report. A rank that ends without a report
/// has an empty one. `prepare`, where given, runs in the process of each rank before the library does. This process
/// must not have used the library.
inline std::vector<Report> in_processes(int ranks, const std::function<Report(int rank, ncclComm_t comm)>& body,
                                        const std::function<void(int rank)>& prepare = {}) {
  int id_pipe[2];
  EXPECT_EQ(pipe(id_pipe), 0);
  std::vector<int> reports;
  std::vector<pid_t> children;
  for (int rank = 0; rank < ranks; ++rank) {
    int report_pipe[2];
    EXPECT_EQ(pipe(report_pipe), 0);
    const pid_t child = fork();
    if (child == 0) {
      close(report_pipe[0]);
      if (prepare) prepare(rank);
      ncclUniqueId id;
      if (rank == 0) {
        if (ncclGetUniqueId(&id) != ncclSuccess) _exit(2);
        for (int other = 1; other < ranks; ++other) {
          if (write(id_pipe[1], &id, sizeof id) != sizeof id) _exit(2);
        }
      } else if (read(id_pipe[0], &id, sizeof id) != sizeof id) {
        _exit(2);
      }
      ncclComm_t comm = nullptr;
      Report report;
      report.result = ncclCommInitRank(&comm, ranks, id, rank);
      if (report.result == ncclSuccess) {
        report = body(rank, comm);
      } else {
        report.message = ncclGetLastError(nullptr);
      }
      std::ostringstream text;
      text << report.result << ' ' << report.milliseconds << ' ' << report.message;
      const std::string line = text.str();
      if (write(report_pipe[1], line.data(), line.size()) < 0) _exit(2);
      close(report_pipe[1]);
      if (comm != nullptr) static_cast<void>(ncclCommDestroy(comm));
      std::exit(0);
    }
    close(report_pipe[1]);
    reports.push_back(report_pipe[0]);
    children.push_back(child);
  }
  close(id_pipe[0]);
  close(id_pipe[1]);
  std::vector<Report> all;
  for (int rank = 0; rank < ranks; ++rank) {
    std::string text;
    char buffer[4096];
    for (ssize_t got; (got = read(reports[static_cast<std::size_t>(rank)], buffer, sizeof buffer)) > 0;) {
      text.append(buffer, static_cast<std::size_t>(got));
    }
    close(reports[static_cast<std::size_t>(rank)]);
    Report report;
    int code = 0;
    std::istringstream stream(text);
    if (stream >> code >> report.milliseconds) std::getline(stream.ignore(), report.message, '\0');
    report.result = static_cast<ncclResult_t>(code);
    all.push_back(report);
  }
  for (const pid_t child : children) waitpid(child, nullptr, 0);
  return all;
}

}  // namespace treering

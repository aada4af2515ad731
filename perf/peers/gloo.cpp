// Gloo over TCP on the loopback interface, the only transport that it has for host buffers:
//   gloo RANKS ring|bcube ARGUMENTS of measure.hpp   (the algorithm of all-reduce)
// Starts its ranks itself. Options objects are made once for each buffer, not for each call, to its benefit.
#include <gloo/allgather.h>
#include <gloo/allreduce.h>
#include <gloo/alltoall.h>
#include <gloo/barrier.h>
#include <gloo/broadcast.h>
#include <gloo/math.h>
#include <gloo/reduce.h>
#include <gloo/reduce_scatter.h>
#include <gloo/rendezvous/context.h>
#include <gloo/rendezvous/file_store.h>
#include <gloo/transport/tcp/device.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <memory>
#include <string>

#include "measure.hpp"

namespace {

using peers::Collective;
using Sum = void (*)(void*, const void*, const void*, std::size_t);

template <class Number>
void largest(void* out, const void* left, const void* right, std::size_t count) {
  gloo::max<Number>(out, left, right, count);
}

class Gloo : public peers::Library {
 public:
  Gloo(int rank, int ranks, const std::string& folder, gloo::AllreduceOptions::Algorithm algorithm)
      : algorithm_(algorithm), context_(std::make_shared<gloo::rendezvous::Context>(rank, ranks)) {
    auto device = gloo::transport::tcp::CreateDevice("127.0.0.1");
    gloo::rendezvous::FileStore store(folder);
    context_->connectFullMesh(store, device);
  }

  int rank() const override { return context_->rank; }
  int ranks() const override { return context_->size; }
  void barrier() override {
    gloo::BarrierOptions options(context_);
    gloo::barrier(options);
  }
  void slowest(std::vector<double>& numbers) override {
    gloo::AllreduceOptions options(context_);
    options.setOutput(numbers.data(), numbers.size());
    options.setReduceFunction(Sum(&largest<double>));
    gloo::allreduce(options);
  }

  std::function<void()> call(const peers::Shape& shape, float* input, float* output) override {
    switch (shape.collective) {
      case Collective::all_reduce: return all_reduce(shape, input, output);
      case Collective::reduce: return reduce(shape, input, output);
      case Collective::reduce_scatter: return reduce_scatter(shape, input, output);
      case Collective::broadcast: {
        auto options = std::make_shared<gloo::BroadcastOptions>(context_);
        options->setOutput(output, shape.count);
        options->setRoot(0);
        return [options] { gloo::broadcast(*options); };
      }
      case Collective::all_gather: {
        auto options = std::make_shared<gloo::AllgatherOptions>(context_);
        if (!shape.in_place) options->setInput(input, shape.send);
        options->setOutput(output, shape.recv);
        return [options] { gloo::allgather(*options); };
      }
      case Collective::all_to_all: {
        if (shape.in_place) return {};
        auto options = std::make_shared<gloo::AlltoallOptions>(context_);
        options->setInput(input, shape.send);
        options->setOutput(output, shape.recv);
        return [options] { gloo::alltoall(*options); };
      }
      case Collective::barrier: {
        auto options = std::make_shared<gloo::BarrierOptions>(context_);
        return [options] { gloo::barrier(*options); };
      }
      case Collective::scan: return {};
    }
    return {};
  }

 private:
  std::function<void()> all_reduce(const peers::Shape& shape, float* input, float* output) {
    auto options = std::make_shared<gloo::AllreduceOptions>(context_);
    if (!shape.in_place) options->setInput(input, shape.count);
    options->setOutput(output, shape.count);
    options->setReduceFunction(Sum(&gloo::sum<float>));
    options->setAlgorithm(algorithm_);
    return [options] { gloo::allreduce(*options); };
  }

  std::function<void()> reduce(const peers::Shape& shape, float* input, float* output) {
    auto options = std::make_shared<gloo::ReduceOptions>(context_);
    if (!shape.in_place) options->setInput(input, shape.count);
    options->setOutput(output, shape.count);
    options->setRoot(0);
    options->setReduceFunction(Sum(&gloo::sum<float>));
    return [options] { gloo::reduce(*options); };
  }

  /// Gloo's works in place on the whole input: out of place, the caller must copy first.
  std::function<void()> reduce_scatter(const peers::Shape& shape, float* input, float* output) {
    auto work = std::make_shared<std::vector<float>>(shape.in_place ? 0 : shape.send);
    float* data = shape.in_place ? output : work->data();
    const std::vector<int> blocks(static_cast<std::size_t>(ranks()), static_cast<int>(shape.count));
    auto algorithm = std::make_shared<gloo::ReduceScatterHalvingDoubling<float>>(context_, std::vector<float*>{data},
                                                                                 static_cast<int>(shape.send), blocks);
    if (shape.in_place) return [algorithm] { algorithm->run(); };
    return [=] {
      std::memcpy(work->data(), input, shape.send * sizeof(float));
      algorithm->run();
      std::memcpy(output, work->data(), shape.recv * sizeof(float));
    };
  }

  const gloo::AllreduceOptions::Algorithm algorithm_;
  std::shared_ptr<gloo::rendezvous::Context> context_;
};

int run_rank(int rank, int ranks, const std::string& folder, int argc, char** argv) {
  try {
    const bool bcube = std::string(argv[2]) == "bcube";
    Gloo library(rank, ranks, folder,
                 bcube ? gloo::detail::AllreduceOptionsImpl::BCUBE : gloo::detail::AllreduceOptionsImpl::RING);
    return peers::run(library, argc - 2, argv + 2);
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "rank %d: %s\n", rank, problem.what());
    return 3;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int ranks = argc > 3 ? std::atoi(argv[1]) : 0;
  char folder[] = "/tmp/gloo-XXXXXX";
  if (ranks < 1 || !mkdtemp(folder)) {
    std::fprintf(stderr, "usage: gloo RANKS ring|bcube ARGUMENTS...\n");
    return 2;
  }
  for (int rank = 0; rank < ranks; ++rank) {
    if (fork() == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      const int status = run_rank(rank, ranks, folder, argc, argv);
      std::fflush(nullptr);
      _exit(status);  // Gloo's threads may still run: no destructors
    }
  }
  int worst = 0;
  for (int rank = 0; rank < ranks; ++rank) {
    int status = 0;
    wait(&status);
    worst = std::max(worst, WIFEXITED(status) ? WEXITSTATUS(status) : 128);
  }
  std::filesystem::remove_all(folder);
  return worst;
}

// Any MPI: mpicxx mpi.cpp measure.cpp; started by its mpirun, with the arguments of measure.hpp.
#include <mpi.h>

#include "measure.hpp"

namespace {

using peers::Collective;

class Mpi : public peers::Library {
 public:
  Mpi() {
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks_);
  }

  int rank() const override { return rank_; }
  int ranks() const override { return ranks_; }
  void barrier() override { MPI_Barrier(MPI_COMM_WORLD); }
  void slowest(std::vector<double>& numbers) override {
    MPI_Allreduce(MPI_IN_PLACE, numbers.data(), static_cast<int>(numbers.size()), MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  }

  std::function<void()> call(const peers::Shape& shape, float* input, float* output) override {
    const int n = static_cast<int>(shape.count);
    const void* in = shape.in_place ? MPI_IN_PLACE : input;
    if (shape.collective == Collective::reduce && shape.in_place && rank_ != 0) in = output;
    MPI_Comm world = MPI_COMM_WORLD;
    switch (shape.collective) {
      case Collective::all_reduce: return [=] { MPI_Allreduce(in, output, n, MPI_FLOAT, MPI_SUM, world); };
      case Collective::broadcast: return [=] { MPI_Bcast(output, n, MPI_FLOAT, 0, world); };
      case Collective::reduce: return [=] { MPI_Reduce(in, output, n, MPI_FLOAT, MPI_SUM, 0, world); };
      case Collective::all_gather: return [=] { MPI_Allgather(in, n, MPI_FLOAT, output, n, MPI_FLOAT, world); };
      case Collective::reduce_scatter:
        return [=] { MPI_Reduce_scatter_block(in, output, n, MPI_FLOAT, MPI_SUM, world); };
      case Collective::all_to_all: return [=] { MPI_Alltoall(in, n, MPI_FLOAT, output, n, MPI_FLOAT, world); };
      case Collective::scan: return [=] { MPI_Scan(in, output, n, MPI_FLOAT, MPI_SUM, world); };
      case Collective::barrier: return [=] { MPI_Barrier(world); };
    }
    return {};
  }

 private:
  int rank_ = 0, ranks_ = 1;
};

}  // namespace

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  int status = 0;
  {
    Mpi mpi;
    status = peers::run(mpi, argc, argv);
  }
  MPI_Finalize();
  return status;
}

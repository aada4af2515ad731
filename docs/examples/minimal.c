/* Four ranks in one process sum their vectors: what NCCL programs do with four GPUs, here with host memory. */
#include <nccl.h>
#include <stdio.h>
#include <stdlib.h>

enum { RANKS = 4, COUNT = 1000 };

static void check(ncclResult_t result) {
  if (result == ncclSuccess) return;
  fprintf(stderr, "%s: %s\n", ncclGetErrorString(result), ncclGetLastError(NULL));
  exit(1);
}

int main(void) {
  static float data[RANKS][COUNT];
  for (int rank = 0; rank < RANKS; ++rank) {
    for (int k = 0; k < COUNT; ++k) data[rank][k] = (float)(rank * COUNT + k);
  }

  ncclComm_t comms[RANKS];
  check(ncclCommInitAll(comms, RANKS, NULL));

  check(ncclGroupStart()); /* one thread drives all ranks: their calls make progress together */
  for (int rank = 0; rank < RANKS; ++rank) {
    check(ncclAllReduce(data[rank], data[rank], COUNT, ncclFloat, ncclSum, comms[rank], NULL));
  }
  check(ncclGroupEnd());

  for (int rank = 0; rank < RANKS; ++rank) {
    printf("rank %d: first %.0f, last %.0f\n", rank, data[rank][0], data[rank][COUNT - 1]);
    check(ncclCommDestroy(comms[rank]));
  }
  return 0;
}

/* What the NCCL interface lacks: prefix sums, a barrier, operators of one's own, and a look inside. In C, on the
 * communicators, types and rules of nccl.h. */
#ifndef TREERING_TREERING_H_
#define TREERING_TREERING_H_

#include <nccl/nccl.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Joins the job that torchrun, Slurm, Open MPI or MPICH has started, without an id passed around; alone if none has.
 * Each call makes another communicator, on all ranks in the same order. */
ncclResult_t treeringCommInitFromEnvironment(ncclComm_t* comm);

/* recvbuff on rank r = the reduction of the sendbuffs of ranks 0 .. r, in rank order. In place: sendbuff == recvbuff.
 * Every operator but ncclAvg. */
ncclResult_t treeringScan(const void* sendbuff, void* recvbuff, size_t count, ncclDataType_t datatype, ncclRedOp_t op,
                          ncclComm_t comm, cudaStream_t stream);

/* The same over ranks 0 .. r-1. What rank 0 finds in its recvbuff is not defined. */
ncclResult_t treeringExclusiveScan(const void* sendbuff, void* recvbuff, size_t count, ncclDataType_t datatype,
                                   ncclRedOp_t op, ncclComm_t comm, cudaStream_t stream);

/* Returns when all ranks have called it. */
ncclResult_t treeringBarrier(ncclComm_t comm, cudaStream_t stream);

/* accumulator[k] = accumulator[k] . operand[k] for k < count; elements need not be aligned. Called by the thread that
 * drives the communicator, during calls on it. `user` is what treeringRedOpCreate was given. Must not throw: an
 * exception fails the communicator on all ranks (ncclInvalidUsage). */
typedef void (*treeringCombine_t)(void* accumulator, const void* operand, size_t count, void* user);

/* Does a . b equal b . a? */
typedef enum {
  treeringOrderKept = 0,  /* not known to: a is always the contribution of lower ranks */
  treeringCommutative = 1 /* yes: faster algorithms may apply */
} treeringOrder_t;

/* An associative operator of one's own, for collectives of `comm` on `datatype`. Every rank makes its own; ended by
 * ncclRedOpDestroy, after the last call that uses it. `user` must live as long. */
ncclResult_t treeringRedOpCreate(ncclRedOp_t* op, treeringCombine_t combine, void* user, ncclDataType_t datatype,
                                 treeringOrder_t order, ncclComm_t comm);

/* What was found and chosen when the communicator started: some twenty lines for people, mostly less than 4000 bytes,
 * into text[0 .. bytes), cut to fit and always terminated. `bytes` is at least 1. */
ncclResult_t treeringCommSummary(ncclComm_t comm, char* text, size_t bytes);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* TREERING_TREERING_H_ */

/* The NCCL interface, as Treering offers it: names, values and layouts of NCCL 2.28.9, so that programs written for
 * NCCL compile and run unchanged. What is said here is what Treering does.
 *
 * Buffers are host memory and streams are null: a call returns when its result is there; between ncclGroupStart and
 * ncclGroupEnd, ncclGroupEnd does. What NCCL lacks (scan, barrier, operators of one's own) is in treering/treering.h.
 *
 * Every function reports a ncclResult_t; ncclGetLastError says in words what was wrong and what to do about it. A
 * communicator is used by one thread at a time, except in ncclCommAbort, ncclCommGetAsyncError and the queries.
 * Every ncclX is a weak symbol with a strong twin pncclX, so that profilers can step in between. */
#ifndef TREERING_NCCL_H_
#define TREERING_NCCL_H_

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#define NCCL_MAJOR 2
#define NCCL_MINOR 28
#define NCCL_PATCH 9
#define NCCL_SUFFIX ""
#define NCCL_VERSION_CODE 22809
#define NCCL_VERSION(major, minor, patch) \
  (((major) <= 2 && (minor) <= 8) ? (major)*1000 + (minor)*100 + (patch) : (major)*10000 + (minor)*100 + (patch))

#define NCCL_UNIQUE_ID_BYTES 128
#define NCCL_COMM_NULL NULL
#define NCCL_CONFIG_UNDEF_INT INT_MIN
#define NCCL_CONFIG_UNDEF_PTR NULL
#define NCCL_SPLIT_NOCOLOR -1
#define NCCL_UNDEF_FLOAT -1.0f

#define NCCL_CTA_POLICY_DEFAULT 0x00
#define NCCL_CTA_POLICY_EFFICIENCY 0x01
#define NCCL_CTA_POLICY_ZERO 0x02

#ifdef __cplusplus
extern "C" {
#endif

/* CUDA's own declaration, for machines without its headers. */
#ifndef __DRIVER_TYPES_H__
typedef struct CUstream_st* cudaStream_t;
#endif

typedef struct ncclComm* ncclComm_t;

/* Where to meet, and the secret that proves who belongs: made by one rank, passed to all by the program's own means. */
typedef struct {
  char internal[NCCL_UNIQUE_ID_BYTES];
} ncclUniqueId;

typedef enum {
  ncclSuccess = 0,
  ncclUnhandledCudaError = 1, /* a CUDA call failed */
  ncclSystemError = 2,        /* a call of the operating system failed */
  ncclInternalError = 3,      /* a defect of Treering */
  ncclInvalidArgument = 4,    /* an argument is wrong on its own */
  ncclInvalidUsage = 5,       /* arguments are fine, but not here, not now or not together */
  ncclRemoteError = 6,        /* a peer, or the network to it, failed */
  ncclInProgress = 7,         /* not done yet: ask ncclCommGetAsyncError */
  ncclTimeout = 8,            /* a deadline has passed */
  ncclNumResults = 9
} ncclResult_t;

typedef enum {
  ncclInt8 = 0,
  ncclChar = 0,
  ncclUint8 = 1,
  ncclInt32 = 2,
  ncclInt = 2,
  ncclUint32 = 3,
  ncclInt64 = 4,
  ncclUint64 = 5,
  ncclFloat16 = 6,
  ncclHalf = 6,
  ncclFloat32 = 7,
  ncclFloat = 7,
  ncclFloat64 = 8,
  ncclDouble = 8,
  ncclBfloat16 = 9,
  ncclFloat8e4m3 = 10,
  ncclFloat8e5m2 = 11,
  ncclNumTypes = 12
} ncclDataType_t;

/* Values from ncclNumOps on are operators made by ncclRedOpCreatePreMulSum and treeringRedOpCreate. */
typedef enum {
  ncclSum = 0,
  ncclProd = 1,
  ncclMax = 2,
  ncclMin = 3,
  ncclAvg = 4, /* the sum divided by the number of ranks; integers round towards zero */
  ncclNumOps = 5,
  ncclMaxRedOp = 0x7fffffff
} ncclRedOp_t;

typedef enum {
  ncclScalarDevice = 0,       /* read at each collective that uses the operator */
  ncclScalarHostImmediate = 1 /* read before the call that makes the operator returns */
} ncclScalarResidence_t;

/* What may differ from communicator to communicator. Begin with NCCL_CONFIG_INITIALIZER; what is left alone is chosen
 * by Treering. Fields that steer GPU kernels or NICs are accepted and have no effect on host memory. */
typedef struct ncclConfig_v22800 {
  size_t size; /* set by the initializer, as magic and version are */
  unsigned int magic;
  unsigned int version;
  int blocking; /* 0: calls may return ncclInProgress and go on while ncclCommGetAsyncError is asked */
  int cgaClusterSize;
  int minCTAs;
  int maxCTAs;
  const char* netName;
  int splitShare;
  int trafficClass;
  const char* commName; /* appears in messages */
  int collnetEnable;
  int CTAPolicy;
  int shrinkShare;
  int nvlsCTAs;
  int nChannelsPerNetPeer;
  int nvlinkCentricSched;
} ncclConfig_t;

#define NCCL_CONFIG_INITIALIZER                                                                        \
  {                                                                                                    \
    sizeof(ncclConfig_t), 0xcafebeef, NCCL_VERSION_CODE, NCCL_CONFIG_UNDEF_INT, NCCL_CONFIG_UNDEF_INT, \
        NCCL_CONFIG_UNDEF_INT, NCCL_CONFIG_UNDEF_INT, NCCL_CONFIG_UNDEF_PTR, NCCL_CONFIG_UNDEF_INT,    \
        NCCL_CONFIG_UNDEF_INT, NCCL_CONFIG_UNDEF_PTR, NCCL_CONFIG_UNDEF_INT, NCCL_CONFIG_UNDEF_INT,    \
        NCCL_CONFIG_UNDEF_INT, NCCL_CONFIG_UNDEF_INT, NCCL_CONFIG_UNDEF_INT, NCCL_CONFIG_UNDEF_INT     \
  }

/* --- The library ------------------------------------------------------------------------------------------------- */

/* The NCCL version whose interface this is: 22809. */
ncclResult_t ncclGetVersion(int* version);
ncclResult_t pncclGetVersion(int* version);

/* A few words on a result code. Never null. */
const char* ncclGetErrorString(ncclResult_t result);
const char* pncclGetErrorString(ncclResult_t result);

/* What was wrong with the last call of this thread that failed, and what to do; else the failure of `comm`, which may
 * be null. Empty if there is none. Valid until this thread's next call. */
const char* ncclGetLastError(ncclComm_t comm);
const char* pncclGetLastError(ncclComm_t comm);

/* Memory that peers on the same host can read and write in place, which saves copies. Any host memory may be
 * communicated. */
ncclResult_t ncclMemAlloc(void** ptr, size_t size);
ncclResult_t pncclMemAlloc(void** ptr, size_t size);

/* Only what ncclMemAlloc gave, and null. */
ncclResult_t ncclMemFree(void* ptr);
ncclResult_t pncclMemFree(void* ptr);

/* --- Communicators ----------------------------------------------------------------------------------------------- */

/* An id for one new communicator. The process that makes it must live until all ranks have joined. */
ncclResult_t ncclGetUniqueId(ncclUniqueId* uniqueId);
ncclResult_t pncclGetUniqueId(ncclUniqueId* uniqueId);

/* Joins as `rank` of `nranks` and waits for all the others, at most until the start timeout. A thread that joins as
 * several ranks does so between ncclGroupStart and ncclGroupEnd; *comm is then set at once and usable after
 * ncclGroupEnd. */
ncclResult_t ncclCommInitRank(ncclComm_t* comm, int nranks, ncclUniqueId commId, int rank);
ncclResult_t pncclCommInitRank(ncclComm_t* comm, int nranks, ncclUniqueId commId, int rank);

/* The same with a configuration; a null `config` is all defaults. */
ncclResult_t ncclCommInitRankConfig(ncclComm_t* comm, int nranks, ncclUniqueId commId, int rank, ncclConfig_t* config);
ncclResult_t pncclCommInitRankConfig(ncclComm_t* comm, int nranks, ncclUniqueId commId, int rank, ncclConfig_t* config);

/* All `ndev` ranks of a new communicator in this process: comms[i] is rank i. `devlist` (may be null: 0, 1, ...) is
 * what ncclCommCuDevice will say, and may name a device more than once. */
ncclResult_t ncclCommInitAll(ncclComm_t* comms, int ndev, const int* devlist);
ncclResult_t pncclCommInitAll(ncclComm_t* comms, int ndev, const int* devlist);

/* Waits until all operations of all ranks are over. Every rank calls it; a thread with several ranks does so in a
 * group. */
ncclResult_t ncclCommFinalize(ncclComm_t comm);
ncclResult_t pncclCommFinalize(ncclComm_t comm);

/* Waits for the operations of this rank and releases the communicator. Peers need not do so at the same time. */
ncclResult_t ncclCommDestroy(ncclComm_t comm);
ncclResult_t pncclCommDestroy(ncclComm_t comm);

/* Ends what runs, here with an error and as soon as they learn of it at the peers too, and releases the communicator.
 * Any thread, any number of times. */
ncclResult_t ncclCommAbort(ncclComm_t comm);
ncclResult_t pncclCommAbort(ncclComm_t comm);

/* *asyncError: ncclSuccess, ncclInProgress, or the first failure of the communicator, which is final. In non-blocking
 * mode this call also makes progress. */
ncclResult_t ncclCommGetAsyncError(ncclComm_t comm, ncclResult_t* asyncError);
ncclResult_t pncclCommGetAsyncError(ncclComm_t comm, ncclResult_t* asyncError);

ncclResult_t ncclCommCount(const ncclComm_t comm, int* count);
ncclResult_t pncclCommCount(const ncclComm_t comm, int* count);

ncclResult_t ncclCommCuDevice(const ncclComm_t comm, int* device);
ncclResult_t pncclCommCuDevice(const ncclComm_t comm, int* device);

ncclResult_t ncclCommUserRank(const ncclComm_t comm, int* rank);
ncclResult_t pncclCommUserRank(const ncclComm_t comm, int* rank);

/* --- Operators --------------------------------------------------------------------------------------------------- */

/* The sum of scalar * x over the ranks, each with a scalar of its own, for collectives of `comm` on `datatype`. */
ncclResult_t ncclRedOpCreatePreMulSum(ncclRedOp_t* op, void* scalar, ncclDataType_t datatype,
                                      ncclScalarResidence_t residence, ncclComm_t comm);
ncclResult_t pncclRedOpCreatePreMulSum(ncclRedOp_t* op, void* scalar, ncclDataType_t datatype,
                                       ncclScalarResidence_t residence, ncclComm_t comm);

/* Calls that were made with the operator are not disturbed. */
ncclResult_t ncclRedOpDestroy(ncclRedOp_t op, ncclComm_t comm);
ncclResult_t pncclRedOpDestroy(ncclRedOp_t op, ncclComm_t comm);

/* --- Collectives ------------------------------------------------------------------------------------------------- *
 * All ranks make the same calls in the same order, with the same count, type, operator and root; a difference is an
 * error that names two ranks. Counts are in elements. Buffers do not overlap, except exactly in the way said with `in
 * place`. */

/* recvbuff = the reduction of all sendbuffs, on all ranks. In place: sendbuff == recvbuff. */
ncclResult_t ncclAllReduce(const void* sendbuff, void* recvbuff, size_t count, ncclDataType_t datatype, ncclRedOp_t op,
                           ncclComm_t comm, cudaStream_t stream);
ncclResult_t pncclAllReduce(const void* sendbuff, void* recvbuff, size_t count, ncclDataType_t datatype, ncclRedOp_t op,
                            ncclComm_t comm, cudaStream_t stream);

/* The same on `root` only; recvbuff may be null elsewhere. In place: sendbuff == recvbuff. */
ncclResult_t ncclReduce(const void* sendbuff, void* recvbuff, size_t count, ncclDataType_t datatype, ncclRedOp_t op,
                        int root, ncclComm_t comm, cudaStream_t stream);
ncclResult_t pncclReduce(const void* sendbuff, void* recvbuff, size_t count, ncclDataType_t datatype, ncclRedOp_t op,
                         int root, ncclComm_t comm, cudaStream_t stream);

/* buff of `root` goes into buff of all. */
ncclResult_t ncclBcast(void* buff, size_t count, ncclDataType_t datatype, int root, ncclComm_t comm,
                       cudaStream_t stream);
ncclResult_t pncclBcast(void* buff, size_t count, ncclDataType_t datatype, int root, ncclComm_t comm,
                        cudaStream_t stream);

/* sendbuff of `root` goes into recvbuff of all; sendbuff may be null elsewhere. In place: sendbuff == recvbuff. */
ncclResult_t ncclBroadcast(const void* sendbuff, void* recvbuff, size_t count, ncclDataType_t datatype, int root,
                           ncclComm_t comm, cudaStream_t stream);
ncclResult_t pncclBroadcast(const void* sendbuff, void* recvbuff, size_t count, ncclDataType_t datatype, int root,
                            ncclComm_t comm, cudaStream_t stream);

/* Block r of recvbuff, `recvcount` elements on rank r, = block r of the reduction of all sendbuffs (nranks * recvcount
 * elements). In place: recvbuff == sendbuff + rank * recvcount. */
ncclResult_t ncclReduceScatter(const void* sendbuff, void* recvbuff, size_t recvcount, ncclDataType_t datatype,
                               ncclRedOp_t op, ncclComm_t comm, cudaStream_t stream);
ncclResult_t pncclReduceScatter(const void* sendbuff, void* recvbuff, size_t recvcount, ncclDataType_t datatype,
                                ncclRedOp_t op, ncclComm_t comm, cudaStream_t stream);

/* Block r of every recvbuff (nranks * sendcount elements) = sendbuff of rank r. In place: sendbuff == recvbuff + rank *
 * sendcount. */
ncclResult_t ncclAllGather(const void* sendbuff, void* recvbuff, size_t sendcount, ncclDataType_t datatype,
                           ncclComm_t comm, cudaStream_t stream);
ncclResult_t pncclAllGather(const void* sendbuff, void* recvbuff, size_t sendcount, ncclDataType_t datatype,
                            ncclComm_t comm, cudaStream_t stream);

/* --- Messages and groups ----------------------------------------------------------------------------------------- */

/* To `peer`, who calls ncclRecv with the same count and type. Messages between two ranks arrive in the order sent. A
 * rank sends to itself within a group that also receives. */
ncclResult_t ncclSend(const void* sendbuff, size_t count, ncclDataType_t datatype, int peer, ncclComm_t comm,
                      cudaStream_t stream);
ncclResult_t pncclSend(const void* sendbuff, size_t count, ncclDataType_t datatype, int peer, ncclComm_t comm,
                       cudaStream_t stream);

ncclResult_t ncclRecv(void* recvbuff, size_t count, ncclDataType_t datatype, int peer, ncclComm_t comm,
                      cudaStream_t stream);
ncclResult_t pncclRecv(void* recvbuff, size_t count, ncclDataType_t datatype, int peer, ncclComm_t comm,
                       cudaStream_t stream);

/* Calls of this thread from here to the matching ncclGroupEnd, on any communicators, make progress together. Groups
 * nest; the outermost ncclGroupEnd does the work and reports the first error of any call within, after which none was
 * begun. */
ncclResult_t ncclGroupStart(void);
ncclResult_t pncclGroupStart(void);

ncclResult_t ncclGroupEnd(void);
ncclResult_t pncclGroupEnd(void);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* TREERING_NCCL_H_ */

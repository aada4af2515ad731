#include "api/both_names.hpp"
#include "api/c_call.hpp"

using treering::Collective;
using treering::api::carry_out;

TREERING_BOTH_NAMES(ncclResult_t, AllReduce,
                    (const void* sendbuff, void* recvbuff, size_t count, ncclDataType_t datatype, ncclRedOp_t op,
                     ncclComm_t comm, cudaStream_t stream)) {
  return carry_out({"ncclAllReduce", Collective::all_reduce, sendbuff, recvbuff, count, datatype, op, 0, comm, stream});
}

TREERING_BOTH_NAMES(ncclResult_t, Reduce,
                    (const void* sendbuff, void* recvbuff, size_t count, ncclDataType_t datatype, ncclRedOp_t op,
                     int root, ncclComm_t comm, cudaStream_t stream)) {
  return carry_out({"ncclReduce", Collective::reduce, sendbuff, recvbuff, count, datatype, op, root, comm, stream});
}

TREERING_BOTH_NAMES(ncclResult_t, Bcast,
                    (void* buff, size_t count, ncclDataType_t datatype, int root, ncclComm_t comm,
                     cudaStream_t stream)) {
  return carry_out({"ncclBcast", Collective::broadcast, buff, buff, count, datatype, ncclSum, root, comm, stream});
}

TREERING_BOTH_NAMES(ncclResult_t, Broadcast,
                    (const void* sendbuff, void* recvbuff, size_t count, ncclDataType_t datatype, int root,
                     ncclComm_t comm, cudaStream_t stream)) {
  return carry_out(
      {"ncclBroadcast", Collective::broadcast, sendbuff, recvbuff, count, datatype, ncclSum, root, comm, stream});
}

TREERING_BOTH_NAMES(ncclResult_t, ReduceScatter,
                    (const void* sendbuff, void* recvbuff, size_t recvcount, ncclDataType_t datatype, ncclRedOp_t op,
                     ncclComm_t comm, cudaStream_t stream)) {
  return carry_out(
      {"ncclReduceScatter", Collective::reduce_scatter, sendbuff, recvbuff, recvcount, datatype, op, 0, comm, stream});
}

TREERING_BOTH_NAMES(ncclResult_t, AllGather,
                    (const void* sendbuff, void* recvbuff, size_t sendcount, ncclDataType_t datatype, ncclComm_t comm,
                     cudaStream_t stream)) {
  return carry_out(
      {"ncclAllGather", Collective::all_gather, sendbuff, recvbuff, sendcount, datatype, ncclSum, 0, comm, stream});
}

TREERING_BOTH_NAMES(ncclResult_t, Send,
                    (const void* sendbuff, size_t count, ncclDataType_t datatype, int peer, ncclComm_t comm,
                     cudaStream_t stream)) {
  return carry_out({"ncclSend", Collective::send, sendbuff, nullptr, count, datatype, ncclSum, peer, comm, stream});
}

TREERING_BOTH_NAMES(ncclResult_t, Recv,
                    (void* recvbuff, size_t count, ncclDataType_t datatype, int peer, ncclComm_t comm,
                     cudaStream_t stream)) {
  return carry_out({"ncclRecv", Collective::recv, nullptr, recvbuff, count, datatype, ncclSum, peer, comm, stream});
}

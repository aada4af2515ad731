"""nvml_bindings.py FAKE_LIBRARY NAME=NUMBER..: what NVIDIA's own Python bindings (PyPI: nvidia-ml-py) make of the stand-in
for NVML, and whether numbers are theirs: constants by name, sizes of structures as `sizeof NAME`. Status 77: there are no
bindings."""
import ctypes
import sys

try:
    import pynvml
except ImportError:
    sys.exit(77)

SCRIPT = b"""driver 535.104
gpu 00000000:1B:00.0 GPU-0 9 0 4 1 0 3 NVIDIA H100
gpu 0001F00D:2C:00.0 GPU-1 12 1 6 0 1 2 Another
link 0 3 26562 2 FFFFFFFF:FF:FF.0
link 1 2 53125 0 00000000:1B:00.0
c2c 1 2 45000
"""


def links(gpu):
    found = {}
    for link in range(8):
        try:
            if pynvml.nvmlDeviceGetNvLinkState(gpu, link):
                found[link] = (pynvml.nvmlDeviceGetNvLinkRemoteDeviceType(gpu, link),
                               pynvml.nvmlDeviceGetNvLinkRemotePciInfo(gpu, link).busId)
        except pynvml.NVMLError_InvalidArgument:
            return link, found
    return None, found


def fields(gpu):
    asked = [pynvml.NVML_FI_DEV_NVLINK_LINK_COUNT, (pynvml.NVML_FI_DEV_NVLINK_GET_SPEED, 2),
             pynvml.NVML_FI_DEV_C2C_LINK_COUNT, (pynvml.NVML_FI_DEV_C2C_LINK_GET_STATUS, 1),
             (pynvml.NVML_FI_DEV_C2C_LINK_GET_STATUS, 2), (pynvml.NVML_FI_DEV_C2C_LINK_GET_MAX_BW, 1)]
    answers = pynvml.nvmlDeviceGetFieldValues(gpu, asked)
    return [answer.value.uiVal if answer.nvmlReturn == 0 else None for answer in answers]


def seen(gpu):
    pci = pynvml.nvmlDeviceGetPciInfo_v3(gpu)
    fabric = pynvml.c_nvmlGpuFabricInfo_v2_t()
    pynvml.nvmlDeviceGetGpuFabricInfoV(gpu, ctypes.byref(fabric))
    return [pci.busId, pci.domain, pci.bus, pci.device, pynvml.nvmlDeviceGetName(gpu), pynvml.nvmlDeviceGetUUID(gpu),
            pynvml.nvmlDeviceGetCudaComputeCapability(gpu), pynvml.nvmlDeviceGetMigMode(gpu)[0],
            pynvml.nvmlDeviceGetEccMode(gpu)[0], fabric.state, fabric.cliqueId, bytes(fabric.clusterUuid).hex(),
            links(gpu), fields(gpu)]


def number_of(name):
    if name.startswith("sizeof "):
        return ctypes.sizeof(getattr(pynvml, name.removeprefix("sizeof ")))
    return getattr(pynvml, name)


def main(library, *numbers):
    pynvml.nvmlLib = ctypes.CDLL(library)
    pynvml.nvmlLib.fake_nvml_become(SCRIPT)
    pynvml.nvmlLib.nvmlInit_v2()
    found = [pynvml.nvmlSystemGetDriverVersion()]
    found += [seen(pynvml.nvmlDeviceGetHandleByIndex(i)) for i in range(pynvml.nvmlDeviceGetCount())]
    cluster = "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
    expected = ["535.104",
                ["00000000:1B:00.0", 0, 0x1b, 0, "NVIDIA H100", "GPU-0", (9, 0), 1, 0, 3, 7, cluster,
                 (4, {3: (pynvml.NVML_NVLINK_DEVICE_TYPE_SWITCH, "FFFFFFFF:FF:FF.0")}),
                 [4, None, None, None, None, None]],
                ["0001F00D:2C:00.0", 0x1f00d, 0x2c, 0, "Another", "GPU-1", (12, 1), 0, 1, 2, 7, cluster,
                 (6, {2: (pynvml.NVML_NVLINK_DEVICE_TYPE_GPU, "00000000:1B:00.0")}),
                 [6, 53125, 3, 1, 0, 45000]]]
    wrong = [f"{one} is not {other}" for one, other in zip(found, expected) if one != other]
    for name, number in (text.rsplit("=", 1) for text in numbers):
        if number_of(name) != int(number):
            wrong.append(f"{name} is {number_of(name)}, not {number}")
    sys.exit("\n".join(wrong) or 0)


main(*sys.argv[1:])

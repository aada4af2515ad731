// A stand-in for libnvidia-ml.so.1, for hosts without GPUs. It is told what to be in lines of text:
//
//   driver 535.104.05
//   gpu ADDRESS UUID MAJOR MINOR NVLINKS MIG ECC FABRIC NAME..   the next GPU; FABRIC is a state, 3 is completed
//   link GPU LINK MB/s TYPE ADDRESS    one that is up, and what is at its other end; the others are down
//   c2c GPU COUNT MB/s                 COUNT links, of which one more is down
//   fail FUNCTION GPU CODE             what a function returns; GPU -1: of any, and of functions that take none
//   hang FUNCTION                      until it is told something else
//
// Declarations are its own, from the public interface (https://docs.nvidia.com/deploy/nvml-api/), so that a mistake in
// those of src/topology/discovery/nvml.hpp shows. With FAKE_NVML_IS_OLD it is one of 2018: without newer functions.
#include <chrono>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

constexpr int success = 0, uninitialized = 1, invalid_argument = 2, not_supported = 3;
#ifdef FAKE_NVML_IS_OLD
constexpr bool is_old = true;
#else
constexpr bool is_old = false;
#endif

struct FakeLink {
  unsigned mbs = 0, type = 0;
  std::string address;
};

struct FakeGpu {
  std::string address, uuid, name;
  int major = 0, minor = 0;
  unsigned nvlinks = 0, mig = 0, ecc = 0, fabric = 0, c2c_links = 0, c2c_mbs = 0;
  std::map<unsigned, FakeLink> links;
};

struct Script {
  std::string driver, hangs_in;
  std::vector<FakeGpu> gpus;
  std::map<std::pair<std::string, int>, int> failures;
};

std::mutex mutex;
std::shared_ptr<const Script> present = std::make_shared<Script>();
int users = 0, shutdowns = 0;

std::shared_ptr<const Script> current() {
  const std::lock_guard lock(mutex);
  return present;
}

void take(const std::string& line, Script& script) {
  std::istringstream words(line);
  std::string what;
  words >> what;
  unsigned gpu = 0, link = 0;
  if (what == "driver") words >> script.driver;
  if (what == "hang") words >> script.hangs_in;
  if (what == "gpu") {
    FakeGpu& made = script.gpus.emplace_back();
    words >> made.address >> made.uuid >> made.major >> made.minor >> made.nvlinks >> made.mig >> made.ecc >>
        made.fabric >> std::ws;
    std::getline(words, made.name);
  }
  if (what == "link" && words >> gpu >> link) {
    FakeLink& made = script.gpus.at(gpu).links[link];
    words >> made.mbs >> made.type >> made.address;
  }
  if (what == "c2c" && words >> gpu) words >> script.gpus.at(gpu).c2c_links >> script.gpus.at(gpu).c2c_mbs;
  if (what == "fail") {
    std::string function;
    int of = 0, code = 0;
    words >> function >> of >> code;
    script.failures[{function, of}] = code;
  }
}

/// What every function does first.
int begin(const char* function, int gpu = -1) {
  const auto now = current();
  while (now->hangs_in == function && current() == now) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  for (const int of : {gpu, -1}) {
    if (const auto failure = now->failures.find({function, of}); failure != now->failures.end()) return failure->second;
  }
  const std::lock_guard lock(mutex);
  return users > 0 || std::strncmp(function, "nvmlInit", 8) == 0 ? success : uninitialized;
}

/// Handles are numbers from 1.
int number(void* device) {
  return static_cast<int>(reinterpret_cast<std::intptr_t>(device)) - 1;
}

int give(const std::string& text, char* to, unsigned size) {
  std::snprintf(to, size, "%s", text.c_str());
  return success;
}

struct Pci {
  char legacy[16];
  unsigned domain, bus, device, pci_device, pci_subsystem;
  char bus_id[32];
};

/// `address` as "00000000:1B:00.0". With '~' before it, it is told in the short form alone, and the long one is none.
int give(const std::string& told, Pci* to) {
  const bool is_short = told.starts_with('~');
  const std::string address = told.substr(is_short ? 1 : 0);
  *to = {};
  std::sscanf(address.c_str(), "%x:%x:%x", &to->domain, &to->bus, &to->device);
  std::snprintf(to->legacy, sizeof to->legacy, "%04X:%s", to->domain & 0xffff, address.substr(9).c_str());
  if (!is_old) std::snprintf(to->bus_id, sizeof to->bus_id, "%s", is_short ? "~" : address.c_str());
  return success;
}

struct Field {
  unsigned id, scope;
  long long timestamp, latency;
  unsigned value_type;
  int result;
  unsigned long long value;
};

}  // namespace

extern "C" {

/// Of the test: what to be from now on.
void fake_nvml_become(const char* text) {
  auto next = std::make_shared<Script>();
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) take(line, *next);
  const std::lock_guard lock(mutex);
  present = next;
}

/// Of the test: how many of its users are done.
int fake_nvml_shutdowns() {
  const std::lock_guard lock(mutex);
  return shutdowns;
}

int nvmlInit_v2() {
  if (const int failure = begin("nvmlInit_v2")) return failure;
  const std::lock_guard lock(mutex);
  ++users;
  return success;
}

int nvmlShutdown() {
  if (const int failure = begin("nvmlShutdown")) return failure;
  const std::lock_guard lock(mutex);
  --users;
  ++shutdowns;
  return success;
}

const char* nvmlErrorString(int code) {
  return code == 4 ? "Insufficient Permissions" : code == 9 ? "Driver Not Loaded" : "Some Error";
}

int nvmlSystemGetDriverVersion(char* version, unsigned size) {
  if (const int failure = begin("nvmlSystemGetDriverVersion")) return failure;
  return give(current()->driver, version, size);
}

int nvmlDeviceGetCount_v2(unsigned* count) {
  if (const int failure = begin("nvmlDeviceGetCount_v2")) return failure;
  *count = static_cast<unsigned>(current()->gpus.size());
  return success;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** device) {
  if (const int failure = begin("nvmlDeviceGetHandleByIndex_v2", static_cast<int>(index))) return failure;
  if (index >= current()->gpus.size()) return invalid_argument;
  *device = reinterpret_cast<void*>(static_cast<std::intptr_t>(index) + 1);
  return success;
}

int nvmlDeviceGetName(void* device, char* name, unsigned size) {
  if (const int failure = begin("nvmlDeviceGetName", number(device))) return failure;
  return give(current()->gpus[number(device)].name, name, size);
}

int nvmlDeviceGetUUID(void* device, char* uuid, unsigned size) {
  if (const int failure = begin("nvmlDeviceGetUUID", number(device))) return failure;
  return give(current()->gpus[number(device)].uuid, uuid, size);
}

int nvmlDeviceGetCudaComputeCapability(void* device, int* major, int* minor) {
  if (const int failure = begin("nvmlDeviceGetCudaComputeCapability", number(device))) return failure;
  *major = current()->gpus[number(device)].major;
  *minor = current()->gpus[number(device)].minor;
  return success;
}

int nvmlDeviceGetEccMode(void* device, unsigned* now, unsigned* pending) {
  if (const int failure = begin("nvmlDeviceGetEccMode", number(device))) return failure;
  *now = *pending = current()->gpus[number(device)].ecc;
  return success;
}

int nvmlDeviceGetNvLinkState(void* device, unsigned link, unsigned* is_active) {
  if (const int failure = begin("nvmlDeviceGetNvLinkState", number(device))) return failure;
  const auto now = current();
  const FakeGpu& gpu = now->gpus[number(device)];
  if (gpu.nvlinks == 0) return not_supported;
  if (link >= gpu.nvlinks) return invalid_argument;
  *is_active = gpu.links.contains(link) ? 1 : 0;
  return success;
}

/// Speeds of all links at once are known to old ones too.
int nvmlDeviceGetFieldValues(void* device, int count, Field* fields) {
  if (const int failure = begin("nvmlDeviceGetFieldValues", number(device))) return failure;
  const auto now = current();
  const FakeGpu& gpu = now->gpus[number(device)];
  for (Field* field = fields; field != fields + count; ++field) {
    field->value_type = 1;
    field->result = success;
    const auto link = gpu.links.find(field->scope);
    if (field->id == 90 && is_old && !gpu.links.empty()) {
      field->value = gpu.links.begin()->second.mbs;
    } else if (field->id == 91 && gpu.nvlinks > 0) {
      field->value = gpu.nvlinks;
    } else if (field->id == 164 && !is_old && link != gpu.links.end() && link->second.mbs > 0) {
      field->value = link->second.mbs;
    } else if (field->id == 170 && !is_old && gpu.c2c_links > 0) {
      field->value = gpu.c2c_links + 1;
    } else if (field->id == 171 && !is_old && field->scope <= gpu.c2c_links) {
      field->value = field->scope < gpu.c2c_links ? 1 : 0;
    } else if (field->id == 172 && !is_old && field->scope < gpu.c2c_links) {
      field->value = gpu.c2c_mbs;
    } else {
      field->result = not_supported;
    }
  }
  return success;
}

#ifdef FAKE_NVML_IS_OLD

int nvmlDeviceGetPciInfo_v2(void* device, Pci* pci) {
  if (const int failure = begin("nvmlDeviceGetPciInfo_v2", number(device))) return failure;
  return give(current()->gpus[number(device)].address, pci);
}

int nvmlDeviceGetNvLinkRemotePciInfo(void* device, unsigned link, Pci* pci) {
  const auto now = current();
  const FakeGpu& gpu = now->gpus[number(device)];
  return gpu.links.contains(link) ? give(gpu.links.at(link).address, pci) : invalid_argument;
}

#else

int nvmlDeviceGetPciInfo_v3(void* device, Pci* pci) {
  if (const int failure = begin("nvmlDeviceGetPciInfo_v3", number(device))) return failure;
  return give(current()->gpus[number(device)].address, pci);
}

int nvmlDeviceGetNvLinkRemotePciInfo_v2(void* device, unsigned link, Pci* pci) {
  if (const int failure = begin("nvmlDeviceGetNvLinkRemotePciInfo_v2", number(device))) return failure;
  const auto now = current();
  const FakeGpu& gpu = now->gpus[number(device)];
  return gpu.links.contains(link) ? give(gpu.links.at(link).address, pci) : invalid_argument;
}

int nvmlDeviceGetNvLinkRemoteDeviceType(void* device, unsigned link, unsigned* type) {
  if (const int failure = begin("nvmlDeviceGetNvLinkRemoteDeviceType", number(device))) return failure;
  const auto now = current();
  const FakeGpu& gpu = now->gpus[number(device)];
  if (!gpu.links.contains(link)) return invalid_argument;
  *type = gpu.links.at(link).type;
  return success;
}

int nvmlDeviceGetMigMode(void* device, unsigned* now, unsigned* pending) {
  if (const int failure = begin("nvmlDeviceGetMigMode", number(device))) return failure;
  *now = *pending = current()->gpus[number(device)].mig;
  return success;
}

struct Fabric {
  unsigned version;
  unsigned char cluster[16];
  int status;
  unsigned clique;
  unsigned char state;
  unsigned health;
};

int nvmlDeviceGetGpuFabricInfoV(void* device, Fabric* fabric) {
  if (const int failure = begin("nvmlDeviceGetGpuFabricInfoV", number(device))) return failure;
  if (fabric->version != (2u << 24 | sizeof(Fabric))) return 25;  // NVML_ERROR_ARGUMENT_VERSION_MISMATCH
  fabric->state = static_cast<unsigned char>(current()->gpus[number(device)].fabric);
  fabric->status = success;
  for (unsigned i = 0; i < sizeof fabric->cluster; ++i) fabric->cluster[i] = static_cast<unsigned char>(0xa0 + i);
  fabric->clique = 7;
  return success;
}

#endif
}

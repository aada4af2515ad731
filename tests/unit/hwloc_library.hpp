// What hwloc's own library finds in a file.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#ifdef TREERING_HWLOC_LIBRARY
#include <hwloc.h>
#endif

namespace treering::topology {

/// How many objects of each type, by hwloc's name of it; empty where the library is not there or cannot read the file.
inline std::map<std::string, std::size_t> counted_by_library([[maybe_unused]] const std::filesystem::path& path) {
  std::map<std::string, std::size_t> count;
#ifdef TREERING_HWLOC_LIBRARY
  hwloc_topology_t topology = nullptr;
  if (hwloc_topology_init(&topology) != 0) return count;
  hwloc_topology_set_all_types_filter(topology, HWLOC_TYPE_FILTER_KEEP_ALL);
  hwloc_topology_set_flags(topology, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED);
  if (hwloc_topology_set_xml(topology, path.c_str()) == 0 && hwloc_topology_load(topology) == 0) {
    for (int type = HWLOC_OBJ_TYPE_MIN; type < HWLOC_OBJ_TYPE_MAX; ++type) {
      const int depth = hwloc_get_type_depth(topology, static_cast<hwloc_obj_type_t>(type));
      const std::string name = hwloc_obj_type_string(static_cast<hwloc_obj_type_t>(type));
      if (depth == HWLOC_TYPE_DEPTH_MULTIPLE) {
        for (int d = 0; d < hwloc_topology_get_depth(topology); ++d) {
          if (hwloc_get_depth_type(topology, d) == type) count[name] += hwloc_get_nbobjs_by_depth(topology, d);
        }
      } else if (depth != HWLOC_TYPE_DEPTH_UNKNOWN) {
        if (const unsigned objects = hwloc_get_nbobjs_by_depth(topology, depth)) count[name] = objects;
      }
    }
  }
  hwloc_topology_destroy(topology);
#endif
  return count;
}

}  // namespace treering::topology

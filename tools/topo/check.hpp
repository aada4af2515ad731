// What looks wrong in a topology.
#pragma once

#include <string>
#include <vector>

#include "tools/topo/paint.hpp"
#include "topology/topology.hpp"

namespace treering::topo {

/// Something that looks wrong: problem (why it is one). What to do stands above all findings of a kind, or behind.
struct Finding {
  enum class Kind : unsigned char {
    slow_link,        ///< carries less than three quarters (memory: half) of what most links of its kind do
    one_way_link,     ///< carries nothing in one direction, or in both
    uneven_link,      ///< carries less than three quarters in one direction of the other; memory links may
    below_declared,   ///< was measured below 70 % of what is declared, and is none of those above
    odd_cabling,      ///< a switch with fewer links up than its like, a NIC elsewhere than that of hosts like it
    cut_off,          ///< a device that does not reach the others
    without_network,  ///< a NIC that no network link leads to
    same_identity,    ///< nodes that have an identity, GUID or PCI address in common
    gpu_state,        ///< a GPU that its driver has lost or cannot ask
    fabric_state,     ///< a GPU whose NVSwitches were not made ready
    nvlinks_down,     ///< a GPU more of whose NVLinks are down than of those like it, or any on NVSwitches
    setting,          ///< of a host, which stops jobs or holds them up; the message says what to do
    interface,        ///< of a host, down where those of others are up, or with packets of another size
    note,             ///< nothing wrong: what some job may want otherwise
  };
  Kind kind;
  std::string message;
  topology::LinkIndex link = topology::no_link;  ///< that it is about
};

/// Does it look wrong? Notes do not.
constexpr bool is_wrong(const Finding& finding) {
  return finding.kind != Finding::Kind::note;
}

/// All of them, by kind; notes last. Links are of a kind if type and the kinds of both ends are the same; only where at
/// most a quarter of four links or more are slow, they are findings: otherwise there are two sorts. NICs without a
/// network are only findings where another has one. Cabling is odd where at most a quarter as many differ as are alike.
std::vector<Finding> findings(const topology::Topology& topology);

/// Kind by kind: what it is and what to do, then one finding a line (or more, if it has more than 120 columns), at most
/// twenty. At the end, what could not be looked at.
std::string findings_text(const topology::Topology& topology, const std::vector<Finding>& found, const Paint& paint);

}  // namespace treering::topo

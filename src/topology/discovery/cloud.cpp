#include <string_view>

#include "topology/discovery/platform.hpp"

namespace treering::topology {
namespace {

/// What the firmware of a provider's machines says. The file holds the mark and nothing else.
struct Mark {
  const char* file;
  std::string_view text;
  const char* provider;
  const char* type_file;  ///< which tells the type of the instance; none where only the metadata service does
};

constexpr Mark marks[] = {
    // Nitro instances tell their type as the product; https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/
    // identify_ec2_instances.html reads the same table. The network plugin of AWS chooses its topology by that name
    // (https://github.com/aws/aws-ofi-nccl).
    {"sys_vendor", "Amazon EC2", "aws", "product_name"},
    // https://cloud.google.com/compute/docs/instances/detect-compute-engine
    {"product_name", "Google Compute Engine", "gcp", nullptr},
    // https://learn.microsoft.com/azure/automation/troubleshoot/update-agent-issues-linux ("Dmidecode check"); the
    // vendor, "Microsoft Corporation", is also that of Hyper-V elsewhere.
    {"chassis_asset_tag", "7783-7084-3265-9085-8269-3286-77", "azure", nullptr},
    // https://docs.cloud-init.io/en/latest/reference/datasources/oracle.html
    {"chassis_asset_tag", "OracleCloud.com", "oci", nullptr},
};

}  // namespace

std::vector<HostFact> cloud_facts(const SystemFiles& files) {
  const std::string folder = "sys/class/dmi/id/";
  for (const Mark& mark : marks) {
    if (files.name(folder + mark.file) != std::string(mark.text)) continue;
    std::vector<HostFact> facts{{"cloud", "provider", mark.provider}};
    const auto type = mark.type_file == nullptr ? std::nullopt : files.name(folder + mark.type_file);
    if (type) facts.push_back({"cloud", "instance_type", *type});
    return facts;
  }
  return {};
}

}  // namespace treering::topology

"""Which changes replace a resource: by the SDK's own notes, by what names and places things, and by a table."""

import functools
import re

from engine.providers.offline.schema import Field, Resource, Scalar

_NOTES = re.compile(
    r"(?i)(forces? (a |the )?(new|re-?creation|replacement|resource)|will (force|cause) (a |the )?(new|re-?creat)"
    r"|requires? (re-?creat|replace)|cannot be (changed|updated|modified) (after|once)|immutable)"
)
_PLACES = frozenset({"region", "zone", "location", "project", "availabilityZone", "availabilityZoneId"})
_NAMES = frozenset({"name", "bucket", "identifier", "clusterIdentifier", "namePrefix", "accountId"})

#: what the notes leave out, for the resources platforms use; source: the providers' schemas (ForceNew)
TABLE: dict[str, frozenset[str]] = {
    "aws:ec2/vpc:Vpc": frozenset({"cidrBlock"}),
    "aws:ec2/subnet:Subnet": frozenset({"vpcId", "cidrBlock", "availabilityZone"}),
    "aws:ec2/securityGroup:SecurityGroup": frozenset({"vpcId", "description", "name"}),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": frozenset({"subnetId"}),
    "aws:ec2/vpcEndpoint:VpcEndpoint": frozenset({"vpcId", "serviceName", "vpcEndpointType"}),
    "aws:ec2/natGateway:NatGateway": frozenset({"subnetId", "allocationId"}),
    "aws:eks/cluster:Cluster": frozenset({"roleArn", "kubernetesNetworkConfig", "bootstrapSelfManagedAddons"}),
    "aws:eks/nodeGroup:NodeGroup": frozenset(
        {
            "clusterName",
            "nodeGroupName",
            "nodeRoleArn",
            "subnetIds",
            "instanceTypes",
            "amiType",
            "capacityType",
            "diskSize",
        }
    ),
    "aws:rds/cluster:Cluster": frozenset({"engine", "kmsKeyId", "storageEncrypted", "masterUsername", "databaseName"}),
    "aws:rds/instance:Instance": frozenset({"engine", "kmsKeyId", "storageEncrypted", "username", "dbName"}),
    "aws:elasticache/replicationGroup:ReplicationGroup": frozenset(
        {"replicationGroupId", "kmsKeyId", "atRestEncryptionEnabled", "subnetGroupName"}
    ),
    "aws:efs/fileSystem:FileSystem": frozenset({"encrypted", "kmsKeyId", "performanceMode"}),
    "aws:fsx/lustreFileSystem:LustreFileSystem": frozenset({"subnetIds", "kmsKeyId", "deploymentType"}),
    "aws:kms/key:Key": frozenset({"keyUsage", "customerMasterKeySpec", "multiRegion"}),
    "aws:kinesis/stream:Stream": frozenset({"name"}),
    "aws:ecr/repository:Repository": frozenset({"name", "encryptionConfigurations"}),
    "gcp:compute/network:Network": frozenset({"name", "autoCreateSubnetworks"}),
    "gcp:compute/subnetwork:Subnetwork": frozenset({"name", "network", "purpose", "reservedInternalRange"}),
    "gcp:container/cluster:Cluster": frozenset(
        {"name", "network", "subnetwork", "ipAllocationPolicy", "privateClusterConfig", "enableAutopilot"}
    ),
    "gcp:container/nodePool:NodePool": frozenset({"name", "cluster", "placementPolicy", "maxPodsPerNode"}),
    "gcp:sql/databaseInstance:DatabaseInstance": frozenset({"name", "encryptionKeyName", "masterInstanceName"}),
    "gcp:storage/bucket:Bucket": frozenset({"name"}),
    "gcp:kms/keyRing:KeyRing": frozenset({"name"}),
    "gcp:kms/cryptoKey:CryptoKey": frozenset({"name", "keyRing", "purpose"}),
    "azure-native:containerservice:ManagedCluster": frozenset(
        {"dnsPrefix", "nodeResourceGroup", "diskEncryptionSetID"}
    ),
    "azure-native:containerservice:AgentPool": frozenset(
        {"vmSize", "osDiskType", "vnetSubnetID", "gpuInstanceProfile"}
    ),
}


@functools.cache
def replacing(token: str, schema: Resource | None) -> frozenset[str]:
    """The top-level inputs whose change makes a new resource."""
    found = set(TABLE.get(token, frozenset()))
    if schema is None:
        return frozenset(found)
    names = _PLACES | (_NAMES if schema.bridged else frozenset[str]())
    found |= names & schema.inputs.keys()
    found |= {key for key, field in schema.inputs.items() if _NOTES.search(field.doc)}
    if token.startswith("azure-native:"):
        found |= {*path_parameters(schema), "location"} & schema.inputs.keys()
    if token.startswith("kubernetes:"):
        found |= {"apiVersion", "kind"} & schema.inputs.keys()
    return frozenset(found)


def path_parameters(schema: Resource) -> list[str]:
    """Azure: the inputs that stand in a resource's path. They are not given back, which tells them from its body."""
    return [key for key, field in schema.inputs.items() if _in_path(field) and key not in schema.outputs]


def _in_path(field: Field) -> bool:
    return field.type == Scalar("string") and (field.wire.endswith("Name") or field.wire in ("scope", "resourceUri"))

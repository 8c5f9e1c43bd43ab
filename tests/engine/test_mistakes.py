"""A hundred mistakes, seeded into inputs that are right: caught without a cloud, at the right path."""

import copy
import json
from typing import Any

import pytest

from engine import paths
from engine.providers.contract import Subject
from engine.providers.offline.shared import Offline

TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})
AZURE = {"resourceGroupName": "rg", "location": "eastus2"}
RIGHT: dict[str, dict[str, Any]] = {
    "aws:ec2/vpc:Vpc": {"cidrBlock": "10.0.0.0/16"},
    "aws:ec2/subnet:Subnet": {"vpcId": "vpc-1", "cidrBlock": "10.0.1.0/24", "availabilityZone": "ap-south-1a"},
    "aws:ec2/instance:Instance": {"instanceType": "g6.xlarge", "ami": "ami-0123456789abcdef0"},
    "aws:ec2/securityGroup:SecurityGroup": {
        "vpcId": "vpc-1",
        "ingress": [{"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": ["10.0.0.0/16"]}],
    },
    "aws:s3/bucket:Bucket": {"bucket": "documents-mumbai"},
    "aws:s3/bucketVersioning:BucketVersioning": {"bucket": "b", "versioningConfiguration": {"status": "Enabled"}},
    "aws:s3/bucketPolicy:BucketPolicy": {"bucket": "b", "policy": TRUST},
    "aws:kms/key:Key": {"enableKeyRotation": True, "rotationPeriodInDays": 90, "deletionWindowInDays": 30},
    "aws:iam/role:Role": {"assumeRolePolicy": TRUST},
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": {"role": "r", "policyArn": "arn:aws:iam::aws:policy/X"},
    "aws:eks/cluster:Cluster": {"name": "one", "roleArn": "arn:aws:iam::1:role/r", "vpcConfig": {"subnetIds": ["subnet-1"]}},
    "aws:eks/nodeGroup:NodeGroup": {
        "clusterName": "one", "nodeRoleArn": "arn:aws:iam::1:role/r", "subnetIds": ["subnet-1"],
        "amiType": "AL2023_x86_64_NVIDIA", "capacityType": "ON_DEMAND", "instanceTypes": ["g6.12xlarge"],
        "scalingConfig": {"minSize": 0, "maxSize": 2, "desiredSize": 0},
    },
    "aws:rds/cluster:Cluster": {"engine": "aurora-postgresql", "clusterIdentifier": "one", "backupRetentionPeriod": 7},
    "aws:elasticache/replicationGroup:ReplicationGroup": {"description": "cache", "engine": "valkey"},
    "aws:kinesis/stream:Stream": {"name": "events", "encryptionType": "KMS", "shardCount": 2},
    "aws:ecr/repository:Repository": {"name": "images", "imageTagMutability": "IMMUTABLE"},
    "aws:sqs/queue:Queue": {"name": "jobs", "visibilityTimeoutSeconds": 30},
    "aws:cloudwatch/logGroup:LogGroup": {"name": "/domicile/one", "retentionInDays": 90},
    "aws:budgets/budget:Budget": {"budgetType": "COST", "timeUnit": "MONTHLY", "limitAmount": "100", "limitUnit": "USD"},
    "pulumi:providers:aws": {"region": "ap-south-1"},
    "gcp:compute/network:Network": {"name": "one", "autoCreateSubnetworks": False, "routingMode": "REGIONAL"},
    "gcp:compute/subnetwork:Subnetwork": {"network": "n", "ipCidrRange": "10.0.0.0/20", "region": "europe-west3"},
    "gcp:compute/instance:Instance": {
        "machineType": "g2-standard-4", "zone": "europe-west3-a",
        "bootDisk": {"initializeParams": {"image": "debian-12"}}, "networkInterfaces": [{"network": "n"}],
    },
    "gcp:storage/bucket:Bucket": {"location": "EUROPE-WEST3", "uniformBucketLevelAccess": True},
    "gcp:kms/cryptoKey:CryptoKey": {"name": "k", "keyRing": "ring", "purpose": "ENCRYPT_DECRYPT", "rotationPeriod": "7776000s"},
    "gcp:container/cluster:Cluster": {"name": "one", "location": "europe-west3", "initialNodeCount": 1},
    "gcp:container/nodePool:NodePool": {"cluster": "one", "location": "europe-west3", "nodeConfig": {"machineType": "g2-standard-48"}},
    "gcp:sql/databaseInstance:DatabaseInstance": {
        "databaseVersion": "POSTGRES_17", "region": "europe-west3", "settings": {"tier": "db-custom-4-16384"},
    },
    "gcp:redis/instance:Instance": {"memorySizeGb": 6, "tier": "STANDARD_HA", "region": "europe-west3"},
    "gcp:pubsub/topic:Topic": {"name": "events"},
    "gcp:bigquery/dataset:Dataset": {"datasetId": "features", "location": "europe-west3"},
    "gcp:artifactregistry/repository:Repository": {"repositoryId": "images", "format": "DOCKER", "location": "europe-west3"},
    "azure-native:resources:ResourceGroup": {"resourceGroupName": "rg", "location": "eastus2"},
    "azure-native:storage:StorageAccount": {
        **AZURE, "accountName": "documents1", "kind": "StorageV2", "sku": {"name": "Standard_ZRS"}, "minimumTlsVersion": "TLS1_2",
    },
    "azure-native:storage:BlobContainer": {"resourceGroupName": "rg", "accountName": "documents1", "containerName": "objects"},
    "azure-native:keyvault:Vault": {
        **AZURE, "vaultName": "one-vault",
        "properties": {"tenantId": "t", "sku": {"family": "A", "name": "premium"}, "softDeleteRetentionInDays": 90},
    },
    "azure-native:keyvault:Key": {"resourceGroupName": "rg", "vaultName": "one-vault", "keyName": "k", "properties": {"kty": "RSA"}},
    "azure-native:containerservice:ManagedCluster": {**AZURE, "resourceName": "one", "dnsPrefix": "one"},
    "azure-native:containerservice:AgentPool": {
        "resourceGroupName": "rg", "resourceName": "one", "agentPoolName": "gpu", "vmSize": "Standard_NC96ads_A100_v4",
        "mode": "User", "count": 1, "scaleSetPriority": "Regular",
    },
    "azure-native:network:VirtualNetwork": {**AZURE, "virtualNetworkName": "one", "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}},
    "azure-native:network:Subnet": {
        "resourceGroupName": "rg", "virtualNetworkName": "one", "subnetName": "nodes", "addressPrefix": "10.0.0.0/24",
    },
    "azure-native:network:PrivateEndpoint": {**AZURE, "subnet": {"id": "/subscriptions/s/subnets/a"}},
    "azure-native:dbforpostgresql:Server": {
        **AZURE, "serverName": "one-sql", "version": "17", "sku": {"name": "Standard_D4ds_v5", "tier": "GeneralPurpose"},
    },
    "azure-native:authorization:RoleAssignment": {"scope": "/subscriptions/s", "principalId": "p", "roleDefinitionId": "r"},
    "kubernetes:apps/v1:Deployment": {
        "metadata": {"name": "one"},
        "spec": {
            "replicas": 1, "selector": {"matchLabels": {"a": "b"}},
            "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}},
        },
    },
    "kubernetes:core/v1:Service": {"metadata": {"name": "one"}, "spec": {"ports": [{"port": 80}]}},
    "kubernetes:networking.k8s.io/v1:NetworkPolicy": {"metadata": {"name": "one"}, "spec": {"podSelector": {}}},
}  # fmt: skip
GONE = object()
#: (resource type, the property that is wrong, the wrong value); GONE takes it away
MISTAKES: list[tuple[str, str, Any]] = [
    # unknown arguments
    ("aws:ec2/vpc:Vpc", "cidr_block", "10.0.0.0/16"),
    ("aws:ec2/vpc:Vpc", "enableDnsHostname", True),
    ("aws:eks/cluster:Cluster", "vpcConfig.subnets", ["subnet-1"]),
    ("aws:s3/bucket:Bucket", "versionning", {"enabled": True}),
    ("aws:eks/nodeGroup:NodeGroup", "scalingConfig.min", 1),
    ("aws:kms/key:Key", "rotation", True),
    ("gcp:compute/network:Network", "autoCreateSubnetwork", False),
    ("gcp:container/nodePool:NodePool", "nodeConfig.gpu", 4),
    ("gcp:sql/databaseInstance:DatabaseInstance", "settings.backup", True),
    ("gcp:storage/bucket:Bucket", "region", "europe-west3"),
    ("azure-native:storage:StorageAccount", "tlsVersion", "TLS1_2"),
    ("azure-native:containerservice:AgentPool", "nodeSize", "Standard_D4ds_v5"),
    ("azure-native:keyvault:Vault", "properties.skuName", "premium"),
    ("kubernetes:apps/v1:Deployment", "spec.replica", 2),
    ("kubernetes:apps/v1:Deployment", "spec.template.spec.containers[0].imagePullPolicies", "Always"),
    ("kubernetes:core/v1:Service", "spec.ports[0].portNumber", 80),
    # wrong types
    ("aws:ec2/vpc:Vpc", "tags", ["a"]),
    ("aws:ec2/vpc:Vpc", "enableDnsSupport", "yes please"),
    ("aws:eks/cluster:Cluster", "vpcConfig", "vpc-1"),
    ("aws:eks/cluster:Cluster", "vpcConfig.subnetIds", "subnet-1"),
    ("aws:eks/nodeGroup:NodeGroup", "scalingConfig.maxSize", "many"),
    ("aws:eks/nodeGroup:NodeGroup", "instanceTypes", "g6.12xlarge"),
    ("aws:rds/cluster:Cluster", "backupRetentionPeriod", "a week"),
    ("aws:kms/key:Key", "rotationPeriodInDays", [90]),
    ("aws:ec2/securityGroup:SecurityGroup", "ingress[0].fromPort", "https"),
    ("gcp:compute/subnetwork:Subnetwork", "secondaryIpRanges", {"pods": "10.1.0.0/16"}),
    ("gcp:container/cluster:Cluster", "initialNodeCount", "three"),
    ("gcp:redis/instance:Instance", "memorySizeGb", "six"),
    ("gcp:storage/bucket:Bucket", "labels", "team"),
    ("azure-native:storage:StorageAccount", "sku", "Standard_ZRS"),
    ("azure-native:storage:StorageAccount", "allowBlobPublicAccess", "no"),
    ("azure-native:network:VirtualNetwork", "addressSpace.addressPrefixes", "10.0.0.0/16"),
    ("azure-native:containerservice:AgentPool", "count", "two"),
    ("azure-native:containerservice:AgentPool", "nodeTaints", "gpu"),
    ("kubernetes:apps/v1:Deployment", "spec.replicas", "two"),
    ("kubernetes:apps/v1:Deployment", "spec.template.spec.containers", {"name": "c"}),
    ("kubernetes:core/v1:Service", "spec.ports[0].port", "http"),
    # values that are not among those allowed
    ("aws:s3/bucketVersioning:BucketVersioning", "versioningConfiguration.status", "On"),
    ("aws:eks/nodeGroup:NodeGroup", "amiType", "AL2_GPU"),
    ("aws:eks/nodeGroup:NodeGroup", "capacityType", "PREEMPTIBLE"),
    ("aws:kinesis/stream:Stream", "encryptionType", "AES"),
    ("aws:ecr/repository:Repository", "imageTagMutability", "FROZEN"),
    ("aws:budgets/budget:Budget", "timeUnit", "WEEKLY"),
    ("aws:budgets/budget:Budget", "budgetType", "MONEY"),
    ("gcp:compute/network:Network", "routingMode", "LOCAL"),
    ("gcp:kms/cryptoKey:CryptoKey", "purpose", "ENCRYPT"),
    ("gcp:redis/instance:Instance", "tier", "PREMIUM"),
    ("azure-native:storage:StorageAccount", "minimumTlsVersion", "TLS1_4"),
    ("azure-native:storage:StorageAccount", "sku.name", "Standard_ABC"),
    ("azure-native:storage:StorageAccount", "kind", "Blob"),
    ("azure-native:keyvault:Vault", "properties.sku.name", "gold"),
    ("azure-native:keyvault:Key", "properties.kty", "DSA"),
    ("azure-native:containerservice:AgentPool", "mode", "Worker"),
    ("azure-native:containerservice:AgentPool", "scaleSetPriority", "Cheap"),
    ("azure-native:dbforpostgresql:Server", "sku.tier", "Huge"),
    ("kubernetes:core/v1:Service", "kind", "Servce"),
    # missing inputs
    ("aws:ec2/subnet:Subnet", "vpcId", GONE),
    ("aws:eks/cluster:Cluster", "roleArn", GONE),
    ("aws:eks/cluster:Cluster", "vpcConfig", GONE),
    ("aws:eks/nodeGroup:NodeGroup", "scalingConfig.maxSize", GONE),
    ("aws:iam/role:Role", "assumeRolePolicy", GONE),
    ("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "policyArn", GONE),
    ("aws:rds/cluster:Cluster", "engine", GONE),
    ("gcp:storage/bucket:Bucket", "location", GONE),
    ("gcp:compute/subnetwork:Subnetwork", "network", GONE),
    ("gcp:sql/databaseInstance:DatabaseInstance", "settings.tier", GONE),
    ("gcp:bigquery/dataset:Dataset", "datasetId", GONE),
    ("azure-native:storage:StorageAccount", "resourceGroupName", GONE),
    ("azure-native:storage:StorageAccount", "sku", GONE),
    ("azure-native:keyvault:Vault", "properties.tenantId", GONE),
    ("azure-native:authorization:RoleAssignment", "roleDefinitionId", GONE),
    ("kubernetes:apps/v1:Deployment", "spec.selector", GONE),
    ("kubernetes:apps/v1:Deployment", "spec.template.spec.containers[0].name", GONE),
    # regions and instances
    ("pulumi:providers:aws", "region", "ap-mumbai-1"),
    ("gcp:compute/subnetwork:Subnetwork", "region", "europe-frankfurt"),
    ("gcp:container/cluster:Cluster", "location", "europe-west33"),
    ("azure-native:resources:ResourceGroup", "location", "frankfurt"),
    ("aws:ec2/instance:Instance", "instanceType", "g6.huge"),
    ("aws:eks/nodeGroup:NodeGroup", "instanceTypes[0]", "g6e.12xlarge"),
    ("gcp:container/nodePool:NodePool", "nodeConfig.machineType", "g2-standard-480x"),
    ("gcp:compute/instance:Instance", "machineType", "a2-ultragpu-1g"),
    ("azure-native:containerservice:AgentPool", "vmSize", "NC96ads_A100_v4"),
    # names
    ("aws:s3/bucket:Bucket", "bucket", "Documents_Of_Mumbai"),
    ("aws:eks/cluster:Cluster", "name", "x" * 101),
    ("aws:ecr/repository:Repository", "name", "Images!"),
    ("aws:iam/role:Role", "name", "r" * 65),
    ("gcp:compute/network:Network", "name", "One_Network"),
    ("gcp:compute/subnetwork:Subnetwork", "name", "n" * 64),
    ("azure-native:storage:StorageAccount", "accountName", "documents-of-virginia"),
    ("azure-native:keyvault:Vault", "vaultName", "v" * 25),
    ("azure-native:containerservice:AgentPool", "agentPoolName", "gpu-inference"),
    # networks and references
    ("aws:ec2/vpc:Vpc", "cidrBlock", "10.0.0.0/33"),
    ("aws:ec2/subnet:Subnet", "cidrBlock", "10.0.1.7/24"),
    ("gcp:compute/subnetwork:Subnetwork", "ipCidrRange", "10.0.0.0"),
    ("aws:ec2/subnet:Subnet", "vpcId", "subnet-0123"),
    ("aws:eks/cluster:Cluster", "roleArn", "platform-role"),
    ("aws:eks/cluster:Cluster", "vpcConfig.subnetIds[0]", "vpc-0123"),
    ("azure-native:network:PrivateEndpoint", "subnet.id", "nodes"),
    # documents and ranges
    ("aws:s3/bucketPolicy:BucketPolicy", "policy", "{'Version': 2012}"),
    ("aws:kms/key:Key", "deletionWindowInDays", 90),
    ("aws:kms/key:Key", "rotationPeriodInDays", 7),
    ("aws:cloudwatch/logGroup:LogGroup", "retentionInDays", 91),
]
#: what only the cloud knows, with the reason: looked at and left, so that the share caught is a true one
UNCAUGHT = {
    ("gcp:kms/cryptoKey:CryptoKey", "purpose"): "the SDK lists no values of this property",
    ("azure-native:network:PrivateEndpoint", "subnet.id"): "a nested `id` has no kind of its own in the SDK",
}


def made_wrong(token: str, path: str, value: Any) -> dict[str, Any]:
    inputs = copy.deepcopy(RIGHT[token])
    *parents, last = paths.parse(path)
    at: Any = inputs
    for part in parents:
        at = at[part]
    if value is GONE:
        del at[last]
    else:
        at[last] = value
    return inputs


def failures(token: str, inputs: dict[str, Any]) -> dict[str, str]:
    package = token.rsplit(":", 1)[-1] if token.startswith("pulumi:providers:") else token.split(":", 1)[0]
    provider = Offline(None).provider(package)
    regions = {"aws": "ap-south-1", "gcp": "europe-west3", "azure-native": "eastus2"}
    provider.configure({"region": regions[package]} if package in regions else {})
    subject = Subject("urn:pulumi:s::p::t::one", token, "one", preview=True)
    check = provider.check_config if token.startswith("pulumi:providers:") else provider.check
    found = {one.property: one.reason for one in check(subject, {}, inputs).failures}
    provider.close()
    return found


@pytest.mark.parametrize("token", RIGHT)
def test_what_is_right_is_taken(token: str) -> None:
    assert failures(token, RIGHT[token]) == {}


def test_there_are_a_hundred() -> None:
    assert len(MISTAKES) >= 100
    assert len({(token, path, str(value)) for token, path, value in MISTAKES}) == len(MISTAKES)
    caught = [one for one in MISTAKES if one[:2] not in UNCAUGHT]
    assert len(caught) / len(MISTAKES) >= 0.95


@pytest.mark.parametrize(("token", "path", "value"), MISTAKES)
def test_a_mistake_is_caught_at_its_path(token: str, path: str, value: Any) -> None:
    found = failures(token, made_wrong(token, path, value))
    if (token, path) in UNCAUGHT:
        assert path not in found, "caught by now: take it off the list"
        return
    assert path in found, found
    assert len(found[path]) > 10

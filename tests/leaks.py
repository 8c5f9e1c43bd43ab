"""Residency leaks along the whole path of data, each beside a twin that is in order.

``{aws}``, ``{gcp}``, ``{azure}`` and their fellows stand for a place that is allowed in the twin and abroad in the leak.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from rule_cases import One

Props = dict[str, Any]


@dataclass(frozen=True)
class Places:
    """Places of one country, by how each cloud names them."""

    aws: str
    gcp: str
    azure: str
    paired: str
    azure_sku: str
    profile: str
    pinecone: str
    api: str
    gateway: str
    telemetry: str
    multi: str


@dataclass(frozen=True)
class Site:
    """What is allowed, where, and what is abroad."""

    name: str
    allowed: tuple[str, ...]
    here: Places
    abroad: Places


INDIA = Places(
    "ap-south-1", "asia-south1", "centralindia", "Standard_ZRS", "Standard", "in", "ap-south-1-aws",
    "in.api.openai.com", "http://chat:8000/v1", "api-in.mixpanel.com", "asia-south2",
)  # fmt: skip
GERMANY = Places(
    "eu-central-1", "europe-west3", "germanywestcentral", "Standard_LRS", "Standard", "", "eu-central-1-aws",
    "chat.models.svc.cluster.local", "http://chat:8000/v1", "datadoghq.eu", "europe-west10",
)  # fmt: skip
US = Places(
    "us-east-1", "us-central1", "eastus", "Standard_GRS", "GlobalStandard", "us", "us-east-1-aws", "api.openai.com",
    "https://api.anthropic.com", "datadoghq.com", "US",
)  # fmt: skip
ASIA = Places(
    "ap-southeast-1", "asia-southeast1", "southeastasia", "Standard_RAGRS", "DataZoneStandard", "apac",
    "ap-southeast-1-aws", "dashscope-intl.aliyuncs.com", "https://api.deepseek.com/v1", "ap1.datadoghq.com", "ASIA",
)  # fmt: skip
SITES = (Site("india", ("IN",), INDIA, US), Site("germany", ("DE",), GERMANY, ASIA))


Group = Callable[[Places, Places], Iterator[tuple[str, One]]]


def aws(type_: str, here: str, **props: Any) -> One:
    """A resource of AWS in a region."""
    return One(f"aws:{type_}", props, {"region": here})


def gcp(type_: str, **props: Any) -> One:
    """A resource of Google Cloud."""
    return One(f"gcp:{type_}", props)


def azure(type_: str, **props: Any) -> One:
    """A resource of Azure."""
    return One(f"azure-native:{type_}", props)


def k8s(kind: str, **props: Any) -> One:
    """An object."""
    return One(f"kubernetes:{kind}", props)


def pod(**container: Any) -> Props:
    """A pod's specification inside a workload's."""
    return {"template": {"spec": {"containers": [{"name": "c", "image": "a/b:1", **container}]}}}


def env(name: str, value: str) -> Props:
    """A container with a variable."""
    return pod(env=[{"name": name, "value": value}])


def stores(at: Places, home: Places) -> Iterator[tuple[str, One]]:
    """Where data are kept."""
    yield "aws bucket", aws("s3/bucket:Bucket", at.aws, bucket="x")
    yield "aws region of a resource", aws("s3/bucket:Bucket", home.aws, bucket="x", region=at.aws)
    yield "aws volume's zone", aws("ebs/volume:Volume", home.aws, availabilityZone=f"{at.aws}a")
    yield "aws database", aws("rds/instance:Instance", at.aws, engine="postgres")
    yield "aws search", aws("opensearch/domain:Domain", at.aws, domainName="x")
    yield "aws vectors", aws("s3/vectorsVectorBucket:VectorsVectorBucket", at.aws, vectorBucketName="x")
    yield "aws stream", aws("kinesis/stream:Stream", at.aws, shardCount=1)
    yield "aws notebook", aws("sagemaker/notebookInstance:NotebookInstance", at.aws, instanceType="ml.t3.large")
    yield "gcp bucket", gcp("storage/bucket:Bucket", location=at.gcp.upper())
    yield "gcp bucket of several regions", gcp("storage/bucket:Bucket", location=at.multi)
    yield (
        "gcp dual region",
        gcp("storage/bucket:Bucket", location=home.gcp, customPlacementConfig={"dataLocations": [home.gcp, at.gcp]}),
    )
    yield "gcp disk's zone", gcp("compute/disk:Disk", zone=f"{at.gcp}-a")
    yield "gcp dataset", gcp("bigquery/dataset:Dataset", location=at.gcp)
    yield "gcp spanner", gcp("spanner/instance:Instance", config=f"regional-{at.gcp}")
    yield "gcp firestore", gcp("firestore/database:Database", locationId=at.gcp)
    yield "gcp sql", gcp("sql/databaseInstance:DatabaseInstance", region=at.gcp)
    yield "gcp topic", gcp("pubsub/topic:Topic", messageStoragePolicy={"allowedPersistenceRegions": [at.gcp]})
    yield "gcp key", gcp("kms/keyRing:KeyRing", location=at.gcp)
    yield "azure account", azure("storage:StorageAccount", location=at.azure)
    yield "azure versioned type", azure("storage/v20230101:StorageAccount", location=at.azure)
    yield "azure database", azure("dbforpostgresql:Server", location=at.azure)
    yield "azure workspace", azure("machinelearningservices:Workspace", location=at.azure)
    yield "azure search", azure("search:Service", location=at.azure)


def copies(at: Places, home: Places) -> Iterator[tuple[str, One]]:
    """Where copies go."""
    yield "aws table replica", aws("dynamodb/table:Table", home.aws, replicas=[{"regionName": at.aws}])
    yield (
        "aws table replica resource",
        aws("dynamodb/tableReplica:TableReplica", at.aws, globalTableArn=f"arn:aws:dynamodb:{home.aws}:1:table/x"),
    )
    yield "aws read replica", aws("rds/instance:Instance", home.aws, replicateSourceDb=f"arn:aws:rds:{at.aws}:1:db:x")
    yield (
        "aws backups' replication",
        aws(
            "rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication",
            home.aws,
            sourceDbInstanceArn=f"arn:aws:rds:{at.aws}:1:db:x",
        ),
    )
    yield (
        "aws registry replication",
        aws(
            "ecr/replicationConfiguration:ReplicationConfiguration",
            home.aws,
            replicationConfiguration={"rules": [{"destinations": [{"region": at.aws, "registryId": "1"}]}]},
        ),
    )
    yield "aws secret replica", aws("secretsmanager/secret:Secret", home.aws, replicas=[{"region": at.aws}])
    yield (
        "aws backup copy",
        aws(
            "backup/plan:Plan",
            home.aws,
            rules=[{"copyActions": [{"destinationVaultArn": f"arn:aws:backup:{at.aws}:1:backup-vault:v"}]}],
        ),
    )
    yield "aws snapshot copy", aws("ebs/snapshotCopy:SnapshotCopy", at.aws, sourceRegion=home.aws)
    yield "aws redshift copy", aws("redshift/snapshotCopy:SnapshotCopy", home.aws, destinationRegion=at.aws)
    yield (
        "aws files' replica",
        aws("efs/replicationConfiguration:ReplicationConfiguration", home.aws, destination={"region": at.aws}),
    )
    yield "aws replica key", aws("kms/replicaKey:ReplicaKey", at.aws, primaryKeyArn=f"arn:aws:kms:{home.aws}:1:key/x")
    yield (
        "aws lifecycle copy",
        aws(
            "dlm/lifecyclePolicy:LifecyclePolicy",
            home.aws,
            policyDetails={"schedules": [{"crossRegionCopyRules": [{"target": at.aws}]}]},
        ),
    )
    yield (
        "gcp secret replica",
        gcp("secretmanager/secret:Secret", replication={"userManaged": {"replicas": [{"location": at.gcp}]}}),
    )
    yield (
        "gcp backups",
        gcp(
            "sql/databaseInstance:DatabaseInstance",
            region=home.gcp,
            settings={"backupConfiguration": {"enabled": True, "location": at.gcp}},
        ),
    )
    yield "gcp snapshot", gcp("compute/snapshot:Snapshot", sourceDisk="x", storageLocations=at.gcp)
    yield "gcp image", gcp("compute/image:Image", storageLocations=[at.gcp])
    yield "gcp backup vault", gcp("backupdisasterrecovery/backupVault:BackupVault", location=at.gcp)
    yield (
        "azure redundancy",
        azure(
            "storage:StorageAccount",
            location="brazilsouth" if at.paired != home.paired else home.azure,
            sku={"name": at.paired},
        ),
    )
    yield (
        "azure cosmos",
        azure("cosmosdb:DatabaseAccount", location=home.azure, locations=[{"locationName": at.azure.upper()}]),
    )
    yield "azure registry replica", azure("containerregistry:Replication", location=at.azure)
    yield (
        "azure gallery",
        azure(
            "compute:GalleryImageVersion",
            location=home.azure,
            publishingProfile={"targetRegions": [{"name": "x", "regionalReplicaCount": 1, "region": at.azure}]},
        ),
    )


def models(at: Places, home: Places) -> Iterator[tuple[str, One]]:
    """Where models see the data."""
    yield "bedrock agent's model", aws("bedrock/agentAgent:AgentAgent", home.aws, foundationModel=model(at))
    yield (
        "bedrock model's arn",
        aws(
            "lambda/function:Function",
            home.aws,
            environment={"variables": {"MODEL": f"arn:aws:bedrock:{at.aws}::foundation-model/x"}},
        ),
    )
    yield "bedrock profile in a variable", k8s("apps/v1:Deployment", spec=env("MODEL_ID", model(at)))
    yield (
        "permission on models",
        aws(
            "iam/rolePolicy:RolePolicy",
            home.aws,
            policy=json.dumps(
                {
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Action": "bedrock:*",
                            "Resource": [f"arn:aws:bedrock:{at.aws}::foundation-model/*"],
                        }
                    ]
                }
            ),
        ),
    )
    yield "azure deployment", azure("cognitiveservices:Deployment", sku={"name": at.azure_sku})
    yield "azure account of models", azure("cognitiveservices:Account", location=at.azure, kind="OpenAI")
    yield "vertex endpoint", gcp("vertex/aiEndpoint:AiEndpoint", location=at.gcp)
    yield "vertex path", k8s("apps/v1:Deployment", spec=env("ENDPOINT", f"projects/p/locations/{at.gcp}/endpoints/1"))
    yield "vertex host", k8s("apps/v1:Deployment", spec=env("BASE", f"https://{at.gcp}-aiplatform.googleapis.com/v1"))
    yield "hosted api", k8s("apps/v1:Deployment", spec=env("BASE", f"https://{at.api}/v1"))
    yield "hosted api in arguments", k8s("apps/v1:Deployment", spec=pod(args=["--api", f"https://{at.api}/v1"]))
    yield (
        "gateway's route",
        k8s("core/v1:ConfigMap", data={"config.yaml": _routes({"model": "hosted_vllm/m", "api_base": at.gateway})}),
    )
    yield (
        "gateway's fallback",
        k8s(
            "core/v1:ConfigMap",
            data={
                "config.yaml": _routes(
                    {"model": "hosted_vllm/m", "api_base": "http://chat:8000/v1"},
                    {"model": "hosted_vllm/m", "api_base": at.gateway},
                )
            },
        ),
    )
    yield (
        "gateway's region",
        k8s(
            "core/v1:ConfigMap",
            data={"config.yaml": _routes({"model": "bedrock/amazon.nova-lite-v1:0", "aws_region_name": at.aws})},
        ),
    )
    yield (
        "sagemaker endpoint",
        aws("sagemaker/endpointConfiguration:EndpointConfiguration", at.aws, productionVariants=[]),
    )
    yield "pinecone", k8s("apps/v1:Deployment", spec=env("INDEX", f"https://i-1.svc.{at.pinecone}.pinecone.io"))
    yield (
        "qdrant cloud",
        k8s("core/v1:ConfigMap", data={"app.env": f"QDRANT=https://x.{at.gcp}-0.gcp.cloud.qdrant.io:6333"}),
    )


def paths(at: Places, home: Places) -> Iterator[tuple[str, One]]:
    """Where requests, logs and images go."""
    yield "log destination", aws("ec2/flowLog:FlowLog", home.aws, logDestination=f"arn:aws:logs:{at.aws}:1:log-group:x")
    yield (
        "subscription",
        aws(
            "cloudwatch/logSubscriptionFilter:LogSubscriptionFilter",
            home.aws,
            destinationArn=f"arn:aws:kinesis:{at.aws}:1:stream/x",
        ),
    )
    yield (
        "event target",
        aws("cloudwatch/eventTarget:EventTarget", home.aws, arn=f"arn:aws:events:{at.aws}:1:event-bus/x"),
    )
    yield (
        "firehose to a vendor",
        aws(
            "kinesis/firehoseDeliveryStream:FirehoseDeliveryStream",
            home.aws,
            httpEndpointConfiguration={"url": f"https://http-intake.logs.{at.telemetry}/v1/input"},
        ),
    )
    yield (
        "log sink",
        gcp(
            "logging/projectSink:ProjectSink",
            destination=f"logging.googleapis.com/projects/p/locations/{at.gcp}/buckets/b",
        ),
    )
    yield "log bucket", gcp("logging/projectBucketConfig:ProjectBucketConfig", location=at.gcp)
    yield "azure logs", azure("operationalinsights:Workspace", location=at.azure)
    yield (
        "telemetry variable",
        k8s("apps/v1:Deployment", spec=env("OTEL_EXPORTER_OTLP_ENDPOINT", f"https://otlp.{at.telemetry}:4317")),
    )
    yield (
        "telemetry in a config map",
        k8s(
            "core/v1:ConfigMap",
            data={"otel.yaml": f"exporters:\n  otlphttp:\n    endpoint: https://otlp.{at.telemetry}\n"},
        ),
    )
    yield (
        "external name",
        k8s("core/v1:Service", spec={"type": "ExternalName", "externalName": f"db.x.{at.aws}.rds.amazonaws.com"}),
    )
    yield "aws registry", k8s("apps/v1:Deployment", spec=pod(image=f"1.dkr.ecr.{at.aws}.amazonaws.com/x:1"))
    yield (
        "gcp registry",
        k8s("batch/v1:CronJob", spec={"jobTemplate": {"spec": pod(image=f"{at.gcp}-docker.pkg.dev/p/r/x:1")}}),
    )
    yield (
        "node selector",
        k8s(
            "apps/v1:Deployment",
            spec={"template": {"spec": {"nodeSelector": {"topology.kubernetes.io/region": at.aws}}}},
        ),
    )
    yield (
        "node affinity",
        k8s(
            "core/v1:PersistentVolume",
            spec={
                "nodeAffinity": {
                    "required": {
                        "nodeSelectorTerms": [
                            {"matchExpressions": [{"key": "topology.kubernetes.io/zone", "values": [f"{at.gcp}-b"]}]}
                        ]
                    }
                }
            },
        ),
    )
    yield (
        "volume's label",
        k8s("core/v1:PersistentVolume", metadata={"labels": {"topology.kubernetes.io/zone": f"{at.aws}b"}}),
    )
    yield (
        "storage class",
        k8s(
            "storage.k8s.io/v1:StorageClass",
            allowedTopologies=[{"matchLabelExpressions": [{"key": "topology.gke.io/zone", "values": [f"{at.gcp}-a"]}]}],
        ),
    )
    yield (
        "csi volume",
        k8s("core/v1:PersistentVolume", spec={"csi": {"volumeHandle": f"projects/p/zones/{at.gcp}-a/disks/d"}}),
    )
    yield "region variable", k8s("apps/v1:StatefulSet", spec=env("AWS_REGION", at.aws))
    yield "cache", aws("elasticache/replicationGroup:ReplicationGroup", at.aws, description="x")
    yield "peer", azure("network:VirtualNetwork", location=at.azure)
    yield (
        "database url",
        k8s("apps/v1:Deployment", spec=env("DATABASE_URL", f"postgresql://u:p@ep-1.{at.aws}.aws.neon.tech/db")),
    )
    yield (
        "ingress certificate",
        k8s(
            "networking.k8s.io/v1:Ingress",
            metadata={
                "annotations": {"alb.ingress.kubernetes.io/certificate-arn": f"arn:aws:acm:{at.aws}:1:certificate/x"}
            },
        ),
    )


def model(at: Places) -> str:
    """A model by the inference profile of a place."""
    return f"{at.profile}.anthropic.claude-sonnet-4-v1:0".removeprefix(".")


def _routes(*parameters: Props) -> str:
    return json.dumps({"model_list": [{"model_name": "chat", "litellm_params": one} for one in parameters]})


def pairs() -> Iterator[tuple[str, Site, One, One]]:
    """Every leak and its twin."""
    for site in SITES:
        for group in (stores, copies, models, paths):
            yield from paired(site, group)


def paired(site: Site, group: Group) -> Iterator[tuple[str, Site, One, One]]:
    """The leaks of a group at a site, each with its twin."""
    for (name, leak), (_, twin) in zip(group(site.abroad, site.here), group(site.here, site.here), strict=True):
        yield f"{site.name}: {name}", site, leak, twin


#: what says of a place that it is something else, or names it without sending anything there
INNOCENT: tuple[One, ...] = (
    aws("iam/role:Role", "us-east-1", name="x"),
    aws("acm/certificate:Certificate", "us-east-1", domainName="x.example.com"),
    aws("route53/record:Record", "us-east-1", name="x"),
    aws("s3/bucket:Bucket", "ap-south-1", bucket="us-east-1-mirror", tags={"moved-from": "us-east-1"}),
    aws("ec2/amiCopy:AmiCopy", "ap-south-1", sourceAmiRegion="us-east-1", description="from us-east-1"),
    aws(
        "iam/policy:Policy",
        "ap-south-1",
        policy=json.dumps(
            {
                "Statement": [
                    {
                        "Effect": "Deny",
                        "Action": "*",
                        "Resource": "arn:aws:s3:us-east-1:1:x",
                        "Condition": {"StringNotEquals": {"aws:RequestedRegion": "ap-south-1"}},
                    }
                ]
            }
        ),
    ),
    gcp("compute/network:Network", name="us-central1"),
    gcp("storage/bucket:Bucket", location="ASIA-SOUTH1", labels={"source": "us-central1"}),
    azure("network:PrivateZone", location="global"),
    azure("privatedns:PrivateZone", location="Global"),
    k8s("apps/v1:Deployment", metadata={"name": "eastus"}, spec=env("LANG", "en_US.UTF-8")),
    k8s("apps/v1:Deployment", spec=env("GREETING", "Hello from us-east-1")),
    k8s("apps/v1:Deployment", spec=env("CHAT", "http://chat.models.svc.cluster.local:8000/v1")),
    k8s("apps/v1:Deployment", spec=pod(image="docker.io/library/nginx:1.29")),
    k8s("core/v1:ConfigMap", data={"notes.txt": "see https://docs.example.com/regions", "version": "1.2.3"}),
    k8s("core/v1:Service", spec={"type": "ExternalName", "externalName": "db.internal"}),
)

"""For every rule: stacks it passes, stacks it fails, one it cannot judge yet and one that is not its business."""

import json
from dataclasses import dataclass, field
from typing import Any

U = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
K = "kubernetes:"
NAMESPACE, DEPLOYMENT, CLAIM = f"{K}core/v1:Namespace", f"{K}apps/v1:Deployment", f"{K}core/v1:PersistentVolumeClaim"
SET, MAP, SERVICE = f"{K}apps/v1:StatefulSet", f"{K}core/v1:ConfigMap", f"{K}core/v1:Service"
INGRESS, WALL = f"{K}networking.k8s.io/v1:Ingress", f"{K}networking.k8s.io/v1:NetworkPolicy"
POOL, SCALER = f"{K}karpenter.sh/v1:NodePool", f"{K}autoscaling/v2:HorizontalPodAutoscaler"
GROUP = f"{K}leaderworkerset.x-k8s.io/v1:LeaderWorkerSet"
CLASS = f"{K}storage.k8s.io/v1:StorageClass"
BUCKET, VOLUME, KEY, DB = (
    "aws:s3/bucket:Bucket",
    "aws:ebs/volume:Volume",
    "aws:kms/key:Key",
    "aws:rds/instance:Instance",
)
LOGS, EIP, INSTANCE = "aws:cloudwatch/logGroup:LogGroup", "aws:ec2/eip:Eip", "aws:ec2/instance:Instance"
GBUCKET, TOPIC, GKEY = "gcp:storage/bucket:Bucket", "gcp:pubsub/topic:Topic", "gcp:kms/cryptoKey:CryptoKey"
ACCOUNT, MODEL, AKEY = (
    "azure-native:storage:StorageAccount",
    "azure-native:cognitiveservices:Deployment",
    "azure-native:keyvault:Key",
)
INDIA, GERMANY, VIRGINIA = {"region": "ap-south-1"}, {"region": "europe-west3"}, {"region": "us-east-1"}
Props = dict[str, Any]


@dataclass(frozen=True)
class One:
    """A resource of a case."""

    type: str
    props: Props
    provider: Props = field(default_factory=dict[str, Any])
    needs: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    name: str = "it"


Stack = list[One]
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"


def copy(destination: str) -> One:
    """A bucket's replication."""
    type_ = "aws:s3/bucketReplicationConfig:BucketReplicationConfig"
    return One(type_, {"bucket": "here", "rules": [{"destination": {"bucket": destination}}]}, INDIA, name="c")


def cold(days: Any, kind: str = "GLACIER") -> Props:
    """A bucket's life cycle that archives."""
    return {"rules": [{"transitions": [{"days": days, "storageClass": kind}]}]}


@dataclass(frozen=True)
class Case:
    """What proves a rule; ``elsewhere`` is not its business."""

    passing: list[Stack]
    failing: list[Stack]
    unknown: Stack
    settings: Props = field(default_factory=dict[str, Any])
    elsewhere: Stack = field(default_factory=lambda: [One("random:index/randomPet:RandomPet", {"length": 2})])


P5 = {"instanceType": "p5.48xlarge"}
NODES = "aws:eks/nodeGroup:NodeGroup"


def spend(type_: str, **props: Any) -> One:
    """A cloud's budget."""
    return One(type_, props, name="budget")


def of(type_: str, *props: Props, provider: Props | None = None) -> list[Stack]:
    """Stacks of one resource each."""
    return [[One(type_, one, provider or {})] for one in props]


def place(labels: Any, notes: Any) -> Props:
    """A namespace of ours."""
    return {"metadata": {"labels": {"app.kubernetes.io/part-of": "x", **labels}, "annotations": notes}}


def pod(
    env: Any = (), *, gpus: str = "0", labels: Any = None, image: Any = "vllm/vllm-openai:v0.11", **more: Any
) -> Props:
    """A deployment of two pods."""
    notes = more.pop("notes", {})
    spec = more.pop("spec", {})
    container = {
        "name": "c",
        "image": image,
        "env": list(env),
        "resources": {"limits": {"nvidia.com/gpu": gpus}},
        **more,
    }
    metadata: Props = {"name": "x", "labels": labels or {}, "annotations": notes}
    return {"metadata": metadata, "spec": {"replicas": 2, "template": {"spec": {"containers": [container]}}, **spec}}


def group(leader: Props | None, worker: Props, size: Any = 2) -> Props:
    """A group of pods, of which the leader is asked: the pods of deployments."""
    found: Props = {"size": size, "workerTemplate": worker["spec"]["template"]}
    if leader:
        found["leaderTemplate"] = leader["spec"]["template"]
    first = leader or worker
    return {"metadata": first["metadata"], "spec": {"replicas": 1, "leaderWorkerTemplate": found}}


def claim(name: Any) -> Props:
    """A volume claim."""
    return {"spec": {"storageClassName": name} if name else {}}


def ingress(hosts: list[Any], tls: list[Any], notes: Any = None, service: str = "web") -> Props:
    """An ingress."""
    http = {"paths": [{"backend": {"service": {"name": service}}}]}
    return {
        "metadata": {"annotations": notes or {}},
        "spec": {"rules": [{"host": host, "http": http} for host in hosts], "tls": [{"hosts": tls}]},
    }


def gateway(*models: Props, **settings: Any) -> Props:
    """A config map with a gateway's configuration."""
    listed = [{"model_name": one.pop("alias", "chat"), "litellm_params": one} for one in map(dict, models)]
    return {"data": {"config.yaml": json.dumps({"model_list": listed, "litellm_settings": settings})}}


def base(url: str, **more: Any) -> Props:
    """A route to a server."""
    return {"model": "hosted_vllm/m", "api_base": url, **more}


def wall(part: Any, cidr: Any) -> Props:
    """A network policy."""
    rule = {"to": [{"ipBlock": {"cidr": cidr}}], "ports": [{"port": 443}]}
    return {"spec": {"podSelector": {"matchLabels": {"app.kubernetes.io/name": part}}, "egress": [rule]}}


def policy(resource: str, effect: str = "Allow") -> Props:
    """A role's policy."""
    return {
        "policy": json.dumps({"Statement": [{"Effect": effect, "Action": "bedrock:InvokeModel", "Resource": resource}]})
    }


def document(principal: Any, **more: Any) -> Props:
    """A resource's policy."""
    return {"policy": json.dumps({"Statement": {"Effect": "Allow", "Action": "*", "Principal": principal, **more}})}


def emr(**more: Any) -> Props:
    """A security configuration of EMR."""
    at_rest = {
        "S3EncryptionConfiguration": {"EncryptionMode": "SSE-KMS"},
        "LocalDiskEncryptionConfiguration": {"EnableEbsEncryption": True},
    }
    whole = {
        "EnableInTransitEncryption": True,
        "EnableAtRestEncryption": True,
        "AtRestEncryptionConfiguration": at_rest,
    }
    return {"configuration": json.dumps({"EncryptionConfiguration": {**whole, **more}})}


REDSHIFT, PARAMETER = "aws:redshift/parameterGroup:ParameterGroup", "aws:ssm/parameter:Parameter"
EMR = "aws:emr/securityConfiguration:SecurityConfiguration"
J, C, B = "domicile.dev/jurisdictions", "domicile.dev/data-class", "domicile.dev/monthly-budget-usd"
OWNER, CENTRE = "domicile.dev/owner", "domicile.dev/cost-centre"
LICENCE, SOURCE = "domicile.dev/model-licence", "domicile.dev/model-source"
TAGS = {"owner": "a", "cost-centre": "b", "workload": "c", "data-class": "internal"}
IN = {"allowed": ["IN"]}
FUNCTION = "aws:lambda/function:Function"
PROBES = {
    "startupProbe": {"periodSeconds": 10, "failureThreshold": 60},
    "readinessProbe": {"x": 1},
    "livenessProbe": {"x": 1},
}
URN = "urn:pulumi:s::p::{}::{}"

RESIDENCY: dict[str, Case] = {
    "residency-location": Case(
        [
            [One(BUCKET, {"bucket": "x"}, INDIA)],
            [One(GBUCKET, {"location": "asia-south1"})],
            [One(ACCOUNT, {"location": "Central India"})],
            [One("aws:iam/role:Role", {"name": "x"}, VIRGINIA)],
        ],
        [
            [One(BUCKET, {"bucket": "x"}, VIRGINIA)],
            [One(GBUCKET, {"location": "ASIA"})],
            [One(ACCOUNT, {"location": "eastus"})],
            [
                One(
                    f"{K}core/v1:PersistentVolume",
                    {"spec": {"csi": {"volumeHandle": "projects/p/zones/us-central1-a/disks/d"}}},
                )
            ],
            [
                One(
                    DEPLOYMENT,
                    {"spec": {"template": {"spec": {"nodeSelector": {"topology.kubernetes.io/region": "us-east-1"}}}}},
                )
            ],
        ],
        [One(GBUCKET, {"location": U})],
        IN,
    ),
    "residency-replica": Case(
        [
            [One("aws:dynamodb/table:Table", {"replicas": [{"regionName": "ap-south-2"}]}, INDIA)],
            [
                One(
                    "gcp:secretmanager/secret:Secret",
                    {"replication": {"userManaged": {"replicas": [{"location": "asia-south2"}]}}},
                )
            ],
            [One(ACCOUNT, {"location": "centralindia", "sku": {"name": "Standard_ZRS"}})],
        ],
        [
            [One("aws:dynamodb/table:Table", {"replicas": [{"regionName": "us-east-1"}]}, INDIA)],
            [One("gcp:secretmanager/secret:Secret", {"replication": {"auto": {}}})],
            [One(ACCOUNT, {"location": "brazilsouth", "sku": {"name": "Standard_GRS"}})],
            [One(KEY, {"multiRegion": True}, INDIA)],
            [
                One(
                    "aws:backup/plan:Plan",
                    {
                        "rules": [
                            {"copyActions": [{"destinationVaultArn": "arn:aws:backup:us-east-1:1:backup-vault:v"}]}
                        ]
                    },
                    INDIA,
                )
            ],
        ],
        [One(ACCOUNT, {"location": U, "sku": {"name": "Standard_GRS"}})],
        IN,
    ),
    "residency-model-endpoint": Case(
        [
            [One(MODEL, {"sku": {"name": "Standard"}})],
            [One(FUNCTION, {"environment": {"variables": {"MODEL_ID": "in.anthropic.claude-sonnet-4-v1:0"}}}, INDIA)],
            [
                One(
                    "aws:iam/rolePolicy:RolePolicy",
                    policy("arn:aws:bedrock:us-east-1::foundation-model/x", "Deny"),
                    INDIA,
                )
            ],
        ],
        [
            [One(MODEL, {"sku": {"name": "GlobalStandard"}})],
            [One(MODEL, {"sku": {"name": "DataZoneStandard"}})],
            [One(FUNCTION, {"environment": {"variables": {"MODEL_ID": "us.anthropic.claude-sonnet-4-v1:0"}}}, INDIA)],
            [
                One(
                    "aws:sfn/stateMachine:StateMachine",
                    {"model": "arn:aws:bedrock:us-east-1::foundation-model/x"},
                    INDIA,
                )
            ],
        ],
        [One(MODEL, {"sku": {"name": U}})],
        IN,
    ),
    "residency-endpoint": Case(
        of(
            DEPLOYMENT,
            pod([{"name": "DB", "value": "postgres://db.ap-south-1.rds.amazonaws.com/x"}]),
            pod([{"name": "LLM", "value": "http://chat:8000/v1"}]),
            pod([{"name": "WORDS", "value": "moved from us-east-1 last year"}]),
        ),
        of(
            DEPLOYMENT,
            pod([{"name": "DB", "value": "postgres://u:p@db.us-east-1.rds.amazonaws.com/x"}]),
            pod([{"name": "LLM", "value": "https://api.openai.com/v1"}]),
            pod([{"name": "AWS_REGION", "value": "us-east-1"}]),
            pod([{"name": "VECTORS", "value": "https://i-1.svc.us-east-1-aws.pinecone.io"}]),
        ),
        [One(GBUCKET, {"location": U})],
        IN,
    ),
    "residency-telemetry": Case(
        [
            [
                One(
                    "gcp:logging/projectSink:ProjectSink",
                    {"destination": "logging.googleapis.com/projects/p/locations/asia-south1/buckets/b"},
                )
            ],
            [One("aws:ec2/flowLog:FlowLog", {"logDestination": "arn:aws:logs:ap-south-1:1:log-group:x"}, INDIA)],
            [One("aws:ec2/flowLog:FlowLog", {"logDestination": "arn:aws:s3:::bucket"}, INDIA)],
        ],
        [
            [One("aws:ec2/flowLog:FlowLog", {"logDestination": "arn:aws:logs:us-east-1:1:log-group:x"}, INDIA)],
            [
                One(
                    "aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter",
                    {"logTarget": "arn:aws:kinesis:eu-west-1:1:stream/x"},
                    INDIA,
                )
            ],
            [
                One(
                    "gcp:logging/projectSink:ProjectSink",
                    {"sink": "logging.googleapis.com/projects/p/locations/us-central1/buckets/b"},
                )
            ],
        ],
        [One(GBUCKET, {"location": U})],
        IN,
    ),
    "residency-edge": Case(
        [
            [One("gcp:compute/backendService:BackendService", {"enableCdn": False})],
            [One("gcp:compute/backendBucket:BackendBucket", {"bucketName": "x"})],
            [One("aws:cloudfront/function:Function", {"code": "x"})],
        ],
        [
            [One("gcp:compute/backendService:BackendService", {"enableCdn": True})],
            [One("aws:cloudfront/distribution:Distribution", {"enabled": True})],
            [One("azure-native:cdn:Profile", {"location": "global"})],
        ],
        [One("gcp:compute/backendService:BackendService", {"enableCdn": U})],
        IN,
    ),
    "residency-image": Case(
        of(
            DEPLOYMENT,
            pod(image="1.dkr.ecr.ap-south-1.amazonaws.com/x:1"),
            pod(image="asia-south1-docker.pkg.dev/p/r/x:1"),
            pod(image="vllm/vllm-openai:v0.11"),
        ),
        of(
            DEPLOYMENT,
            pod(image="1.dkr.ecr.us-east-1.amazonaws.com/x:1"),
            pod(image="us-docker.pkg.dev/p/r/x:1"),
            pod(image="europe-west3-docker.pkg.dev/p/r/x:1"),
        ),
        [One(GBUCKET, {"location": U})],
        IN,
    ),
    "residency-declared": Case(
        of(NAMESPACE, place({C: "x"}, {J: "DE"}), {"metadata": {"labels": {}}}, {}),
        of(NAMESPACE, place({}, {J: "DE"}), place({C: "x"}, {}), place({}, {})),
        [One(NAMESPACE, {"metadata": {"labels": U}})],
    ),
    "residency-allowed": Case(
        of(NAMESPACE, place({}, {J: "DE"}), place({}, {J: "DE,FR"}), place({}, {})),
        of(NAMESPACE, place({}, {J: "US"}), place({}, {J: "DE,US"}), place({}, {J: "IN"})),
        [One(NAMESPACE, place({}, {J: U}))],
        {"allowed": ["DE", "FR"]},
    ),
    "residency-egress": Case(
        of(WALL, wall("weights", "0.0.0.0/0"), wall("chat", "10.0.0.0/8"), {"spec": {"podSelector": {}}}),
        of(WALL, wall("chat", "0.0.0.0/0"), wall("", "::/0"), wall("gateway", "0.0.0.0/0")),
        [One(WALL, wall("chat", U))],
    ),
    "residency-inherited": Case(
        [
            [
                One(VOLUME, {"tags": {"jurisdictions": "IN"}}, INDIA),
                One("aws:s3/bucketVersioning:BucketVersioning", {}, INDIA, name="v"),
            ],
            [One(BUCKET, {}, VIRGINIA)],
            [One(VOLUME, {"tags": {"jurisdictions": "IN"}}, INDIA)],
        ],
        [
            [
                One(VOLUME, {"tags": {"jurisdictions": "IN"}}, INDIA),
                One("aws:s3/bucketVersioning:BucketVersioning", {}, VIRGINIA, name="v"),
            ],
            [
                One(VOLUME, {"tags": {"jurisdictions": "IN"}}, INDIA),
                One(MODEL, {"sku": {"name": "GlobalStandard"}}, name="m"),
            ],
            [
                One(NAMESPACE, place({J: "DE"}, {})),
                One(DEPLOYMENT, pod([{"name": "A", "value": "https://api.openai.com"}]), name="d"),
            ],
        ],
        [
            One(VOLUME, {"tags": {"jurisdictions": "IN"}}, INDIA),
            One("azure-native:eventhub:EventHub", {"location": U}, name="hub"),
        ],
    ),
    "residency-limits-known": Case(
        [
            [One(VOLUME, {"tags": {"jurisdictions": "IN"}}, INDIA)],
            [One("aws:iam/role:Role", {})],
            [One(NAMESPACE, place({J: "DE"}, {}))],
        ],
        [[One(VOLUME, {"size": 1}, INDIA)], [One(GBUCKET, {"location": "EU"})], [One(DEPLOYMENT, pod())]],
        [One(VOLUME, {"tags": U}, INDIA)],
    ),
    "residency-flow": Case(
        [
            [
                One(BUCKET, {}, INDIA, {"destinationBucket": [URN.format(BUCKET, "b")]}, "a"),
                One(BUCKET, {}, INDIA, name="b"),
            ],
            [
                One(BUCKET, {}, INDIA, {"policy": [URN.format(BUCKET, "b")]}, "a"),
                One("aws:iam/role:Role", {}, VIRGINIA, name="b"),
            ],
            [One(BUCKET, {}, INDIA)],
        ],
        [
            [
                One(BUCKET, {"tags": {"jurisdictions": "IN"}}, INDIA, {key: [URN.format(BUCKET, "b")]}, "a"),
                One(BUCKET, {}, VIRGINIA, name="b"),
            ]
            for key in ("destinationBucket", "logTarget", "replicaSource")
        ],
        [One(GBUCKET, {}, {}, {"sink": [URN.format(GBUCKET, "b")]}, "a"), One(GBUCKET, {"location": U}, name="b")],
        IN,
    ),
    "residency-retention": Case(
        of(LOGS, {"retentionInDays": 365}, {"retentionInDays": 0}, {}),
        [
            [One(LOGS, {"retentionInDays": 30})],
            [One("gcp:logging/projectBucketConfig:ProjectBucketConfig", {"location": "asia-south1"})],
            [One("azure-native:operationalinsights:Workspace", {"retentionInDays": 90})],
        ],
        [One(LOGS, {"retentionInDays": U})],
        {"profiles": ["eu-ai-act"]},
    ),
    "residency-copy": Case(
        [
            [copy("arn:aws:s3:::there"), One(BUCKET, {"bucket": "there"}, INDIA, name="b")],
            [One(BUCKET, {"bucket": "there"}, VIRGINIA)],
            [
                One("azure-native:sql:FailoverGroup", {"partnerServers": [{"id": "/servers/two"}]}),
                One("azure-native:sql:Server", {"serverName": "two", "location": "centralindia"}, name="s"),
            ],
        ],
        [
            [copy("arn:aws:s3:::there"), One(BUCKET, {"bucket": "there"}, VIRGINIA, name="b")],
            [
                One("azure-native:sql:FailoverGroup", {"partnerServers": [{"id": "/servers/two"}]}),
                One("azure-native:sql:Server", {"serverName": "two", "location": "eastus"}, name="s"),
            ],
            [
                One("gcp:storage/transferJob:TransferJob", {"transferSpec": {"gcsDataSink": {"bucketName": "there"}}}),
                One(GBUCKET, {"name": "there", "location": "US"}, name="b"),
            ],
        ],
        [copy("arn:aws:s3:::elsewhere")],
        {"allowed": ["IN"]},
    ),
    "residency-logs-at-hand": Case(
        [
            [One(LIFECYCLE, cold(90), name="audit-logs")],
            [One(LIFECYCLE, cold(1), name="images")],
            [One(LIFECYCLE, cold(1, "GLACIER_IR"), name="audit-logs")],
            [One("azure-native:operationalinsights:Table", {"retentionInDays": -1, "totalRetentionInDays": 365})],
        ],
        [
            [One(LIFECYCLE, cold(30), name="audit-logs")],
            [One(LIFECYCLE, {"bucket": "trail", **cold(89, "DEEP_ARCHIVE")})],
            [One(BUCKET, {"tags": {"purpose": "logs"}, "lifecycleRules": cold(0)["rules"]})],
            [One("azure-native:operationalinsights:Table", {"retentionInDays": 30, "totalRetentionInDays": 365})],
            [
                One(
                    "azure-native:storage:ManagementPolicy",
                    {
                        "accountName": "audit",
                        "policy": {
                            "rules": [
                                {
                                    "definition": {
                                        "actions": {
                                            "baseBlob": {"tierToArchive": {"daysAfterModificationGreaterThan": 7}}
                                        }
                                    }
                                }
                            ]
                        },
                    },
                )
            ],
        ],
        [One(LIFECYCLE, cold(U), name="audit-logs")],
        {"profiles": ["pci-dss-4"]},
    ),
    "residency-log-country": Case(
        [
            [One(LOGS, {}, INDIA)],
            [One(BUCKET, {}, VIRGINIA)],
            [One("azure-native:operationalinsights:Workspace", {"location": "centralindia"})],
        ],
        [
            [One(LOGS, {}, VIRGINIA)],
            [One("azure-native:operationalinsights:Workspace", {"location": "eastus"})],
            [One("gcp:logging/projectBucketConfig:ProjectBucketConfig", {"location": "global"})],
        ],
        [One("azure-native:operationalinsights:Workspace", {"location": U})],
        {"profiles": ["in-certin"]},
    ),
    "residency-inference-path": Case(
        of(
            MAP,
            gateway(base("http://chat:8000/v1")),
            gateway(base("http://chat.x.svc.cluster.local/v1")),
            gateway(base("https://eu.example.com")),
            {"data": {"other": "x"}},
        ),
        of(
            MAP,
            gateway(base("https://api.openai.com/v1")),
            gateway(base("http://1.2.3.4/v1")),
            gateway({"model": "anthropic/claude-sonnet-4"}),
            gateway({"model": "bedrock/us.anthropic.claude-sonnet-4-v1:0"}),
            gateway(base("http://chat:8000/v1"), {"alias": "spare", "model": "openai/gpt-4o"}),
        ),
        [One(MAP, {"data": {"config.yaml": U}})],
        {"allowed_hosts": ["eu.example.com"]},
    ),
}

ENCRYPTION: dict[str, Case] = {
    "encryption-own-key": Case(
        [
            [One(VOLUME, {"kmsKeyId": U, "tags": {"data-class": "restricted"}})],
            [One(VOLUME, {"tags": {"data-class": "public"}})],
            [One(GBUCKET, {"encryption": {"defaultKmsKeyName": "k"}})],
            [
                One(
                    "gcp:secretmanager/secret:Secret",
                    {
                        "replication": {
                            "userManaged": {
                                "replicas": [{"location": "x", "customerManagedEncryption": {"kmsKeyName": "k"}}]
                            }
                        }
                    },
                )
            ],
        ],
        [
            [One(VOLUME, {"tags": {"data-class": "restricted"}})],
            [One(GBUCKET, {"location": "EU"})],
            [One(ACCOUNT, {"encryption": {"keySource": "Microsoft.Storage"}})],
            [One(INSTANCE, {"ebsBlockDevices": [{"kmsKeyId": "k"}, {"deviceName": "x"}]})],
        ],
        [One(VOLUME, {"tags": {"data-class": U}})],
    ),
    "encryption-turned-on": Case(
        [
            [One(KEY, {})],
            [One(VOLUME, {"encrypted": True})],
            [One(DB, {"storageEncrypted": "true"})],
            [One(ACCOUNT, {})],
        ],
        [
            [One(VOLUME, {})],
            [One(DB, {"storageEncrypted": False})],
            [One("aws:opensearch/domain:Domain", {"encryptAtRest": {"enabled": False}})],
        ],
        [One(VOLUME, {"encrypted": U})],
    ),
    "encryption-tls": Case(
        [
            [
                One(
                    "gcp:sql/databaseInstance:DatabaseInstance",
                    {"settings": {"ipConfiguration": {"sslMode": "ENCRYPTED_ONLY"}}},
                )
            ],
            [One(ACCOUNT, {"minimumTlsVersion": "TLS1_2"})],
            [One("aws:elasticache/replicationGroup:ReplicationGroup", {"transitEncryptionEnabled": True})],
        ],
        [
            [
                One(
                    "gcp:sql/databaseInstance:DatabaseInstance",
                    {"settings": {"ipConfiguration": {"sslMode": "ALLOW_UNENCRYPTED_AND_ENCRYPTED"}}},
                )
            ],
            [One(ACCOUNT, {"minimumTlsVersion": "TLS1_0"})],
            [One("aws:elasticache/replicationGroup:ReplicationGroup", {})],
            [
                One(
                    "aws:cloudfront/distribution:Distribution",
                    {"defaultCacheBehavior": {"viewerProtocolPolicy": "allow-all"}},
                )
            ],
        ],
        [One(ACCOUNT, {"minimumTlsVersion": U})],
    ),
    "encryption-not-public": Case(
        [
            [One(DB, {"publiclyAccessible": False})],
            [One(GBUCKET, {"publicAccessPrevention": "enforced"})],
            [One("gcp:projects/iAMMember:IAMMember", {"member": U})],
        ],
        [
            [One(DB, {"publiclyAccessible": True})],
            [One(ACCOUNT, {"publicNetworkAccess": "Enabled"})],
            [One("gcp:storage/bucketIAMBinding:BucketIAMBinding", {"members": ["user:a@b.c", "allUsers"]})],
            [One("aws:s3/bucketAcl:BucketAcl", {"acl": "public-read"})],
        ],
        [One(DB, {"publiclyAccessible": U})],
    ),
    "encryption-walls": Case(
        [
            [
                One(
                    "aws:ec2/securityGroup:SecurityGroup",
                    {"ingress": [{"fromPort": 443, "toPort": 443, "cidrBlocks": ["0.0.0.0/0"]}]},
                )
            ],
            [
                One(
                    "aws:ec2/securityGroup:SecurityGroup",
                    {"ingress": [{"fromPort": 22, "toPort": 22, "cidrBlocks": ["10.0.0.0/8"]}]},
                )
            ],
            [
                One(
                    "gcp:compute/firewall:Firewall",
                    {"direction": "EGRESS", "allows": [{"ports": ["22"]}], "sourceRanges": ["0.0.0.0/0"]},
                )
            ],
        ],
        [
            [
                One(
                    "aws:ec2/securityGroup:SecurityGroup",
                    {"ingress": [{"fromPort": 22, "toPort": 22, "cidrBlocks": ["0.0.0.0/0"]}]},
                )
            ],
            [
                One(
                    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
                    {"cidrIpv6": "::/0", "fromPort": -1, "toPort": -1},
                )
            ],
            [
                One(
                    "gcp:compute/firewall:Firewall",
                    {"allows": [{"protocol": "tcp", "ports": ["1-9000"]}], "sourceRanges": ["0.0.0.0/0"]},
                )
            ],
            [
                One(
                    "aws:ec2/securityGroupRule:SecurityGroupRule",
                    {"type": "ingress", "fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"]},
                )
            ],
        ],
        [
            One(
                "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
                {"cidrIpv4": U, "fromPort": 22, "toPort": 22},
            )
        ],
    ),
    "encryption-at-rest": Case(
        [
            *of(CLAIM, claim("encrypted"), claim("encrypted-shared")),
            [One(SET, {"spec": {"volumeClaimTemplates": [claim("encrypted")]}})],
        ],
        [
            *of(CLAIM, claim("standard"), claim(None)),
            [One(SET, {"spec": {"volumeClaimTemplates": [claim("encrypted"), claim("gp2")]}})],
        ],
        [One(CLAIM, claim(U))],
    ),
    "encryption-storage-class": Case(
        of(
            CLASS,
            {"provisioner": "ebs.csi.aws.com", "parameters": {"encrypted": "true", "kmsKeyId": "k"}},
            {"provisioner": "efs.csi.aws.com", "parameters": {}},
            {"provisioner": "pd.csi.storage.gke.io", "parameters": {"disk-encryption-kms-key": U}},
        ),
        of(
            CLASS,
            {"provisioner": "ebs.csi.aws.com", "parameters": {"encrypted": "false", "kmsKeyId": "k"}},
            {"provisioner": "ebs.csi.aws.com"},
            {"provisioner": "pd.csi.storage.gke.io", "parameters": {"type": "pd-ssd"}},
        ),
        [One(CLASS, {"provisioner": "ebs.csi.aws.com", "parameters": U})],
    ),
    "encryption-in-transit": Case(
        of(INGRESS, ingress(["a.b"], ["a.b"]), ingress([], []), ingress(["a.b", "c.d"], ["c.d", "a.b"])),
        of(INGRESS, ingress(["a.b"], []), ingress(["a.b", "c.d"], ["a.b"]), {"spec": {"rules": [{}]}}),
        [One(INGRESS, {"spec": {"rules": [{"host": U}]}})],
    ),
    "encryption-no-plain-secrets": Case(
        of(DEPLOYMENT, pod([{"name": "HOME", "value": "/tmp"}]), pod([{"name": "API_KEY", "valueFrom": {}}]), pod()),
        of(
            DEPLOYMENT,
            pod([{"name": "API_KEY", "value": "x"}]),
            pod([{"name": "DB_PASSWORD", "value": "x"}]),
            pod([{"name": "token", "value": "x"}]),
        ),
        [One(DEPLOYMENT, pod([{"name": "API_KEY", "value": U}]))],
    ),
    "encryption-key-rotation": Case(
        [
            [One(KEY, {"enableKeyRotation": True})],
            [One(KEY, {"keyUsage": "SIGN_VERIFY", "customerMasterKeySpec": "RSA_2048"})],
            [One(GKEY, {"rotationPeriod": "7776000s"})],
            [One(AKEY, {"properties": {"rotationPolicy": {"lifetimeActions": [{"action": {"type": "rotate"}}]}}})],
        ],
        [[One(KEY, {})], [One(GKEY, {"rotationPeriod": "99999999s"})], [One(AKEY, {"properties": {}})]],
        [One(KEY, {"enableKeyRotation": U})],
    ),
    "encryption-buckets": Case(
        [
            [
                One(BUCKET, {"bucket": "b"}),
                One(
                    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
                    {"bucket": "b"},
                    name="e",
                ),
                One("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", {"bucket": "b"}, name="p"),
            ],
            [
                One(BUCKET, {}, {}, {}, "b"),
                One(
                    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
                    {"bucket": U},
                    {},
                    {"bucket": [URN.format(BUCKET, "b")]},
                    "e",
                ),
                One(
                    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
                    {"bucket": U},
                    {},
                    {"bucket": [URN.format(BUCKET, "b")]},
                    "p",
                ),
            ],
            [One(GBUCKET, {})],
        ],
        [
            [One(BUCKET, {"bucket": "b"})],
            [
                One(BUCKET, {"bucket": "b"}),
                One("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", {"bucket": "b"}, name="p"),
            ],
            [
                One(BUCKET, {"bucket": "b"}),
                One("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", {"bucket": "c"}, name="p"),
            ],
        ],
        [One(BUCKET, {"tags": U})],
    ),
    "encryption-card-data": Case(
        [
            [One(DB, {"tags": {"data-class": "cardholder", "pan-protection": "tokenised"}})],
            [One(DB, {"tags": {"data-class": "restricted"}})],
            [One(DB, {"tags": {"data-kind": "company"}})],
        ],
        [
            [One(DB, {"tags": {"data-class": "cardholder"}})],
            [One(DB, {"tags": {"data-kind": "pan"}})],
            [One(DB, {"tags": {"data-class": "pci", "pan-protection": "disk"}})],
        ],
        [One(DB, {"tags": {"data-class": "pan", "pan-protection": U}})],
    ),
    "encryption-policies": Case(
        [
            [
                One(
                    "aws:sqs/queuePolicy:QueuePolicy",
                    document("*", Condition={"Bool": {"aws:SecureTransport": "true"}}),
                )
            ],
            [One("aws:s3/bucketPolicy:BucketPolicy", document({"AWS": "arn:aws:iam::1:root"}))],
            [One("aws:s3/bucketPolicy:BucketPolicy", document("*", Effect="Deny"))],
        ],
        [
            [One("aws:sqs/queuePolicy:QueuePolicy", document("*"))],
            [One(KEY, {"enableKeyRotation": True, **document({"AWS": ["*"]})})],
            [One("aws:ecr/repositoryPolicy:RepositoryPolicy", document({"AWS": "*"}))],
        ],
        [],
    ),
    "encryption-parameters": Case(
        [
            [One(REDSHIFT, {"parameters": [{"name": "require_ssl", "value": "true"}]})],
            [
                One(
                    "aws:docdb/clusterParameterGroup:ClusterParameterGroup",
                    {"parameters": [{"name": "tls", "value": "enabled"}]},
                )
            ],
            [One("aws:rds/parameterGroup:ParameterGroup", {"parameters": [{"name": "other", "value": "0"}]})],
        ],
        [
            [One(REDSHIFT, {"parameters": []})],
            [
                One(
                    "aws:docdb/clusterParameterGroup:ClusterParameterGroup",
                    {"parameters": [{"name": "tls", "value": "disabled"}]},
                )
            ],
            [One("aws:rds/parameterGroup:ParameterGroup", {"parameters": [{"name": "rds.force_ssl", "value": 0}]})],
        ],
        [One("aws:rds/parameterGroup:ParameterGroup", {"parameters": [{"name": "rds.force_ssl", "value": U}]})],
    ),
    "encryption-listeners": Case(
        [
            [One("aws:lb/listener:Listener", {"protocol": "HTTPS"})],
            [
                One(
                    "aws:lb/listener:Listener",
                    {"protocol": "HTTP", "defaultActions": [{"redirect": {"protocol": "HTTPS"}}]},
                )
            ],
            [One("aws:transfer/server:Server", {"protocols": ["SFTP"]})],
        ],
        [
            [One("aws:lb/listener:Listener", {"protocol": "HTTP"})],
            [One("azure-native:network:ApplicationGateway", {"httpListeners": [{"protocol": "Http"}]})],
            [One("aws:transfer/server:Server", {"protocols": ["SFTP", "FTP"]})],
            [One("azure-native:apimanagement:Backend", {"url": "http://x"})],
        ],
        [One("aws:lb/listener:Listener", {"protocol": U})],
    ),
    "encryption-configured": Case(
        [
            [One(EMR, emr())],
            [One("aws:ssm/document:Document", {"documentType": "Command", "content": "{}"})],
            [
                One(
                    "aws:ssm/document:Document",
                    {"documentType": "Session", "content": json.dumps({"inputs": {"kmsKeyId": "k"}})},
                )
            ],
        ],
        [
            [One(EMR, {"configuration": json.dumps({"EncryptionConfiguration": {}})})],
            [One(EMR, emr(EnableInTransitEncryption=False))],
            [
                One(
                    "aws:ssm/document:Document",
                    {"documentType": "Session", "content": json.dumps({"inputs": {"s3EncryptionEnabled": False}})},
                )
            ],
        ],
        [One("aws:ssm/document:Document", {"documentType": U, "content": "{}"})],
    ),
    "encryption-parameter-store": Case(
        [
            [One(PARAMETER, {"type": "SecureString", "keyId": U})],
            [One(PARAMETER, {"type": "String", "name": "/app/colour"})],
            [One(PARAMETER, {"type": "SecureString", "tags": {"data-class": "internal"}})],
        ],
        [
            [One(PARAMETER, {"type": "SecureString"})],
            [One(PARAMETER, {"type": "String", "name": "/app/db-password"})],
            [One(PARAMETER, {"type": "SecureString", "tags": {"data-class": "restricted"}})],
        ],
        [One(PARAMETER, {"type": U})],
    ),
}

BUDGET: dict[str, Case] = {
    "budget-tags": Case(
        [
            [One(VOLUME, {"tags": TAGS})],
            [One(VOLUME, {}, {"defaultTags": json.dumps({"tags": TAGS})})],
            [One("aws:s3/bucketPolicy:BucketPolicy", {})],
        ],
        [
            [One(VOLUME, {})],
            [One(GBUCKET, {"labels": {"owner": "a"}})],
            [One(VOLUME, {"tags": {**TAGS, "data-class": "Top Secret"}})],
        ],
        [One(VOLUME, {"tags": U})],
    ),
    "budget-gpu-owner": Case(
        of(DEPLOYMENT, pod(gpus="1", labels={OWNER: "a", CENTRE: "b"}), pod(), pod(labels={OWNER: "a"})),
        [
            *of(DEPLOYMENT, pod(gpus="1"), pod(gpus="2", labels={OWNER: "a"}), pod(gpus="1", labels={CENTRE: "b"})),
            *of(GROUP, group(pod(gpus="8"), pod(gpus="4"), 3), group(None, pod(gpus="8")), group(pod(), pod(gpus="1"))),
        ],
        [One(DEPLOYMENT, pod(gpus=U))],
    ),
    "budget-declared": Case(
        of(NAMESPACE, place({}, {B: "100"}), {}, {"metadata": {"labels": {}}}),
        of(NAMESPACE, place({}, {}), place({}, {B: "none"}), place({}, {B: "0"})),
        [One(NAMESPACE, place({}, {B: U}))],
    ),
    "budget-gpu-total": Case(
        [*of(DEPLOYMENT, pod(gpus="1"), pod(), pod(gpus="8")), *of(GROUP, group(pod(gpus="8"), pod(gpus="8")))],
        [
            *of(DEPLOYMENT, pod(gpus="9"), pod(gpus="100"), pod(gpus="16")),
            *of(GROUP, group(pod(gpus="8"), pod(gpus="8"), 3), group(None, pod(gpus="8"), 3)),
        ],
        [One(DEPLOYMENT, pod(gpus=U))],
    ),
    "budget-approval": Case(
        [
            [One(INSTANCE, {"instanceType": "g6e.xlarge"})],
            [
                One(
                    INSTANCE,
                    {
                        "instanceType": "p5.48xlarge",
                        "tags": {"gpu-approval": "X-1", "gpu-approval-expires": "2027-01-01"},
                    },
                )
            ],
            [One("azure-native:compute:VirtualMachine", {"vmSize": "Standard_ND96is_H100_v5"})],
        ],
        [
            [One(INSTANCE, {"instanceType": "p5.48xlarge"})],
            [
                One(
                    INSTANCE,
                    {
                        "instanceType": "p5.48xlarge",
                        "tags": {"gpu-approval": "X-1", "gpu-approval-expires": "2026-01-01"},
                    },
                )
            ],
            [One("aws:eks/nodeGroup:NodeGroup", {"instanceTypes": ["m7i.large", "p4d.24xlarge"]})],
        ],
        [One(INSTANCE, {"instanceType": "p5.48xlarge", "tags": U})],
        {
            "today": "2026-11-23",
            "approval_above_usd_hour": 15,
            "approvals": [
                {"accelerator": "Standard_ND96is_H100_v5", "owner": "o", "reason": "r", "expires": "2026-12-31"}
            ],
        },
    ),
    "budget-alerts": Case(
        [
            [
                One(INSTANCE, {"instanceType": "p5.48xlarge"}),
                One("aws:budgets/budget:Budget", {"notifications": [{}, {"x": 1}]}, name="b"),
            ],
            [One(INSTANCE, {"instanceType": "m7i.large"})],
            [One(DEPLOYMENT, pod(gpus="1"))],
        ],
        [
            [One(INSTANCE, {"instanceType": "p5.48xlarge"})],
            [
                One(INSTANCE, {"instanceType": "p5.48xlarge"}),
                One("aws:budgets/budget:Budget", {"limitAmount": "1"}, name="b"),
            ],
            [
                One(INSTANCE, {"instanceType": "p5.48xlarge"}),
                One("gcp:billing/budget:Budget", {"thresholdRules": [{"x": 1}]}, name="b"),
            ],
        ],
        [],
    ),
    "budget-monthly-cost": Case(
        [
            [One(INSTANCE, P5), spend("aws:budgets/budget:Budget", limitAmount="60000", timeUnit="MONTHLY")],
            [One(INSTANCE, P5)],
            [One(INSTANCE, P5), spend("aws:budgets/budget:Budget", limitAmount="60000", timeUnit="ANNUALLY")],
            [One(DEPLOYMENT, pod(gpus="1")), spend("aws:budgets/budget:Budget", limitAmount="1", timeUnit="MONTHLY")],
            [
                One(NODES, {"instanceTypes": ["p5.48xlarge"], "scalingConfig": {"desiredSize": 0, "maxSize": 4}}),
                spend("aws:budgets/budget:Budget", limitAmount="1", timeUnit="MONTHLY"),
            ],
            [
                One(
                    "gcp:container/nodePool:NodePool",
                    {
                        "nodeCount": 2,
                        "autoscaling": {"totalMinNodeCount": 0, "totalMaxNodeCount": 4},
                        "nodeConfig": {"machineType": "a3-highgpu-8g"},
                    },
                ),
                spend("gcp:billing/budget:Budget", amount={"specifiedAmount": {"units": "9000"}}),
            ],
            [
                One(
                    "azure-native:containerservice:AgentPool",
                    {"count": 3, "minCount": 0, "vmSize": "Standard_ND96is_H100_v5"},
                ),
                spend("azure-native:consumption:Budget", amount=500, timeGrain="Monthly"),
            ],
        ],
        [
            [One(INSTANCE, P5), spend("aws:budgets/budget:Budget", limitAmount="5000", timeUnit="MONTHLY")],
            [
                One(NODES, {"instanceTypes": ["p5.48xlarge"], "scalingConfig": {"minSize": 2}}),
                spend("aws:budgets/budget:Budget", limitAmount="60000", timeUnit="MONTHLY"),
            ],
            [
                One(
                    "gcp:container/nodePool:NodePool", {"nodeCount": 2, "nodeConfig": {"machineType": "a3-highgpu-8g"}}
                ),
                spend("gcp:billing/budget:Budget", amount={"specifiedAmount": {"units": "9000"}}),
            ],
            [
                One("azure-native:containerservice:AgentPool", {"count": 1, "vmSize": "Standard_ND96is_H100_v5"}),
                spend("azure-native:consumption:Budget", amount=500, timeGrain="Monthly"),
            ],
            [
                One(
                    "gcp:container/nodePool:NodePool",
                    {
                        "nodeCount": 0,
                        "autoscaling": {"totalMinNodeCount": 2},
                        "nodeConfig": {"machineType": "a3-highgpu-8g"},
                    },
                ),
                spend("gcp:billing/budget:Budget", amount={"specifiedAmount": {"units": "9000"}}),
            ],
        ],
        [One(INSTANCE, P5), spend("aws:budgets/budget:Budget", limitAmount=U, timeUnit="MONTHLY")],
    ),
    "budget-idle-disk": Case(
        [
            [
                One(VOLUME, {}),
                One("aws:ec2/volumeAttachment:VolumeAttachment", {}, {}, {"volumeId": [URN.format(VOLUME, "it")]}, "n"),
            ],
            [One("gcp:compute/disk:Disk", {"users": ["vm"]})],
            [One(EIP, {})],
            [
                One("gcp:compute/disk:Disk", {}, name="d"),
                One(f"{K}core/v1:PersistentVolume", {"spec": {"csi": {"volumeHandle": "projects/p/zones/z/disks/d"}}}),
            ],
        ],
        [
            [One(VOLUME, {})],
            [One("gcp:compute/disk:Disk", {"size": 10})],
            [One("azure-native:compute:Disk", {"diskSizeGB": 10})],
        ],
        [],
    ),
    "budget-idle-address": Case(
        [
            [One(EIP, {"instance": U})],
            [
                One(EIP, {}),
                One("aws:ec2/natGateway:NatGateway", {}, {}, {"allocationId": [URN.format(EIP, "it")]}, "n"),
            ],
            [One(VOLUME, {})],
            [One("gcp:compute/address:Address", {"addressType": "INTERNAL"})],
        ],
        [
            [One(EIP, {})],
            [One(EIP, {"domain": "vpc"})],
            [One(EIP, {}), One("aws:ec2/natGateway:NatGateway", {}, name="n")],
            [One("gcp:compute/address:Address", {})],
            [One("azure-native:network:PublicIPAddress", {})],
        ],
        [],
    ),
    "budget-nights": Case(
        [
            [One(DEPLOYMENT, pod(gpus="1"))],
            [One(DEPLOYMENT, pod(labels={"environment": "dev"}))],
            [
                One(DEPLOYMENT, pod(gpus="1", labels={"environment": "dev"})),
                One(
                    f"{K}keda.sh/v1alpha1:ScaledObject",
                    {"spec": {"scaleTargetRef": {"name": "x"}, "minReplicaCount": 0}},
                    name="s",
                ),
            ],
        ],
        [
            [One(DEPLOYMENT, pod(gpus="1", labels={"environment": "dev"}))],
            [One(DEPLOYMENT, pod(gpus="1", labels={"environment": "test"}))],
            [
                One(DEPLOYMENT, pod(gpus="1", labels={"environment": "dev"})),
                One(SCALER, {"spec": {"scaleTargetRef": {"name": "x"}, "minReplicas": 1}}, name="s"),
            ],
        ],
        [One(DEPLOYMENT, pod(gpus=U, labels={"environment": "dev"}))],
    ),
}

AI: dict[str, Case] = {
    "ai-image-pinned": Case(
        of(DEPLOYMENT, pod(image="a/b:1.2"), pod(image="r:5000/a/b:1"), pod(image="a@sha256:abc")),
        [
            *of(DEPLOYMENT, pod(image="a/b:latest"), pod(image="r:5000/a/b"), pod(image="a:nightly")),
            *of(GROUP, group(pod(image="a:1"), pod(image="a/b:latest")), group(None, pod(image="a:edge"))),
        ],
        [One(DEPLOYMENT, pod(image=U))],
    ),
    "ai-no-remote-code": Case(
        of(DEPLOYMENT, pod(args=["--model=x"]), pod(args=["--trust-remote-code=false"]), pod()),
        of(
            DEPLOYMENT,
            pod(args=["--trust-remote-code"]),
            pod(command=["/bin/sh", "-c", "vllm serve x --trust_remote_code"]),
            pod([{"name": "HF_TRUST_REMOTE_CODE", "value": "True"}]),
        ),
        [One(DEPLOYMENT, pod(args=[U]))],
    ),
    "ai-model-provenance": Case(
        of(DEPLOYMENT, pod(gpus="1", notes={LICENCE: "mit", SOURCE: "x"}), pod(image="a/web:1"), pod(image="a/db:1")),
        of(
            DEPLOYMENT,
            pod(gpus="1"),
            pod(gpus="1", notes={LICENCE: "mit"}),
            pod(gpus="1", notes={LICENCE: "cc-by-nc-4.0", SOURCE: "x"}),
        ),
        [One(DEPLOYMENT, pod(gpus="1", notes=U))],
        {"refused_licences": ["CC-BY-NC-4.0"]},
    ),
    "ai-probes": Case(
        of(
            DEPLOYMENT,
            pod(gpus="1", **PROBES),
            pod(image="a/web:1"),
            pod(gpus="1", notes={"domicile.dev/weights-gib": "200"}, **PROBES),
        )
        # who stands behind a leader is asked nothing
        + of(GROUP, group(pod(gpus="1", **PROBES), pod(gpus="1"))),
        of(
            DEPLOYMENT,
            pod(gpus="1"),
            pod(gpus="1", readinessProbe={"x": 1}),
            pod(gpus="1", notes={"domicile.dev/weights-gib": "400"}, **PROBES),
        )
        + of(GROUP, group(pod(gpus="1"), pod(gpus="1", **PROBES)), group(None, pod(gpus="1"))),
        [One(DEPLOYMENT, pod(gpus=U))],
    ),
    "ai-reserved-kept": Case(
        of(
            POOL,
            *(
                {
                    "spec": {
                        "template": {
                            "spec": {"requirements": [{"key": "karpenter.sh/capacity-type", "values": [kind]}]}
                        },
                        "disruption": how,
                    }
                }
                for kind, how in (
                    ("reserved", {"budgets": [{"nodes": "0"}]}),
                    ("reserved", {"consolidateAfter": "Never"}),
                    ("spot", {}),
                )
            ),
        ),
        of(
            POOL,
            *(
                {
                    "spec": {
                        "template": {
                            "spec": {"requirements": [{"key": "karpenter.sh/capacity-type", "values": ["reserved"]}]}
                        },
                        "disruption": how,
                    }
                }
                for how in ({}, {"consolidateAfter": "30s"}, {"budgets": [{"nodes": "10%"}]})
            ),
        ),
        [One(POOL, {"spec": U})],
    ),
    "ai-authenticated": Case(
        of(
            INGRESS,
            ingress(["a"], ["a"], {"nginx.ingress.kubernetes.io/auth-url": "x"}),
            ingress(["a"], ["a"], service="gateway"),
            ingress([], [], {"x/auth-type": "b"}),
        ),
        of(INGRESS, ingress(["a"], ["a"]), ingress(["a", "b"], []), ingress(["a"], ["a"], {"x": "y"})),
        [One(INGRESS, {"metadata": {"annotations": U}})],
    ),
    "ai-not-exposed": Case(
        of(
            SERVICE,
            {"spec": {"type": "ClusterIP"}},
            {"spec": {}},
            {
                "metadata": {"annotations": {"networking.gke.io/load-balancer-type": "Internal"}},
                "spec": {"type": "LoadBalancer"},
            },
        ),
        of(
            SERVICE,
            {"spec": {"type": "LoadBalancer"}},
            {
                "metadata": {"annotations": {"service.beta.kubernetes.io/aws-load-balancer-scheme": "internet-facing"}},
                "spec": {"type": "LoadBalancer"},
            },
            {
                "metadata": {"annotations": {"service.beta.kubernetes.io/azure-load-balancer-internal": "false"}},
                "spec": {"type": "LoadBalancer"},
            },
        ),
        [One(SERVICE, {"spec": {"type": U}})],
    ),
    "ai-fallback": Case(
        of(
            MAP,
            gateway(base("http://a/v1"), base("http://b/v1")),
            gateway(base("http://a/v1"), fallbacks=[{"chat": ["spare"]}]),
            gateway(base("http://a/v1"), default_fallbacks=["spare"]),
        ),
        of(
            MAP,
            gateway(base("http://a/v1")),
            gateway(base("http://a/v1"), base("http://b/v1", alias="other")),
            gateway(base("http://a/v1"), fallbacks=[{"other": ["spare"]}]),
        ),
        [One(MAP, {"data": {"config.yaml": U}})],
    ),
    "ai-rate-limit": Case(
        of(
            MAP,
            gateway(base("http://a/v1", rpm=1)),
            gateway(base("http://a/v1"), max_budget=1),
            gateway(base("http://a/v1", max_parallel_requests=9)),
        ),
        of(
            MAP,
            gateway(base("http://a/v1")),
            gateway(base("http://a/v1", rpm=1), base("http://b/v1")),
            gateway(base("http://a/v1"), num_retries=1),
        ),
        [One(MAP, {"data": {"config.yaml": U}})],
    ),
    "ai-no-hard-coded-endpoint": Case(
        of(
            DEPLOYMENT,
            pod([{"name": "OPENAI_BASE_URL", "value": "http://gateway:4000/v1"}]),
            pod([{"name": "HOME_URL", "value": "https://example.com"}]),
            pod([{"name": "OPENAI_BASE_URL", "value": "https://llm.example.com/v1"}]),
        ),
        of(
            DEPLOYMENT,
            pod([{"name": "OPENAI_BASE_URL", "value": "https://api.openai.com/v1"}]),
            pod([{"name": "AZURE_API_BASE", "value": "https://x.openai.azure.com"}]),
            pod([{"name": "openai_base_url", "value": "https://a.b"}]),
        ),
        [One(DEPLOYMENT, pod([{"name": "OPENAI_BASE_URL", "value": U}]))],
        {"allowed_hosts": ["llm.example.com"]},
    ),
    "ai-high-risk": Case(
        of(
            NAMESPACE,
            place(
                {"domicile.dev/risk-class": "high"},
                {"domicile.dev/audit-log": "s3", "domicile.dev/human-review": "team"},
            ),
            place({"domicile.dev/risk-class": "limited"}, {}),
            place({}, {"domicile.dev/risk-class": "minimal"}),
        ),
        of(
            NAMESPACE,
            place({"domicile.dev/risk-class": "high"}, {}),
            place({}, {"domicile.dev/risk-class": "High", "domicile.dev/audit-log": "s3"}),
            place({}, {}),
        ),
        [One(NAMESPACE, {"metadata": {"labels": U}})],
        {"profiles": ["eu-ai-act"]},
    ),
    "ai-approvals": Case(
        of(
            NAMESPACE,
            place({}, {}),
            place({}, {"domicile.dev/approvals-needed": ""}),
            place(
                {},
                {
                    "domicile.dev/approvals-needed": "finance data",
                    "domicile.dev/approved-by-finance": "f@example.com until 2027-06-30: 5,000 USD a month",
                    "domicile.dev/approved-by-data": "d@example.com until 2026-11-23: confidential data in DE",
                },
            ),
        ),
        of(
            NAMESPACE,
            place({}, {"domicile.dev/approvals-needed": "finance"}),
            place(
                {},
                {
                    "domicile.dev/approvals-needed": "data",
                    "domicile.dev/approved-by-finance": "f@x.org until 2027-06-30",
                },
            ),
            place(
                {},
                {
                    "domicile.dev/approvals-needed": "data",
                    "domicile.dev/approved-by-data": "d@x.org until 2026-11-22: it",
                },
            ),
            place(
                {},
                {
                    "domicile.dev/approvals-needed": "data",
                    "domicile.dev/approved-by-data": "d@x.org until 2026-13-40: it",
                },
            ),
            place({}, {"domicile.dev/approvals-needed": "data", "domicile.dev/approved-by-data": "d@x.org for ever"}),
        ),
        [One(NAMESPACE, {"metadata": {"annotations": U}})],
        {"today": "2026-11-23"},
    ),
    "ai-dates-kept": Case(
        of(
            NAMESPACE,
            place({}, {}),
            place({}, {"domicile.dev/expires": "2026-11-23", "domicile.dev/review-on": "2027-01-01"}),
            place({}, {"domicile.dev/review-on": "2026-11-23"}),
        ),
        of(
            NAMESPACE,
            place({}, {"domicile.dev/expires": "2026-11-22"}),
            place({}, {"domicile.dev/review-on": "2026-11-22", "domicile.dev/expires": "2027-11-22"}),
            place({}, {"domicile.dev/review-on": "next year"}),
        ),
        [One(NAMESPACE, {"metadata": {"annotations": U}})],
        {"today": "2026-11-23"},
    ),
    "ai-rollback": Case(
        of(DEPLOYMENT, pod(), pod(spec={"revisionHistoryLimit": 3}), pod(spec={"revisionHistoryLimit": 1})),
        of(
            DEPLOYMENT,
            pod(spec={"revisionHistoryLimit": 0}),
            pod(gpus="1", spec={"revisionHistoryLimit": 0}),
            pod(spec={"revisionHistoryLimit": "0"}),
        ),
        [One(DEPLOYMENT, pod(spec={"revisionHistoryLimit": U}))],
    ),
    "ai-autoscaling-bounds": Case(
        of(
            SCALER,
            {"spec": {"minReplicas": 1, "maxReplicas": 4}},
            {"spec": {"maxReplicas": 4}},
            {"spec": {"minReplicas": 0, "maxReplicas": 1}},
        ),
        of(SCALER, {"spec": {"minReplicas": 1}}, {"spec": {"minReplicas": 2, "maxReplicas": 2}}, {"spec": {}}),
        [One(SCALER, {"spec": {"maxReplicas": U}})],
    ),
}
CASES: dict[str, dict[str, Case]] = {"residency": RESIDENCY, "encryption": ENCRYPTION, "budget": BUDGET, "ai": AI}

"""Further leaks of residency: in documents, scripts and variables, and in corners of the clouds."""

import base64
import json
from collections.abc import Iterator

from leaks import Places, aws, azure, env, gcp, k8s, model, pod
from rule_cases import One


def on_aws(at: Places, home: Places) -> Iterator[tuple[str, One]]:
    """Of AWS."""
    h, a = home.aws, at.aws
    yield "rds cluster repl", aws("rds/cluster:Cluster", h, replicationSourceIdentifier=f"arn:aws:rds:{a}:1:cluster:x")
    yield (
        "glue jdbc",
        aws(
            "glue/connection:Connection",
            h,
            connectionProperties={"JDBC_CONNECTION_URL": f"jdbc:postgresql://x.abc.{a}.rds.amazonaws.com:5432/d"},
        ),
    )
    yield (
        "sns sub",
        aws(
            "sns/topicSubscription:TopicSubscription",
            h,
            protocol="sqs",
            endpoint=f"arn:aws:sqs:{a}:1:q",
            topic=f"arn:aws:sns:{h}:1:t",
        ),
    )
    yield "lambda env", aws("lambda/function:Function", h, environment={"variables": {"BEDROCK_REGION": a}})
    yield (
        "inference profile",
        aws(
            "bedrock/inferenceProfile:InferenceProfile",
            h,
            modelSource={"copyFrom": f"arn:aws:bedrock:{h}:1:inference-profile/{model(at)}"},
        ),
    )
    yield (
        "sagemaker image",
        aws("sagemaker/model:Model", h, primaryContainer={"image": f"1.dkr.ecr.{a}.amazonaws.com/x:1"}),
    )
    yield (
        "datasync",
        aws(
            "datasync/task:Task",
            h,
            sourceLocationArn=f"arn:aws:datasync:{h}:1:location/loc-1",
            destinationLocationArn=f"arn:aws:datasync:{a}:1:location/loc-2",
        ),
    )
    yield "dms", aws("dms/endpoint:Endpoint", h, serverName=f"x.{a}.rds.amazonaws.com")
    yield (
        "msk replicator",
        aws(
            "msk/replicator:Replicator",
            h,
            kafkaClusters=[{"amazonMskCluster": {"mskClusterArn": f"arn:aws:kafka:{a}:1:cluster/x"}}],
        ),
    )
    yield (
        "os conn",
        aws(
            "opensearch/outboundConnection:OutboundConnection",
            h,
            remoteDomainInfo={"region": a, "domainName": "x", "ownerId": "1"},
        ),
    )
    yield (
        "keyspaces",
        aws(
            "keyspaces/keyspace:Keyspace",
            h,
            replicationSpecification={"replicationStrategy": "MULTI_REGION", "regionLists": [h, a]},
        ),
    )
    yield (
        "metric stream",
        aws("cloudwatch/metricStream:MetricStream", h, firehoseArn=f"arn:aws:firehose:{a}:1:deliverystream/x"),
    )
    yield "oam", aws("oam/link:Link", h, sinkIdentifier=f"arn:aws:oam:{a}:1:sink/x")
    yield "ssm sync", aws("ssm/resourceDataSync:ResourceDataSync", h, s3Destination={"bucketName": "x", "region": a})
    yield "vpc peer", aws("ec2/vpcPeeringConnection:VpcPeeringConnection", h, peerRegion=a)
    yield "tgw", aws("ec2transitgateway/peeringAttachment:PeeringAttachment", h, peerRegion=a)
    yield (
        "core network",
        aws(
            "networkmanager/coreNetworkPolicyAttachment:CoreNetworkPolicyAttachment",
            h,
            policyDocument=json.dumps(
                {
                    "version": "2021.12",
                    "core-network-configuration": {"edge-locations": [{"location": h}, {"location": a}]},
                }
            ),
        ),
    )
    yield (
        "ecs",
        aws(
            "ecs/taskDefinition:TaskDefinition",
            h,
            containerDefinitions=json.dumps(
                [{"name": "a", "image": "a/b:1", "environment": [{"name": "REGION", "value": a}]}]
            ),
        ),
    )
    yield (
        "ecs logs",
        aws(
            "ecs/taskDefinition:TaskDefinition",
            h,
            containerDefinitions=json.dumps(
                [
                    {
                        "name": "a",
                        "image": "a/b:1",
                        "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-region": a}},
                    }
                ]
            ),
        ),
    )
    yield (
        "cfn",
        aws(
            "cloudformation/stack:Stack",
            h,
            templateBody=json.dumps(
                {
                    "Resources": {
                        "T": {"Type": "AWS::DynamoDB::GlobalTable", "Properties": {"Replicas": [{"Region": a}]}}
                    }
                }
            ),
        ),
    )
    yield (
        "cfn yaml",
        aws(
            "cloudformation/stack:Stack",
            h,
            templateBody=f"Resources:\n  T:\n    Type: AWS::DynamoDB::GlobalTable\n    Properties:\n      Replicas:\n        - Region: {a}\n",
        ),
    )
    yield (
        "stackset",
        aws("cloudformation/stackSetInstance:StackSetInstance", h, stackSetName="x", stackSetInstanceRegion=a),
    )
    yield "user data", aws("ec2/instance:Instance", h, userData=f"#!/bin/sh\naws s3 sync /data s3://x --region {a}\n")
    yield (
        "user data export",
        aws("ec2/launchTemplate:LaunchTemplate", h, userData=f"#!/bin/sh\nexport AWS_DEFAULT_REGION={a}\n"),
    )
    yield (
        "user data b64",
        aws(
            "ec2/launchTemplate:LaunchTemplate",
            h,
            userData=base64.b64encode(f"#!/bin/sh\naws s3 sync /d s3://x --region {a}\n".encode()).decode(),
        ),
    )
    yield "route53 resolver", aws("opensearchserverless/collection:Collection", h, region=a, name="x")
    yield "neptune", aws("neptune/cluster:Cluster", h, replicationSourceIdentifier=f"arn:aws:rds:{a}:1:cluster:n")
    yield (
        "docdb snapshot",
        aws(
            "rds/clusterSnapshotCopy:ClusterSnapshotCopy",
            h,
            sourceDbClusterSnapshotIdentifier=f"arn:aws:rds:{h}:1:cluster-snapshot:x",
            destinationRegion=a,
        ),
    )
    yield "fsx backup copy", aws("fsx/openZfsVolume:OpenZfsVolume", a, name="x")
    yield "kendra", aws("kendra/index:Index", a, name="x")
    yield "quicksight", aws("quicksight/account:AccountSubscription", h, awsRegion=a)
    yield (
        "security hub agg",
        aws(
            "securityhub/findingAggregator:FindingAggregator", h, linkingMode="SPECIFIED_REGIONS", specifiedRegions=[a]
        ),
    )
    yield (
        "config agg",
        aws(
            "cfg/configurationAggregator:ConfigurationAggregator",
            h,
            accountAggregationSource={"accountIds": ["1"], "regions": [a]},
        ),
    )
    yield (
        "eventbridge endpoint",
        aws("cloudwatch/eventEndpoint:EventEndpoint", h, routingConfig={"failoverConfig": {"secondary": {"route": a}}}),
    )
    yield (
        "appsync",
        aws("appsync/dataSource:DataSource", h, httpConfig={"endpoint": f"https://bedrock-runtime.{a}.amazonaws.com"}),
    )
    yield (
        "apigw",
        aws("apigateway/integration:Integration", h, uri=f"arn:aws:apigateway:{a}:lambda:path/2015-03-31/functions/x"),
    )
    yield (
        "sfn",
        aws(
            "sfn/stateMachine:StateMachine",
            h,
            definition=json.dumps(
                {
                    "States": {
                        "A": {
                            "Type": "Task",
                            "Resource": "arn:aws:states:::bedrock:invokeModel",
                            "Parameters": {"ModelId": f"arn:aws:bedrock:{a}::foundation-model/x"},
                        }
                    }
                }
            ),
        ),
    )


def on_gcp(at: Places, home: Places) -> Iterator[tuple[str, One]]:
    """Of Google Cloud."""
    abroad = at is not home
    g, gh = at.gcp, home.gcp
    yield "bq transfer", gcp("bigquery/dataTransferConfig:DataTransferConfig", location=g)
    yield (
        "alloydb",
        gcp(
            "alloydb/cluster:Cluster",
            location=gh,
            secondaryConfig={"primaryClusterName": f"projects/p/locations/{g}/clusters/c"},
        ),
    )
    yield (
        "redis ccr",
        gcp(
            "redis/cluster:Cluster",
            region=gh,
            crossClusterReplicationConfig={"secondaryClusters": [{"cluster": f"projects/p/locations/{g}/clusters/c"}]},
        ),
    )
    yield "spanner multi", gcp("spanner/instance:Instance", config=("nam3" if abroad else f"regional-{gh}"))
    yield "firestore multi", gcp("firestore/database:Database", locationId=("nam5" if abroad else gh))
    yield "ar multi", gcp("artifactregistry/repository:Repository", location=("us" if abroad else gh))
    yield (
        "snapshot policy",
        gcp(
            "compute/resourcePolicy:ResourcePolicy",
            region=gh,
            snapshotSchedulePolicy={"snapshotProperties": {"storageLocations": ("us" if abroad else gh)}},
        ),
    )
    yield (
        "push",
        gcp("pubsub/subscription:Subscription", pushConfig={"pushEndpoint": f"https://{g}-p.cloudfunctions.net/x"}),
    )
    yield (
        "run url",
        gcp("pubsub/subscription:Subscription", pushConfig={"pushEndpoint": f"https://svc-123.{g}.run.app/x"}),
    )
    yield "docai", gcp("documentai/processor:Processor", location=("us" if abroad else gh))
    yield "bigtable", gcp("bigtable/instance:Instance", clusters=[{"clusterId": "c", "zone": f"{g}-b"}])
    yield "appengine", gcp("appengine/application:Application", locationId=("us-central" if abroad else gh))
    yield "gke", gcp("container/cluster:Cluster", location=f"{g}-a")
    yield "gke nodes", gcp("container/cluster:Cluster", location=gh, nodeLocations=[f"{g}-a"])
    yield (
        "vertex env",
        gcp(
            "cloudrunv2/service:Service",
            location=gh,
            template={"containers": [{"image": "x", "envs": [{"name": "GOOGLE_CLOUD_LOCATION", "value": g}]}]},
        ),
    )
    yield (
        "vertex global env",
        gcp(
            "cloudrunv2/service:Service",
            location=gh,
            template={
                "containers": [
                    {"image": "x", "envs": [{"name": "GOOGLE_CLOUD_LOCATION", "value": "global" if abroad else gh}]}
                ]
            },
        ),
    )
    yield "gkebackup", gcp("gkebackup/backupPlan:BackupPlan", location=g, cluster="x")
    yield (
        "filestore",
        gcp(
            "filestore/instance:Instance",
            location=gh,
            initialReplication={"replicas": [{"peerInstance": f"projects/p/locations/{g}/instances/i"}]},
        ),
    )
    yield (
        "netapp",
        gcp(
            "netapp/volumeReplication:VolumeReplication",
            location=gh,
            destinationVolumeParameters={"storagePool": f"projects/p/locations/{g}/storagePools/s"},
        ),
    )
    yield "sql replica", gcp("sql/databaseInstance:DatabaseInstance", region=g, masterInstanceName="x")
    yield "dataproc", gcp("dataproc/cluster:Cluster", region=g)
    yield "healthcare", gcp("healthcare/dataset:Dataset", location=g)
    yield (
        "eventarc",
        gcp("eventarc/trigger:Trigger", location=gh, destinations={"cloudRunService": {"service": "x", "region": g}}),
    )
    yield "cloudbuild", gcp("cloudbuild/trigger:Trigger", location=g)
    yield "subnet", gcp("compute/subnetwork:Subnetwork", region=g, ipCidrRange="10.0.0.0/8")


def on_azure(at: Places, home: Places) -> Iterator[tuple[str, One]]:
    """Of Azure."""
    abroad = at is not home
    z, zh = at.azure, home.azure
    yield "redis link", azure("redis:LinkedServer", linkedRedisCacheLocation=z)
    yield (
        "eventhub geo",
        azure("eventhub:Namespace", location=zh, geoDataReplication={"locations": [{"locationName": z}]}),
    )
    yield (
        "cosmos backup",
        azure(
            "cosmosdb:DatabaseAccount",
            location="brazilsouth" if abroad else zh,
            backupPolicy={
                "type": "Periodic",
                "periodicModeProperties": {"backupStorageRedundancy": "Geo" if abroad else "Local"},
            },
        ),
    )
    yield "appconf", azure("appconfiguration:Replica", location=z)
    yield (
        "cog regions",
        azure(
            "cognitiveservices:Account", location=zh, properties={"locations": {"regions": [{"name": z, "value": 1}]}}
        ),
    )
    yield "netapp az", azure("netapp:Volume", location=zh, dataProtection={"replication": {"remoteVolumeRegion": z}})
    yield (
        "apim",
        azure(
            "apimanagement:ApiManagementService",
            location=zh,
            additionalLocations=[{"location": z, "sku": {"name": "Premium"}}],
        ),
    )
    yield (
        "acs",
        azure(
            "communication:CommunicationService",
            location="global",
            dataLocation="United States" if abroad else {"ap-south-1": "India"}.get(home.aws, "Germany"),
        ),
    )
    yield "signalr", azure("signalrservice:SignalRReplica", location=z)
    yield "maas", k8s("apps/v1:Deployment", spec=env("BASE", f"https://x.{z}.models.ai.azure.com"))
    yield "cog host", k8s("apps/v1:Deployment", spec=env("BASE", f"https://{z}.api.cognitive.microsoft.com"))
    yield "diag", azure("insights:DiagnosticSetting", eventHubAuthorizationRuleId="x", workspaceId="y", location=z)
    yield (
        "postgres geo",
        azure(
            "dbforpostgresql:Server",
            location="brazilsouth" if abroad else zh,
            backup={"geoRedundantBackup": "Enabled" if abroad else "Disabled"},
        ),
    )
    yield (
        "sql mi",
        azure(
            "sql:ManagedInstance",
            location=zh if not abroad else "brazilsouth",
            requestedBackupStorageRedundancy="Geo" if abroad else "Local",
        ),
    )
    yield (
        "vault crr",
        azure(
            "recoveryservices:Vault",
            location=zh if not abroad else "brazilsouth",
            properties={
                "redundancySettings": {
                    "crossRegionRestore": "Enabled" if abroad else "Disabled",
                    "standardTierStorageRedundancy": "GeoRedundant" if abroad else "LocallyRedundant",
                }
            },
        ),
    )
    yield (
        "siterecovery",
        azure(
            "recoveryservices:ReplicationFabric", properties={"customDetails": {"instanceType": "Azure", "location": z}}
        ),
    )
    yield "batch sku", azure("cognitiveservices:Deployment", sku={"name": "GlobalBatch" if abroad else "Standard"})


def on_kubernetes(at: Places, home: Places) -> Iterator[tuple[str, One]]:
    """Of Kubernetes."""
    del home
    a, g = at.aws, at.gcp
    yield "velero", k8s("velero.io/v1:BackupStorageLocation", spec={"provider": "aws", "config": {"region": a}})
    yield (
        "secretstore",
        k8s(
            "external-secrets.io/v1:SecretStore", spec={"provider": {"aws": {"service": "SecretsManager", "region": a}}}
        ),
    )
    yield "crossplane", k8s("s3.aws.upbound.io/v1beta1:Bucket", spec={"forProvider": {"region": a}})
    yield (
        "karpenter",
        k8s(
            "karpenter.sh/v1:NodePool",
            spec={
                "template": {
                    "spec": {
                        "requirements": [{"key": "topology.kubernetes.io/zone", "operator": "In", "values": [f"{a}a"]}]
                    }
                }
            },
        ),
    )
    yield (
        "serviceentry",
        k8s("networking.istio.io/v1:ServiceEntry", spec={"hosts": [at.api], "location": "MESH_EXTERNAL"}),
    )
    yield "cilium", k8s("cilium.io/v2:CiliumNetworkPolicy", spec={"egress": [{"toFQDNs": [{"matchName": at.api}]}]})
    yield (
        "remote write",
        k8s(
            "monitoring.coreos.com/v1:Prometheus",
            spec={
                "remoteWrite": [{"url": f"https://aps-workspaces.{a}.amazonaws.com/workspaces/x/api/v1/remote_write"}]
            },
        ),
    )
    yield (
        "objstore",
        k8s("core/v1:Secret", stringData={"objstore.yml": f"type: S3\nconfig:\n  bucket: x\n  region: {a}\n"}),
    )
    yield "properties", k8s("core/v1:ConfigMap", data={"application.properties": f"cloud.aws.region.static={a}\n"})
    yield "toml", k8s("core/v1:ConfigMap", data={"c.toml": f'[s3]\nregion = "{a}"\n'})
    yield "json", k8s("core/v1:ConfigMap", data={"c.json": json.dumps({"bedrock": {"region": a}})})
    yield (
        "args one string",
        k8s("apps/v1:Deployment", spec=pod(command=["sh", "-c", f"aws s3 cp /x s3://y --region {a}"])),
    )
    yield "args eq", k8s("apps/v1:Deployment", spec=pod(args=[f"--aws-region={a}"]))
    yield (
        "secret b64",
        k8s(
            "core/v1:Secret",
            data={"URL": base64.b64encode(f"postgres://u:p@db.{a}.rds.amazonaws.com/x".encode()).decode()},
        ),
    )
    yield (
        "init image",
        k8s(
            "apps/v1:Deployment",
            spec={
                "template": {
                    "spec": {
                        "initContainers": [{"name": "i", "image": f"1.dkr.ecr.{a}.amazonaws.com/x:1"}],
                        "containers": [],
                    }
                }
            },
        ),
    )
    yield (
        "route host",
        k8s(
            "gateway.networking.k8s.io/v1:HTTPRoute",
            spec={"rules": [{"filters": [{"type": "URLRewrite", "urlRewrite": {"hostname": at.api}}]}]},
        ),
    )
    yield "helm", k8s("helm.sh/v3:Release", chart="x", values={"loki": {"storage": {"s3": {"region": a}}}})
    yield (
        "knative",
        k8s(
            "serving.kserve.io/v1beta1:InferenceService",
            spec={"predictor": {"model": {"env": [{"name": "VERTEX_LOCATION", "value": g}]}}},
        ),
    )
    yield (
        "otel CR",
        k8s(
            "opentelemetry.io/v1beta1:OpenTelemetryCollector",
            spec={"config": {"exporters": {"awsxray": {"region": a}}}},
        ),
    )
    yield (
        "fluentbit",
        k8s("core/v1:ConfigMap", data={"fluent-bit.conf": f"[OUTPUT]\n    Name cloudwatch_logs\n    region {a}\n"}),
    )
    yield (
        "litellm vertex",
        k8s(
            "core/v1:ConfigMap",
            data={
                "config.yaml": json.dumps(
                    {
                        "model_list": [
                            {"model_name": "m", "litellm_params": {"model": "vertex_ai/gemini", "vertex_location": g}}
                        ]
                    }
                )
            },
        ),
    )
    yield "node", k8s("core/v1:Node", metadata={"labels": {"topology.kubernetes.io/region": a}})
    yield (
        "snowflake",
        k8s(
            "apps/v1:Deployment",
            spec=env(
                "SF",
                {
                    "us-east-1": "https://xy.east-us-2.azure.snowflakecomputing.com",
                    "ap-southeast-1": "https://xy.southeast-asia.azure.snowflakecomputing.com",
                    "ap-south-1": "https://xy.central-india.azure.snowflakecomputing.com",
                }.get(a, "https://xy.eu-central-1.snowflakecomputing.com"),
            ),
        ),
    )


FURTHER = (on_aws, on_gcp, on_azure, on_kubernetes)

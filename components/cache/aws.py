"""A cache on AWS: ElastiCache for Valkey."""

import pulumi_aws as aws
import pulumi_random as random
from pulumi import Output, ResourceOptions

from components.cache.contract import CacheArgs
from components.clouds.aws import wall
from components.core import Component

PORT = 6379
#: node types by the memory they have, GiB; source: AWS, "Supported node types"
NODES = ((3, "cache.m7g.large"), (6, "cache.m7g.large"), (12, "cache.m7g.xlarge"), (26, "cache.m7g.2xlarge"))
LARGEST = "cache.r7g.4xlarge"


class AwsCache(Component):
    """See the module."""

    TOKEN = "domicile:cache/aws:Cache"  # noqa: S105 a type token
    endpoint: Output[str]
    port: Output[int]
    secret: Output[str]
    resource: Output[str]

    def __init__(self, name: str, args: CacheArgs, opts: ResourceOptions | None = None) -> None:
        """Create the cache."""
        super().__init__(name, args, opts)
        spec = args.spec
        tags = spec.ownership.tags("cache")
        groups = aws.elasticache.SubnetGroup(f"{name}-subnets", subnet_ids=args.subnets, tags=tags, opts=self.child())
        door = wall.build(self, args.network, (PORT, spec.clients), spec.ownership.tags(name))
        password = random.RandomPassword(f"{name}-password", length=40, special=False, opts=self.child())
        made = aws.elasticache.ReplicationGroup(
            f"{name}-group",
            replication_group_id=spec.name,
            description=f"{spec.name}: cache",
            engine="valkey",
            engine_version="8.0",
            node_type=next((kind for least, kind in NODES if spec.memory_gib <= least), LARGEST),
            num_cache_clusters=1 + spec.replicas,
            automatic_failover_enabled=spec.replicas > 0,
            multi_az_enabled=spec.replicas > 0,
            subnet_group_name=groups.name,
            security_group_ids=[door.id],
            port=PORT,
            transit_encryption_enabled=True,
            at_rest_encryption_enabled=True,
            kms_key_id=args.key,
            auth_token=password.result,
            auth_token_update_strategy="ROTATE",  # noqa: S106 a strategy
            snapshot_retention_limit=7,
            tags=tags,
            opts=self.child(),
        )
        secret = aws.secretsmanager.Secret(
            f"{name}-secret", kms_key_id=args.key, recovery_window_in_days=7, tags=tags, opts=self.child()
        )
        aws.secretsmanager.SecretVersion(
            f"{name}-secret", secret_id=secret.id, secret_string=password.result, opts=self.child()
        )
        self.endpoint = made.primary_endpoint_address
        self.port = Output.from_input(PORT)
        self.secret = secret.arn
        self.resource = made.arn
        self.finish()

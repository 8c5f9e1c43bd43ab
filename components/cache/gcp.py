"""A cache on Google Cloud: Memorystore."""

import pulumi_gcp as gcp
from pulumi import Output, ResourceOptions

from components.cache.contract import CacheArgs
from components.clouds.gcp import secret
from components.core import Component


class GcpCache(Component):
    """See the module."""

    TOKEN = "domicile:cache/gcp:Cache"  # noqa: S105 a type token
    endpoint: Output[str]
    port: Output[int]
    secret: Output[str]
    resource: Output[str]

    def __init__(self, name: str, args: CacheArgs, opts: ResourceOptions | None = None) -> None:
        """Create the cache."""
        super().__init__(name, args, opts)
        spec = args.spec
        made = gcp.redis.Instance(
            f"{name}-instance",
            name=spec.name,
            region=spec.region,
            tier="STANDARD_HA" if spec.replicas else "BASIC",
            memory_size_gb=spec.memory_gib,
            redis_version="REDIS_7_2",
            authorized_network=args.network,
            connect_mode="PRIVATE_SERVICE_ACCESS",
            auth_enabled=True,
            transit_encryption_mode="SERVER_AUTHENTICATION",
            customer_managed_key=args.key,
            deletion_protection=True,
            labels=spec.ownership.google_labels("cache"),
            opts=self.child(),
        )
        self.endpoint = made.host
        self.port = made.port
        self.secret = secret.build(self, spec.ownership, spec.region, args.key, made.auth_string)
        self.resource = made.id
        self.finish()

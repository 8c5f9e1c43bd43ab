"""Keys on Google Cloud: a key ring of one region, and leave for the services that encrypt with its keys."""

from collections.abc import Mapping

import pulumi_gcp as gcp
from pulumi import Output, ResourceOptions

from components.clouds.gcp.bucket import SECONDS_PER_DAY
from components.core import Component
from components.keys.contract import KeysArgs

#: the service agents that encrypt: source: Google Cloud, "Service agents"
AGENTS = (
    "compute-system.iam.gserviceaccount.com",
    "container-engine-robot.iam.gserviceaccount.com",
    "gs-project-accounts.iam.gserviceaccount.com",
    "gcp-sa-cloud-sql.iam.gserviceaccount.com",
    "gcp-sa-pubsub.iam.gserviceaccount.com",
    "gcp-sa-artifactregistry.iam.gserviceaccount.com",
    "gcp-sa-secretmanager.iam.gserviceaccount.com",
    "cloud-redis.iam.gserviceaccount.com",
    "cloud-filer.iam.gserviceaccount.com",
)


class GcpKeys(Component):
    """See the module."""

    TOKEN = "domicile:keys/gcp:Keys"  # noqa: S105 a type token
    keys: Output[Mapping[str, str]]

    def __init__(self, name: str, args: KeysArgs, number: str, opts: ResourceOptions | None = None) -> None:
        """Create the keys; ``number`` is the project's."""
        super().__init__(name, args, opts)
        spec = args.spec
        ring = gcp.kms.KeyRing(f"{name}-ring", name=spec.name, location=spec.region, opts=self.child())
        agents = [f"serviceAccount:service-{number}@{agent}" for agent in AGENTS]
        agents.append(f"serviceAccount:bq-{number}@bigquery-encryption.iam.gserviceaccount.com")
        made: dict[str, Output[str]] = {}
        for kind in spec.data_classes:
            key = gcp.kms.CryptoKey(
                f"{name}-{kind}",
                name=kind,
                key_ring=ring.id,
                purpose="ENCRYPT_DECRYPT",
                rotation_period=f"{spec.rotation_days * SECONDS_PER_DAY}s",
                destroy_scheduled_duration=f"{30 * SECONDS_PER_DAY}s",
                version_template={"algorithm": "GOOGLE_SYMMETRIC_ENCRYPTION", "protection_level": "HSM"},
                labels={**spec.ownership.google_labels("keys"), "data-class": kind},
                opts=self.child(),
            )
            gcp.kms.CryptoKeyIAMBinding(
                f"{name}-{kind}-services",
                crypto_key_id=key.id,
                role="roles/cloudkms.cryptoKeyEncrypterDecrypter",
                members=agents,
                opts=self.child(),
            )
            made[kind] = key.id
        self.keys = Output.all(**made)
        self.finish()

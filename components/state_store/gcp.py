"""Pulumi's state on Google Cloud: a bucket and two keys, one for the bucket and one for secrets in the state."""

import pulumi_gcp as gcp
from pulumi import Output, ResourceOptions

from components.clouds.gcp import bucket
from components.clouds.gcp.bucket import SECONDS_PER_DAY
from components.core import Component
from components.state_store.contract import StateStoreArgs
from components.state_store.spec import OLD_VERSIONS_DAYS


class GcpStateStore(Component):
    """See the module."""

    TOKEN = "domicile:state_store/gcp:StateStore"  # noqa: S105 a type token
    backend: Output[str]
    secrets_provider: Output[str]

    def __init__(self, name: str, args: StateStoreArgs, number: str, opts: ResourceOptions | None = None) -> None:
        """Create the store; ``number`` is the project's."""
        super().__init__(name, args, opts)
        spec = args.spec
        labels = spec.ownership.google_labels("state")
        ring = gcp.kms.KeyRing(f"{name}-ring", name=spec.name, location=spec.region, opts=self.child())
        keys = {
            kind: gcp.kms.CryptoKey(
                f"{name}-{kind}",
                name=kind,
                key_ring=ring.id,
                purpose="ENCRYPT_DECRYPT",
                rotation_period=f"{spec.rotation_days * SECONDS_PER_DAY}s",
                labels=labels,
                opts=self.child(protect=True),
            )
            for kind in ("bucket", "secrets")
        }
        leave = gcp.kms.CryptoKeyIAMMember(
            f"{name}-bucket-encrypts",
            crypto_key_id=keys["bucket"].id,
            role="roles/cloudkms.cryptoKeyEncrypterDecrypter",
            member=f"serviceAccount:service-{number}@gs-project-accounts.iam.gserviceaccount.com",
            opts=self.child(),
        )
        made = bucket.build(
            self,
            bucket.Shape(
                labels=labels,
                region=spec.region,
                key=leave.crypto_key_id,
                old_versions_days=OLD_VERSIONS_DAYS,
            ),
        )
        for index, operator in enumerate(spec.operators):
            gcp.storage.BucketIAMMember(
                f"{name}-operator-{index}",
                bucket=made.name,
                role="roles/storage.objectAdmin",
                member=operator,
                opts=self.child(),
            )
            gcp.kms.CryptoKeyIAMMember(
                f"{name}-operator-{index}-secrets",
                crypto_key_id=keys["secrets"].id,
                role="roles/cloudkms.cryptoKeyEncrypterDecrypter",
                member=operator,
                opts=self.child(),
            )
        self.backend = Output.concat("gs://", made.name)
        self.secrets_provider = Output.concat("gcpkms://", keys["secrets"].id)
        self.finish()

"""Encryption: at rest, in transit, and no secret in plain sight."""

import re

from pulumi_policy import Severity

from policies.facts.contract import EntranceFact, VolumeFact, WorkloadFact
from policies.rule import Rule, Settings

SECRET_NAME = re.compile(r"(^|_)(PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|MASTER_KEY|PRIVATE_KEY)$", re.IGNORECASE)


def _at_rest(volume: VolumeFact, settings: Settings) -> list[str]:
    allowed = set(settings["encrypting_classes"])
    return [
        f"storage class '{one}' is not known to encrypt" if one else "it names no storage class"
        for one in volume.classes
        if one not in allowed
    ]


def _in_transit(entrance: EntranceFact, settings: Settings) -> list[str]:
    del settings
    covered = set(entrance.encrypted_hosts)
    return [f"host '{host or '*'}' has no TLS" for host in entrance.hosts if host not in covered]


def _no_plain_secret(workload: WorkloadFact, settings: Settings) -> list[str]:
    del settings
    return [
        f"variable {name} holds its value in the open"
        for name, value in workload.environment
        if SECRET_NAME.search(name) and value
    ]


AT_REST = Rule(
    id="encryption-at-rest",
    title="Volumes are on storage that encrypts",
    severity=Severity.HIGH,
    reads=VolumeFact,
    problems=_at_rest,
    remedy="Name a storage class that encrypts, and list it in encrypting_classes.",
    refs=("GDPR Art. 32",),
    settings={
        "encrypting_classes": {
            "type": "array",
            "items": {"type": "string"},
            "default": ["encrypted", "encrypted-shared"],
        }
    },
)
IN_TRANSIT = Rule(
    id="encryption-in-transit",
    title="Entrances from outside use TLS",
    severity=Severity.HIGH,
    reads=EntranceFact,
    problems=_in_transit,
    remedy="Add the host to spec.tls with a certificate's secret.",
    refs=("GDPR Art. 32",),
)
PLAIN_SECRETS = Rule(
    id="encryption-no-plain-secrets",
    title="No secret stands in a container's environment in the open",
    severity=Severity.HIGH,
    reads=WorkloadFact,
    problems=_no_plain_secret,
    remedy="Take the value from a Secret with valueFrom or envFrom.",
)

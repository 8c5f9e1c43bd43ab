"""Encryption: at rest with one's own key, in transit everywhere, nothing open, no secret in plain sight."""

import re
from collections.abc import Callable, Iterable, Iterator

from policies import values
from policies.facts.kept import KeptFact
from policies.facts.kubernetes import EntranceFact, StorageClassFact, VolumeFact, WorkloadFact
from policies.facts.stated import StatedFact
from policies.resource import Resource, base_type
from policies.rule import TEXTS, Problem, Rule, Settings, Severity, StackRule
from policies.values import is_map, section, text, truth

SECRET_NAME = re.compile(
    r"(^|_)(PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|MASTER_KEY|PRIVATE_KEY|ACCESS_KEY|CREDENTIALS)$", re.IGNORECASE
)
AT_REST_REFS = ("GDPR Art. 32", "DPDP Rules r.6", "45 CFR 164.312(a)(2)(iv)", "PCI DSS 3.5.1")
IN_TRANSIT_REFS = ("GDPR Art. 32", "45 CFR 164.312(e)(1)", "PCI DSS 4.2.1")
CLASSES = {
    "key_classes": {**TEXTS, "default": ["confidential", "restricted"]},
    "unlabelled": {"type": "string", "default": "confidential", "description": "What data without a class count as."},
}
ENCRYPTING_CLASSES = ("encrypted", "encrypted-shared", "models")
#: parameters of a storage class that say its volumes are encrypted, and with whose key
ENCRYPTING = ("kmsKeyId", "disk-encryption-kms-key", "diskEncryptionSetID", "instance-encryption-kms-key")


def _own_key(kept: KeptFact, settings: Settings) -> Iterator[Problem]:
    kind = kept.resource.data_class or settings["unlabelled"]
    if kind in settings["key_classes"]:
        for path in kept.missing():
            yield Problem(f"it names no key of yours, its data are {kind}", path)


def _stated(topic: str) -> Callable[[StatedFact, Settings], Iterable[Problem]]:
    def problems(stated: StatedFact, settings: Settings) -> Iterable[Problem]:
        del settings
        return stated.wrong(topic)

    return problems


def _volumes(volume: VolumeFact, settings: Settings) -> Iterator[Problem]:
    known = set(settings["encrypting_classes"])
    for path, name in volume.classes:
        if name not in known:
            yield Problem(
                f"storage class '{name}' is not known to encrypt" if name else "it names no storage class", path
            )


def _class_encrypts(fact: StorageClassFact, settings: Settings) -> Iterator[Problem]:
    parameters = section(fact.resource.props, "parameters")
    if str(fact.resource.props.get("provisioner", "")) in settings["encrypting_provisioners"]:
        return
    encrypted = parameters.get("encrypted")
    if encrypted is not None and not truth(values.known(encrypted, "parameters.encrypted")):
        yield Problem("its volumes are not encrypted", "parameters.encrypted")
    if not any(parameters.get(key) for key in ENCRYPTING):
        yield Problem("its volumes have no key of yours", "parameters")


def _entrances(entrance: EntranceFact, settings: Settings) -> Iterator[Problem]:
    del settings
    covered = entrance.encrypted_hosts
    for index, host in enumerate(entrance.hosts):
        if host not in covered:
            yield Problem(f"host '{host or '*'}' has no TLS", f"spec.rules[{index}].host")


def _plain_secrets(workload: WorkloadFact, settings: Settings) -> Iterator[Problem]:
    del settings
    for container in workload.containers():
        for path, name, value in container.environment:
            if value and SECRET_NAME.search(name):
                yield Problem(f"variable {name} holds its value in the open", path)


class KeyFact:
    """A key."""

    def __init__(self, resource: Resource) -> None:
        """Wrap a key; nothing is read yet."""
        self.resource = resource

    @classmethod
    def of(cls, resource: Resource) -> "KeyFact | None":
        """The fact of a key of a cloud."""
        return cls(resource) if base_type(resource.type) in _ROTATION else None


def _aws_rotates(resource: Resource) -> str:
    usage, spec = text(resource.props, "keyUsage"), text(resource.props, "customerMasterKeySpec")
    if usage not in ("", "ENCRYPT_DECRYPT") or spec not in ("", "SYMMETRIC_DEFAULT"):
        return ""
    return "" if truth(values.get(resource.props, "enableKeyRotation")) else "enableKeyRotation"


def _google_rotates(resource: Resource) -> str:
    if text(resource.props, "purpose") not in ("", "ENCRYPT_DECRYPT"):
        return ""
    period = text(resource.props, "rotationPeriod").rstrip("s")
    return "" if period.replace(".", "").isdigit() and float(period) <= 366 * 86_400 else "rotationPeriod"


def _azure_rotates(resource: Resource) -> str:
    actions = [one for _, one in values.each(resource.props, "properties.rotationPolicy.lifetimeActions[].action.type")]
    rotates = any(values.unknown(one) or str(one).lower() == "rotate" for one in actions)
    return "" if rotates else "properties.rotationPolicy"


_ROTATION: dict[str, Callable[[Resource], str]] = {
    "aws:kms/key:Key": _aws_rotates,
    "gcp:kms/cryptoKey:CryptoKey": _google_rotates,
    "azure-native:keyvault:Key": _azure_rotates,
}


def _rotates(key: KeyFact, settings: Settings) -> Iterator[Problem]:
    del settings
    path = _ROTATION[base_type(key.resource.type)](key.resource)
    if path:
        yield Problem("the key does not rotate once a year", path)


def _walls(fact: StatedFact, settings: Settings) -> Iterator[Problem]:
    """A wall of AWS or Google Cloud that lets everyone in on ports that are no web server's."""
    resource = fact.resource
    allowed = {int(port) for port in settings["open_ports"]}
    for path, block, ports in _openings(resource):
        if str(values.known(block, path)) in ("0.0.0.0/0", "::/0") and not ports <= allowed:
            said = ", ".join(str(port) for port in sorted(ports - allowed)[:4]) if len(ports) < 100 else "many"
            yield Problem(f"anyone may come in on port {said}", path)


Opening = tuple[str, object, frozenset[int]]


def _openings(resource: Resource) -> Iterator[Opening]:
    """Who may come in, on which ports."""
    find = _GROUNDS.get(resource.type)
    return find(resource.props) if find is not None else iter(())


def _of_group(props: values.Props) -> Iterator[Opening]:
    for at, rule in values.each(props, "ingress[]"):
        if is_map(rule):
            yield from ((f"{at}.{path}", block, ports) for path, block, ports in _of_blocks(rule))


def _of_group_rule(props: values.Props) -> Iterator[Opening]:
    return _of_blocks(props) if props.get("type") == "ingress" else iter(())


def _of_blocks(rule: values.Props) -> Iterator[Opening]:
    ports = _ports(rule.get("fromPort"), rule.get("toPort"))
    for key in ("cidrBlocks[]", "ipv6CidrBlocks[]", "cidrIpv4", "cidrIpv6"):
        for path, block in values.each(rule, key):
            yield path, block, ports


def _of_firewall(props: values.Props) -> Iterator[Opening]:
    if props.get("direction", "INGRESS") != "INGRESS" or not values.present(props, "allows"):
        return
    named = [str(one) for _, one in values.each(props, "allows[].ports[]")]
    ports = frozenset(port for one in named for port in _ports(*_range(one))) or frozenset(range(65_536))
    for path, block in values.each(props, "sourceRanges[]"):
        yield path, block, ports


_GROUNDS: dict[str, Callable[[values.Props], Iterator[Opening]]] = {
    "aws:ec2/securityGroup:SecurityGroup": _of_group,
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": _of_group,
    "aws:ec2/securityGroupRule:SecurityGroupRule": _of_group_rule,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _of_blocks,
    "gcp:compute/firewall:Firewall": _of_firewall,
}


def _range(ports: str) -> tuple[str, str]:
    first, _, last = ports.partition("-")
    return first, last or first


def _ports(first: object, last: object) -> frozenset[int]:
    low, high = (int(str(one)) if str(one).lstrip("-").isdigit() else 0 for one in (first, last))
    return (
        frozenset(range(65_536)) if low < 0 or (low == 0 and high in (0, 65_535)) else frozenset(range(low, high + 1))
    )


def _buckets(resources: list[Resource], settings: Settings) -> Iterator[Problem]:
    """S3 keeps a bucket's encryption in a resource of its own."""
    encrypted = _siblings(resources, "aws:s3/bucketServerSideEncryptionConfiguration", "bucket")
    closed = _siblings(resources, "aws:s3/bucketPublicAccessBlock", "bucket")
    for one in resources:
        if one.type not in ("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"):
            continue
        names = {one.urn, str(one.props.get("bucket") or one.name)}
        kind = one.data_class or settings["unlabelled"]
        if kind in settings["key_classes"] and not names & encrypted and not _inline_key(one):
            text_ = f"no BucketServerSideEncryptionConfiguration gives it a key, its data are {kind}"
            yield Problem(text_, "", one.urn)
        if not names & closed and "endpoints" not in one.provider:
            yield Problem("no BucketPublicAccessBlock closes it to the public", "", one.urn)


def _inline_key(bucket: Resource) -> bool:
    path = "serverSideEncryptionConfiguration.rule.applyServerSideEncryptionByDefault.kmsMasterKeyId"
    return values.present(bucket.props, path)


def _siblings(resources: list[Resource], type_: str, key: str) -> set[str]:
    """What resources of a type point at: URNs where Pulumi tells them, and names."""
    found: set[str] = set()
    for one in resources:
        if one.type.startswith(type_):
            found |= set(one.needs.get(key, ()))
            if not values.unknown(one.props.get(key)):
                found.add(str(one.props.get(key)))
    return found


_CARDS = re.compile(r"(^|[^a-z])(pan|pci|card|cardholder|cards)([^a-z]|$)", re.IGNORECASE)


def _card_data(kept: KeptFact, settings: Settings) -> Iterator[Problem]:
    resource = kept.resource
    told = " ".join(resource.tag(name) or "" for name in ("data-class", "data-kind", "data"))
    if _CARDS.search(told) and (resource.tag("pan-protection") or "").lower() not in settings["mechanisms"]:
        yield Problem("it holds card numbers, and encryption of disks alone does not make them unreadable", "tags")


OWN_KEY = Rule(
    id="encryption-own-key",
    title="Data at rest are encrypted with a key of one's own where their class demands it",
    severity=Severity.HIGH,
    reads=KeptFact,
    problems=_own_key,
    remedy="Name a key of the data's class, or label the data with the class they really have.",
    refs=(*AT_REST_REFS, "PCI DSS 3.6.1"),
    settings=CLASSES,
)
AT_REST = Rule(
    id="encryption-turned-on",
    title="Data at rest are encrypted",
    severity=Severity.HIGH,
    reads=StatedFact,
    problems=_stated("rest"),
    remedy="Turn encryption on.",
    refs=AT_REST_REFS,
)
IN_TRANSIT = Rule(
    id="encryption-tls",
    title="Data in transit are encrypted, with TLS 1.2 at least",
    severity=Severity.HIGH,
    reads=StatedFact,
    problems=_stated("transit"),
    remedy="Ask for TLS, of version 1.2 at least.",
    refs=IN_TRANSIT_REFS,
)
NOT_OPEN = Rule(
    id="encryption-not-public",
    title="Nothing that holds data is open to the public",
    severity=Severity.CRITICAL,
    reads=StatedFact,
    problems=_stated("open"),
    remedy="Close it, and reach it through a private endpoint.",
    refs=("GDPR Art. 32", "PCI DSS 1.3.1", "45 CFR 164.312(a)(1)"),
)
WALLS = Rule(
    id="encryption-walls",
    title="No wall lets everyone in",
    severity=Severity.HIGH,
    reads=StatedFact,
    problems=_walls,
    remedy="Name the networks that may come in.",
    refs=("PCI DSS 1.3.1", "GDPR Art. 32"),
    settings={"open_ports": {"type": "array", "items": {"type": "integer"}, "default": [443]}},
)
VOLUMES = Rule(
    id="encryption-at-rest",
    title="Volumes are on storage that encrypts",
    severity=Severity.HIGH,
    reads=VolumeFact,
    problems=_volumes,
    remedy="Name a storage class that encrypts, and list it in encrypting_classes.",
    refs=AT_REST_REFS,
    settings={
        "encrypting_classes": {
            **TEXTS,
            "default": list(ENCRYPTING_CLASSES),
        }
    },
)
STORAGE_CLASS = Rule(
    id="encryption-storage-class",
    title="Storage classes encrypt with a key of one's own",
    severity=Severity.HIGH,
    reads=StorageClassFact,
    problems=_class_encrypts,
    remedy="Name the key in the class's parameters, or list its provisioner in encrypting_provisioners.",
    refs=AT_REST_REFS,
    settings={
        "encrypting_provisioners": {
            **TEXTS,
            "default": ["efs.csi.aws.com", "blob.csi.azure.com", "file.csi.azure.com"],
        }
    },
)
ENTRANCES = Rule(
    id="encryption-in-transit",
    title="Entrances from outside use TLS",
    severity=Severity.HIGH,
    reads=EntranceFact,
    problems=_entrances,
    remedy="Add the host to spec.tls with a certificate's secret.",
    refs=IN_TRANSIT_REFS,
)
PLAIN_SECRETS = Rule(
    id="encryption-no-plain-secrets",
    title="No secret stands in a container's environment in the open",
    severity=Severity.HIGH,
    reads=WorkloadFact,
    problems=_plain_secrets,
    remedy="Take the value from a Secret with valueFrom or envFrom.",
    refs=("GDPR Art. 32", "PCI DSS 8.6.2"),
)
ROTATION = Rule(
    id="encryption-key-rotation",
    title="Keys rotate at least once a year",
    severity=Severity.MEDIUM,
    reads=KeyFact,
    problems=_rotates,
    remedy="Turn rotation on, with a period of a year at most.",
    refs=("PCI DSS 3.7.4", "ISO 27001 A.8.24"),
)
BUCKETS = StackRule(
    id="encryption-buckets",
    title="Every S3 bucket has its encryption and its public access block",
    severity=Severity.HIGH,
    problems=_buckets,
    remedy="Add the two resources beside the bucket.",
    refs=AT_REST_REFS,
    settings=CLASSES,
)
CARDS = Rule(
    id="encryption-card-data",
    title="Card numbers are unreadable by more than disk encryption",
    severity=Severity.CRITICAL,
    reads=KeptFact,
    problems=_card_data,
    remedy="Tokenise, truncate or encrypt the field, and say so in the tag `pan-protection`.",
    refs=("PCI DSS 3.5.1.2",),
    settings={
        "mechanisms": {
            **TEXTS,
            "default": ["tokenised", "tokenized", "truncated", "hashed", "field-encrypted"],
        }
    },
)
RULES = (
    OWN_KEY, AT_REST, IN_TRANSIT, NOT_OPEN, WALLS, VOLUMES, STORAGE_CLASS, ENTRANCES, PLAIN_SECRETS, ROTATION, BUCKETS,
    CARDS,
)  # fmt: skip

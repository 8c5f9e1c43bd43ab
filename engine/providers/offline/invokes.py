"""The functions programs call most, answered from the catalog and the provider's configuration."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from catalog import places
from engine.errors import ProviderError, UnsupportedError
from engine.providers.offline import identity, schema
from engine.providers.offline.answers import WHEN
from engine.providers.offline.identity import Scope
from engine.values import Props

Answer = Callable[[Props, Scope], Props]


def call(token: str, args: Props, scope: Scope) -> Props:
    """Answer a function.

    Raises:
        UnsupportedError: the function is not among those answered offline, or the SDK has none of that name.
        ProviderError: an argument is not one of the function's.
    """
    result = schema.result(scope.package, token)
    if result is None:
        message = f"the SDK of '{scope.package}' has no function '{token}'"
        raise UnsupportedError(message)
    answer = ANSWERS.get(token)
    if answer is None:
        message = (
            f"the function '{token}' has no offline answer: only a cloud knows it. Pass what it would say as "
            "configuration, or preview with credentials (--engine pulumi)"
        )
        raise UnsupportedError(message)
    answered = answer(args, scope)
    return {**{key: value for key, value in args.items() if key in result}, **answered}


def _zones(cloud: str, region: str) -> list[str]:
    found = places.zones(cloud, region)
    if not found:
        message = f"'{region}' is no region of {cloud}; configure the provider's region"
        raise ProviderError(message)
    return list(found)


def _where(args: Props, scope: Scope) -> str:
    return str(args.get("region") or scope.region)


def _caller(_args: Props, scope: Scope) -> Props:
    arn = f"arn:{identity.partition(scope.region)}:iam::{scope.account}:user/offline"
    return {"accountId": scope.account, "arn": arn, "userId": "AIDAOFFLINE", "id": scope.account}


def _region(args: Props, scope: Scope) -> Props:
    region = _where(args, scope)
    found = places.regions().get(("aws", region))
    described = found.name if found else region
    endpoint = f"ec2.{region}.amazonaws.com"
    return {"region": region, "name": region, "id": region, "description": described, "endpoint": endpoint}


def _partition(_args: Props, scope: Scope) -> Props:
    name = identity.partition(scope.region)
    suffix = "amazonaws.com.cn" if name == "aws-cn" else "amazonaws.com"
    prefix = ".".join(reversed(suffix.split(".")))
    return {"partition": name, "dnsSuffix": suffix, "reverseDnsPrefix": prefix, "id": name}


def _aws_zones(args: Props, scope: Scope) -> Props:
    names = _zones("aws", _where(args, scope))
    ids = [f"{identity.digest(name)[:4]}-az{index}" for index, name in enumerate(names, 1)]
    return {
        "names": names,
        "zoneIds": ids,
        "groupNames": [_where(args, scope)],
        "id": _where(args, scope),
        "region": _where(args, scope),
    }


def _ami(args: Props, scope: Scope) -> Props:
    region = _where(args, scope)
    id_ = f"ami-{identity.digest('ami', region, json.dumps(args, sort_keys=True))[:17]}"
    owners: list[str] = args.get("owners") or ["amazon"]
    return {
        "id": id_, "imageId": id_, "architecture": "x86_64", "name": "offline-image", "creationDate": WHEN,
        "ownerId": owners[0], "rootDeviceName": "/dev/xvda", "rootDeviceType": "ebs", "state": "available",
        "arn": f"arn:{identity.partition(region)}:ec2:{region}::image/{id_}", "imageType": "machine", "public": True,
        "virtualizationType": "hvm", "hypervisor": "xen", "description": "", "tags": {}, "deprecationTime": "",
        "blockDeviceMappings": [], "productCodes": [], "bootMode": "", "enaSupport": True, "imageLocation": "",
        "imageOwnerAlias": "amazon", "imdsSupport": "v2.0", "kernelId": "", "platform": "", "platformDetails": "",
        "ramdiskId": "", "rootSnapshotId": "", "sriovNetSupport": "simple", "stateReason": {}, "tpmSupport": "",
        "usageOperation": "RunInstances", "lastLaunchedTime": "", "region": region,
    }  # fmt: skip


def _parameter(args: Props, scope: Scope) -> Props:
    name = str(args.get("name"))
    region = _where(args, scope)
    image = f"ami-{identity.digest(name, region)[:17]}"
    value = image if name.startswith("/aws/service/") and "image_id" in name else f"offline-{identity.digest(name)[:8]}"
    arn = f"arn:{identity.partition(region)}:ssm:{region}::parameter{name}"
    return {"arn": arn, "id": name, "name": name, "type": "String", "value": value, "insecureValue": value,
            "version": 1, "region": region}  # fmt: skip


def _document(args: Props, _scope: Scope) -> Props:
    """An IAM policy document, as the provider renders it."""
    statements: list[Props] = args.get("statements") or []
    body: Props = {"Version": args.get("version") or "2012-10-17", "Statement": [_statement(one) for one in statements]}
    if args.get("policyId"):
        body["Id"] = args["policyId"]
    return {
        "json": json.dumps(body, indent=2),
        "minifiedJson": json.dumps(body, separators=(",", ":")),
        "id": str(int(hashlib.sha256(json.dumps(body).encode()).hexdigest()[:8], 16)),
    }


_LISTS = (
    ("actions", "Action"),
    ("notActions", "NotAction"),
    ("resources", "Resource"),
    ("notResources", "NotResource"),
)


def _statement(one: Props) -> Props:
    statement: Props = {"Sid": one["sid"]} if one.get("sid") else {}
    statement["Effect"] = one.get("effect", "Allow")
    statement |= {name: _single(sorted(one[key])) for key, name in _LISTS if one.get(key)}
    for key, name in (("principals", "Principal"), ("notPrincipals", "NotPrincipal")):
        if one.get(key):
            parties = {part["type"]: _single(sorted(part["identifiers"])) for part in one[key]}
            statement[name] = "*" if parties == {"*": "*"} else parties
    conditions: dict[str, Props] = {}
    parts: list[Props] = one.get("conditions") or []
    for part in parts:
        conditions.setdefault(str(part["test"]), {})[part["variable"]] = _single(part["values"])
    return {**statement, "Condition": conditions} if conditions else statement


def _single(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values


def _gcp_client(_args: Props, scope: Scope) -> Props:
    return {"project": scope.account, "region": scope.region, "zone": f"{scope.region}-a", "accessToken": "offline",
            "id": f"projects/{scope.account}", "defaultLabels": {}}  # fmt: skip


def _gcp_project(args: Props, scope: Scope) -> Props:
    project = str(args.get("projectId") or scope.account)
    number = str(int(identity.digest(project)[:10], 16))[:12]
    return {
        "projectId": project, "number": number, "name": project, "id": f"projects/{project}", "labels": {},
        "effectiveLabels": {}, "pulumiLabels": {}, "autoCreateNetwork": False, "billingAccount": "000000-000000-000000",
        "deletionPolicy": "PREVENT", "folderId": "", "orgId": "", "tags": {},
    }  # fmt: skip


def _gcp_zones(args: Props, scope: Scope) -> Props:
    region = _where(args, scope)
    return {
        "names": _zones("gcp", region),
        "id": f"projects/{scope.account}/regions/{region}",
        "project": scope.account,
    }


def _gcp_versions(args: Props, scope: Scope) -> Props:
    prefix = str(args.get("versionPrefix") or "1.35.")
    version = f"{prefix.rstrip('.')}.3-gke.1234000" if prefix.count(".") <= 2 else prefix
    return {
        "validMasterVersions": [version], "validNodeVersions": [version], "latestMasterVersion": version,
        "latestNodeVersion": version, "defaultClusterVersion": version, "releaseChannelDefaultVersion": {},
        "releaseChannelLatestVersion": {"REGULAR": version, "STABLE": version}, "id": scope.region,
        "releaseChannelUpgradeTargetVersion": {},
    }  # fmt: skip


def _gcp_image(args: Props, scope: Scope) -> Props:
    family = str(args.get("family") or args.get("name") or "debian-12")
    project = str(args.get("project") or scope.account)
    name = f"{family}-v20260101"
    return {
        "name": name, "family": family, "project": project, "imageId": identity.digest(name)[:16], "id": name,
        "selfLink": f"https://www.googleapis.com/compute/v1/projects/{project}/global/images/{name}",
        "archiveSizeBytes": 0, "creationTimestamp": WHEN, "description": "", "diskSizeGb": 10, "status": "READY",
        "imageEncryptionKeySha256": "", "labelFingerprint": "", "labels": {}, "licenses": [], "sourceDisk": "",
        "sourceDiskEncryptionKeySha256": "", "sourceDiskId": "", "sourceImageId": "",
    }  # fmt: skip


def _azure_client(_args: Props, scope: Scope) -> Props:
    person = identity.digest("client")
    tenant = f"{person[:8]}-{person[8:12]}-4{person[13:16]}-8{person[17:20]}-{person[20:32]}"
    return {"subscriptionId": scope.account, "tenantId": tenant, "clientId": tenant, "objectId": tenant}


def _azure_token(_args: Props, _scope: Scope) -> Props:
    return {"token": "offline"}


ANSWERS: dict[str, Answer] = {
    "aws:index/getCallerIdentity:getCallerIdentity": _caller,
    "aws:index/getRegion:getRegion": _region,
    "aws:index/getPartition:getPartition": _partition,
    "aws:index/getAvailabilityZones:getAvailabilityZones": _aws_zones,
    "aws:ec2/getAmi:getAmi": _ami,
    "aws:ssm/getParameter:getParameter": _parameter,
    "aws:iam/getPolicyDocument:getPolicyDocument": _document,
    "gcp:organizations/getClientConfig:getClientConfig": _gcp_client,
    "gcp:organizations/getProject:getProject": _gcp_project,
    "gcp:compute/getZones:getZones": _gcp_zones,
    "gcp:compute/getImage:getImage": _gcp_image,
    "gcp:container/getEngineVersions:getEngineVersions": _gcp_versions,
    "azure-native:authorization:getClientConfig": _azure_client,
    "azure-native:authorization:getClientToken": _azure_token,
}

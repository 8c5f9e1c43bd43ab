"""What the SDKs say of tags and keys, as the packs' data files: `make policy-data` writes them, the tests compare."""

import csv
import io
import json
import re
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

from catalog import tables
from engine.providers.offline import schema, sdk
from engine.providers.offline.schema import Field, ListOf, MapOf, Object, OneOf, Type

DATA = Path(__file__).parents[1] / "policies" / "data"
CLOUDS = ("aws", "gcp", "azure-native")
LABELS = {"aws": ("tags",), "gcp": ("labels", "userLabels", "resourceLabels"), "azure-native": ("tags",)}
DEPTH = 6
#: properties that name a key which encrypts what the resource keeps
KEYS = {
    "aws": re.compile(
        r"^(kmsKey(Id|Arn|Identifier)?|kmsMasterKeyId|volumeKmsKeyId|encryptionKey(Arn)?|customerManagedKey(Arn)?"
        r"|customerEncryptionKey(Arn|Id)|kmsArn|cmkArn|serverSideEncryptionKmsKeyId|ebsEncryptionKeyArn"
        r"|volumeEncryptionKey|awsKmsKey(Arn|Id)|defaultEncryptionKey|s3EncryptionKeyId|s3KmsKey(Arn|Id)"
        r"|s3SseKmsKeyId|modelKmsKeyId|outputEncryptionKmsKeyId|logEncryptionKmsKeyId|kmsEncryptionKey"
        r"|encryptionAtRestKmsKeyArn|keyArn|keyId)$"
    ),
    "gcp": re.compile(
        r"^(kmsKey(Name|SelfLink|Names)?|cmekKeyName|defaultKmsKeyName|cloudKmsKey|encryptionKeyName|encryptionKey"
        r"|bootDiskKmsKey|diskEncryptionKeyName|gcePdKmsKeyName|keyName|customerManaged(Encryption)?Key"
        r"|gcpKmsEncryptionKey)$"
    ),
    "azure-native": re.compile(
        r"^(keyUri|keyURI|keyIdentifier|keyVaultUri|keyVaultKeyUri|diskEncryptionSetI[dD]|primaryKeyURI"
        r"|keyEncryptionKeyUrl|keyUrl|keyName|managedDiskCustomerKeyUri|keyVaultUrl|keyId)$"
    ),
}
#: names that mean a key of this kind only inside a block about encryption
_LOOSE = re.compile(r"^(keyArn|keyName|keyUri|keyUrl|keyId|keyIdentifier|keyVaultUr[il]|encryptionKey)$")
_ABOUT = re.compile(
    r"encrypt|cmek|cmk|customermanaged|keyvaultprop|serverside|sse(spec|config)|bootdisk", re.IGNORECASE
)
#: keys of something else: of what is read, of a copy's source, of a secret beside the data
_OTHERS = re.compile(
    r"(^|\.)source|performanceInsights|masterUserSecret|additional|raw|privateKey|secrets|credential|certificate|kmsKeysToGrants"
    r"|(?<!userManaged\.)replicas|secret[A-Z]",
)
_BLOCK = re.compile(r"encrypt|serverside|sse(spec|config)|kms|cmek|cmk", re.IGNORECASE)


def taggable(every: int = 1) -> dict[str, list[str]]:
    """Types by the property that holds their tags or labels; of every n-th type where ``every`` is n."""
    found: dict[str, list[str]] = {}
    for package in CLOUDS:
        for token in tokens(package)[::every]:
            known = schema.resource(package, token)
            for name in LABELS[package]:
                if known is not None and name in known.inputs:
                    found.setdefault(name, []).append(token)
                    break
    return {name: sorted(types) for name, types in sorted(found.items())}


def keys(package: str, every: int = 1) -> dict[str, tuple[list[str], list[str]]]:
    """For each type: paths of which one must name a key, and paths that must where their block is there."""
    found: dict[str, tuple[list[str], list[str]]] = {}
    for token in tokens(package)[::every]:
        known = schema.resource(package, token)
        paths = [path for path in _paths(known.inputs) if _names_key(package, path)] if known is not None else []
        if paths:
            always = [path for path in paths if _always(path)]
            found[token] = (sorted(map(_text, always)), sorted(_text(one) for one in paths if one not in always))
    return found


def tokens(package: str) -> list[str]:
    """The types of an SDK, Azure's in their default version alone."""
    versioned = re.compile(r"^azure-native:[^:]+/v\d")
    return sorted(token for token in sdk.tokens(package) if not versioned.match(token))


def _names(path: tuple[str, ...]) -> list[str]:
    return [part for part in path if part not in ("[]", "*")]


def _names_key(package: str, path: tuple[str, ...]) -> bool:
    names = _names(path)
    if names[-2:] in (["diskEncryptionSet", "id"], ["encryptionKey", "id"]):
        return True
    if not KEYS[package].match(names[-1]) or _OTHERS.search(".".join(names)):
        return False
    return not _LOOSE.match(names[-1]) or len(names) == 1 or bool(_ABOUT.search(".".join(names[:-1])))


def _always(path: tuple[str, ...]) -> bool:
    names = _names(path)
    return len(names) == 1 or (len(names) <= 4 and bool(_BLOCK.search(names[0])) and "[]" not in path[:1])


def _text(path: tuple[str, ...]) -> str:
    return ".".join(path).replace(".[]", "[]")


def _paths(
    fields: dict[str, Field], path: tuple[str, ...] = (), seen: tuple[type, ...] = ()
) -> Iterator[tuple[str, ...]]:
    for name, one in fields.items():
        yield from _inside(one.type, (*path, name), seen)


def _inside(type_: Type, path: tuple[str, ...], seen: tuple[type, ...]) -> Iterator[tuple[str, ...]]:
    match type_:
        case ListOf(item):
            yield from _inside(item, (*path, "[]"), seen)
        case MapOf(item):
            yield from _inside(item, (*path, "*"), seen)
        case OneOf(options):
            for option in dict.fromkeys(map(id, options)):
                yield from _inside(next(one for one in options if id(one) == option), path, seen)
        case Object(cls):
            if cls not in seen and len(_names(path)) < DEPTH:
                yield from _paths(type_.fields, path, (*seen, cls))
        case _:
            yield path


def key_table() -> str:
    """The table of keys as CSV, without the types that `unkeyed.csv` sets aside."""
    with (DATA / "unkeyed.csv").open(encoding="utf-8", newline="") as file:
        aside = {row["type"] for row in csv.DictReader(file)}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("type", "always", "where_present"))
    for package in CLOUDS:
        for token, (always, present) in sorted(keys(package).items()):
            if token not in aside:
                writer.writerow((token, " ".join(always), " ".join(present)))
    return out.getvalue()


def absent_table() -> str:
    """Types whose property is on by choice only, so that leaving it out is as bad as turning it off, as CSV."""
    with (DATA / "vocabulary.csv").open(encoding="utf-8", newline="") as file:
        wanted = [row for row in csv.DictReader(file) if row["absent"] == "bad"]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("type", "property", "topic"))
    for package in CLOUDS:
        names = {row["property"]: row["topic"] for row in wanted if package.startswith(row["cloud"])}
        for token in tokens(package):
            known = schema.resource(package, token)
            for name in sorted(names.keys() & (known.inputs.keys() if known is not None else set())):
                writer.writerow((token, name, names[name]))
    return out.getvalue()


def accelerated_table() -> str:
    """Instance types with accelerators at the lowest price on demand that the catalog knows, as CSV."""
    lowest: dict[str, tuple[Decimal, str]] = {}
    for row in tables.rows("offers"):
        if row["ondemand"]:
            each = f"{row['count']} x {row['accelerator']}"
            price = (Decimal(row["ondemand"]), each)
            lowest[row["instance_type"]] = min(lowest.get(row["instance_type"], price), price)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("instance_type", "accelerator", "usd_hour"))
    for name, (price, accelerator) in sorted(lowest.items()):
        writer.writerow((name, accelerator.partition(" x ")[2], price))
    return out.getvalue()


def region_table() -> str:
    """The clouds' regions with their countries and pairs, as CSV."""
    out = io.StringIO()
    columns = ("cloud", "region", "country", "paired_region", "name")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in tables.rows("regions"):
        if row["cloud"] in ("aws", "gcp", "azure"):
            writer.writerow([row[name] for name in columns])
    return out.getvalue()


def tag_table() -> str:
    """The taggable types as JSON."""
    return json.dumps(taggable(), indent=1) + "\n"


FILES: dict[str, Callable[[], str]] = {
    "taggable.json": tag_table,
    "keys.csv": key_table,
    "absent.csv": absent_table,
    "accelerated.csv": accelerated_table,
    "regions.csv": region_table,
}


def main() -> None:
    """Write the files."""
    for name, text in FILES.items():
        (DATA / name).write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())

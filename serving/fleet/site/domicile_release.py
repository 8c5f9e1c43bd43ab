"""A release of a fleet: what every site gets, signed. Read and checked here, by sites and by the hub alike.

`release.json` names what it is made of by SHA-256; `release.sig` is an Ed25519 signature of its bytes, in base64. A
release's digest is the SHA-256 of `release.json`.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

DIGEST = re.compile(r"^[0-9a-f]{64}$")
#: stands in a site's objects for the namespace they are put into
PLACE = "domicile-site"
LARGEST = 16 * 1024 * 1024
HOUR = 3600


class ReleaseError(Exception):
    """A release is not taken; says why."""


@dataclass(frozen=True)
class Blob:
    """A file by its content."""

    digest: str
    size: int


@dataclass(frozen=True)
class Variant:
    """What sites of one kind run: Kubernetes objects, and the files of models by their paths in the store."""

    objects: Blob
    models: Mapping[str, Blob]

    @property
    def blobs(self) -> tuple[Blob, ...]:
        """All of it."""
        return (self.objects, *self.models.values())


@dataclass(frozen=True)
class Release:
    """A release whose signature holds. ``sites`` are the variants of sites, by their names."""

    digest: str
    fleet: str
    number: int
    variants: Mapping[str, Variant]
    sites: Mapping[str, str]

    def variant(self, site: str) -> Variant:
        """What a site runs.

        Raises:
            ReleaseError: the release has nothing for it.
        """
        name = self.sites.get(site)
        if name is None:
            message = f"release {self.number} has nothing for the site '{site}'"
            raise ReleaseError(message)
        return self.variants[name]

    @property
    def blobs(self) -> Iterator[Blob]:
        """All files of all variants, each once."""
        yield from {blob.digest: blob for variant in self.variants.values() for blob in variant.blobs}.values()


def placed(objects: bytes, namespace: str) -> list[dict[str, Any]]:
    """A release's objects, in JSON, for a namespace of this site."""
    return json.loads(objects.decode().replace(PLACE, namespace))


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two reports of a site say the same of the same hour: then the later one is enough."""
    parts = ("running", "release", "status", "why", "drift")
    return all(one.get(part) == other.get(part) for part in parts) and one["at"] // HOUR == other["at"] // HOUR


def digest_of(content: bytes) -> str:
    """The SHA-256 of a content."""
    return hashlib.sha256(content).hexdigest()


def digest_of_file(file: Path) -> str:
    """The SHA-256 of a file, however large."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def checked(content: bytes, signature: bytes, keys: Iterable[str], fleet: str) -> Release:
    """The release in these bytes, if one of the keys (raw, in base64) signed them.

    Raises:
        ReleaseError: nobody we trust signed it, it is another fleet's, or it is none.
    """
    if not any(_signed(content, signature, key) for key in keys):
        message = "no key that is trusted here signed it"
        raise ReleaseError(message)
    return read(content, fleet)


def read(content: bytes, fleet: str) -> Release:
    """The release in these bytes, whoever signed them.

    Raises:
        ReleaseError: it is another fleet's, or it is none.
    """
    try:
        found = _read(content)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"it is no release: {error}"
        raise ReleaseError(message) from error
    if found.fleet != fleet:
        message = f"it is a release of the fleet '{found.fleet}', not of '{fleet}'"
        raise ReleaseError(message)
    return found


def _signed(content: bytes, signature: bytes, key: str) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(base64.b64decode(key)).verify(base64.b64decode(signature), content)
    except (InvalidSignature, ValueError):
        return False
    return True


def _read(content: bytes) -> Release:
    said: dict[str, Any] = json.loads(content)
    variants = {
        name: Variant(_blob(one["objects"]), {path: _blob(file) for path, file in one["models"].items()})
        for name, one in said["variants"].items()
    }
    sites = {str(site): str(variant) for site, variant in said["sites"].items()}
    if not set(sites.values()) <= set(variants):
        message = "a site has a variant that is not there"
        raise ValueError(message)
    for variant in variants.values():
        for path in variant.models:
            if path.startswith("/") or ".." in path.split("/"):
                message = f"'{path}' is no path of a model's file"
                raise ValueError(message)
    return Release(digest_of(content), str(said["fleet"]), int(said["number"]), variants, sites)


def _blob(said: Any) -> Blob:
    digest, size = said
    if not DIGEST.match(digest) or not isinstance(size, int) or size < 0:
        message = f"'{digest}' is no file"
        raise ValueError(message)
    return Blob(digest, size)

"""Makes a release: what every variant of a fleet's sites runs, described by digests and signed."""

import base64
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from serving.fleet.site.domicile_release import Blob, digest_of, digest_of_file


class KeyFileError(Exception):
    """A key cannot be used; says why."""


@dataclass(frozen=True, slots=True)
class Made:
    """A release with its files: contents that were made, and files that lie somewhere, by their digests."""

    content: bytes
    signature: bytes
    contents: Mapping[str, bytes]
    files: Mapping[str, Path]

    @property
    def digest(self) -> str:
        """By which it goes."""
        return digest_of(self.content)


@dataclass(frozen=True, slots=True)
class Runs:
    """What sites of one variant run: objects for ``PLACE``, and files of models by their paths in the store."""

    objects: list[dict[str, Any]]
    models: Mapping[str, Path]


def make(
    fleet: str, number: int, variants: Mapping[str, Runs], sites: Mapping[str, str], key: Ed25519PrivateKey
) -> Made:
    """Describe and sign it; the same parts give the same bytes."""
    contents: dict[str, bytes] = {}
    files: dict[str, Path] = {}
    described: dict[str, Any] = {}
    for name, runs in sorted(variants.items()):
        objects = json.dumps(runs.objects, sort_keys=True, separators=(",", ":")).encode()
        contents[digest_of(objects)] = objects
        models: dict[str, Blob] = {}
        for path, file in sorted(runs.models.items()):
            blob = Blob(digest_of_file(file), file.stat().st_size)
            files[blob.digest] = file
            models[path] = blob
        described[name] = {
            "objects": [digest_of(objects), len(objects)],
            "models": {path: [blob.digest, blob.size] for path, blob in models.items()},
        }
    said = {"fleet": fleet, "number": number, "variants": described, "sites": dict(sorted(sites.items()))}
    content = json.dumps(said, sort_keys=True, indent=1).encode()
    return Made(content, base64.b64encode(key.sign(content)), contents, files)


def pack(made: Made, file: Path) -> None:
    """Write it as one file that can be carried; the same release gives the same file."""
    with tarfile.open(file, "w") as out:
        for name, content in (("release.json", made.content), ("release.sig", made.signature)):
            _add(out, name, content)
        for digest, content in sorted(made.contents.items()):
            _add(out, f"blobs/{digest}", content)
        for digest, path in sorted(made.files.items()):
            member = tarfile.TarInfo(f"blobs/{digest}")
            member.size = path.stat().st_size
            with path.open("rb") as content:
                out.addfile(member, content)


def _add(out: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    out.addfile(member, BytesIO(content))


def new_key() -> tuple[bytes, str]:
    """A key of whoever releases: the private one as PEM, the public one as blueprints name it."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem, public(key)


def read_key(pem: bytes) -> Ed25519PrivateKey:
    """A private key.

    Raises:
        KeyFileError: it is none of Ed25519.
    """
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        message = f"it is no private key in PEM without a passphrase: {error}"
        raise KeyFileError(message) from error
    if not isinstance(key, Ed25519PrivateKey):
        message = "it is no key of Ed25519: `domicile fleet key` makes one"
        raise KeyFileError(message)
    return key


def public(key: Ed25519PrivateKey) -> str:
    """Its public half, raw, in base64."""
    raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return base64.b64encode(raw).decode()

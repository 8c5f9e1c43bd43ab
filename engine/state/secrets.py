"""Pulumi's passphrase secrets provider: AES-256-GCM under a key from PBKDF2.

A ciphertext is ``v1:<nonce>:<sealed>`` and a salt ``v1:<salt>:<ciphertext of "pulumi">``, both in base64.
Source: pulumi/sdk ``resource/config/crypt.go`` and pulumi/pkg ``secrets/passphrase``.
"""

import base64
import binascii
import functools
import hashlib
import json
import os
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from engine.errors import StateError
from engine.values import SECRET_SIG, SIG, Props, is_list, is_map, is_secret

ITERATIONS = 1_000_000
_PROOF = "pulumi"


def new_salt() -> bytes:
    """What makes a stack's key its own: 8 random bytes."""
    return os.urandom(8)


@functools.cache
def _key(phrase: str, salt: bytes) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", phrase.encode(), salt, ITERATIONS, 32)


def passphrase_from_environment() -> str | None:
    """The passphrase in PULUMI_CONFIG_PASSPHRASE, or in the file PULUMI_CONFIG_PASSPHRASE_FILE names.

    Raises:
        StateError: the named file cannot be read.
    """
    phrase = os.environ.get("PULUMI_CONFIG_PASSPHRASE")
    if phrase is not None:
        return phrase
    path = os.environ.get("PULUMI_CONFIG_PASSPHRASE_FILE")
    if not path:
        return None
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        message = f"PULUMI_CONFIG_PASSPHRASE_FILE names {path}, which cannot be read: {error.strerror}"
        raise StateError(message) from error


def _refuse_version(version: str) -> str:
    message = f"ciphertext version {version}"
    raise ValueError(message)


def _halves(salt: str) -> tuple[bytes, str]:
    try:
        version, raw, proof = salt.split(":", 2)
        if version == "v1":
            return base64.b64decode(raw, validate=True), proof
    except ValueError:
        pass
    message = "the stack's encryption salt is malformed: expected 'v1:<salt>:<proof>'"
    raise StateError(message)


class Crypter:
    """Encrypts and decrypts for one stack. Equal secrets at different places get different ciphertexts."""

    def __init__(self, phrase: str, salt: str | None = None) -> None:
        """Open the salt a stack already has, or make a new one.

        Raises:
            StateError: the passphrase does not open the salt.
        """
        if salt is None:
            raw = new_salt()
            self._cipher = AESGCM(_key(phrase, raw))
            self.salt = f"v1:{base64.b64encode(raw).decode()}:{self.encrypt(_PROOF)}"
        else:
            raw, proof = _halves(salt)
            self._cipher = AESGCM(_key(phrase, raw))
            self.salt = salt
            try:
                opened = self.decrypt(proof)
            except StateError:
                opened = ""
            if opened != _PROOF:
                message = (
                    "incorrect passphrase: set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE "
                    "to the one this stack was made with"
                )
                raise StateError(message)
        self._sealed: dict[tuple[str, str], str] = {}

    def encrypt(self, text: str) -> str:
        """Seal a text under a fresh nonce."""
        nonce = os.urandom(12)
        sealed = self._cipher.encrypt(nonce, text.encode(), None)
        return f"v1:{base64.b64encode(nonce).decode()}:{base64.b64encode(sealed).decode()}"

    def decrypt(self, ciphertext: str) -> str:
        """Open a ciphertext.

        Raises:
            StateError: it is malformed, was altered, or was sealed under another key.
        """
        try:
            version, nonce, sealed = ciphertext.split(":", 2)
            opened = self._cipher.decrypt(
                base64.b64decode(nonce, validate=True), base64.b64decode(sealed, validate=True), None
            )
            return opened.decode() if version == "v1" else _refuse_version(version)
        except (ValueError, binascii.Error, InvalidTag) as error:
            message = "a secret in the state cannot be decrypted: it was altered, or sealed with another passphrase"
            raise StateError(message) from error

    def seal(self, value: Any, place: str) -> Any:
        """Copy a value with each secret's content sealed; an unchanged secret keeps its ciphertext."""
        if isinstance(value, (str, int, float)):
            return value
        if is_secret(value):
            text = json.dumps(self._inner(value.get("value")), separators=(",", ":"), sort_keys=True)
            known = self._sealed.get((place, text))
            if known is None:
                known = self._sealed[(place, text)] = self.encrypt(text)
            return {SIG: SECRET_SIG, "ciphertext": known}
        if is_map(value):
            return {key: self.seal(inner, f"{place}.{key}") for key, inner in value.items()}
        if is_list(value):
            return [self.seal(inner, f"{place}[{index}]") for index, inner in enumerate(value)]
        return value

    def unseal(self, value: Any, place: str) -> Any:
        """Copy a value with each secret's content opened.

        Raises:
            StateError: a secret cannot be opened.
        """
        if is_secret(value):
            if "ciphertext" not in value:
                plain = value.get("plaintext")
                return {SIG: SECRET_SIG, "value": json.loads(plain) if isinstance(plain, str) else value.get("value")}
            text = self.decrypt(value["ciphertext"])
            content = json.loads(text)
            normal = json.dumps(content, separators=(",", ":"), sort_keys=True)
            self._sealed[(place, normal)] = value["ciphertext"]
            return {SIG: SECRET_SIG, "value": content}
        if is_map(value):
            return {key: self.unseal(inner, f"{place}.{key}") for key, inner in value.items()}
        if is_list(value):
            return [self.unseal(inner, f"{place}[{index}]") for index, inner in enumerate(value)]
        return value

    def _inner(self, value: Any) -> Any:
        """Flatten secrets inside a secret: the outer one already covers them."""
        if is_secret(value):
            return self._inner(value.get("value"))
        if is_map(value):
            return {key: self._inner(inner) for key, inner in value.items()}
        if is_list(value):
            return [self._inner(inner) for inner in value]
        return value


def provider_record(crypter: Crypter) -> Props:
    """The ``secrets_providers`` entry of a deployment."""
    return {"type": "passphrase", "state": {"salt": crypter.salt}}

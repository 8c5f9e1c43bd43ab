"""A fleet's hub as its operators see it."""

import json
import os
import tarfile
from pathlib import Path
from typing import Any

import httpx

from cli.fleet.errors import FleetError

KEY = "DOMICILE_FLEET_KEY"


class Hub:
    """A hub at an address; the operators' key is in the environment."""

    def __init__(self, address: str) -> None:
        """Begin no conversation yet.

        Raises:
            FleetError: there is no key.
        """
        key = os.environ.get(KEY, "")
        if not key:
            message = (
                f"{KEY} is not set: it is the value DOMICILE_OPERATOR_KEY of the Secret 'hub-keys' in the fleet's "
                "namespace"
            )
            raise FleetError(message)
        self.address = address
        self.client = httpx.Client(base_url=address, headers={"Authorization": f"Bearer {key}"}, timeout=60)

    def told(self) -> dict[str, Any]:
        """The whole fleet."""
        return self._ask("GET", "/v1/fleet")

    def history(self, site: str) -> list[dict[str, Any]]:
        """What a site reported, the newest first."""
        return self._ask("GET", f"/v1/sites/{site}")["reports"]

    def token(self, site: str) -> str:
        """A site's token."""
        return str(self._ask("GET", f"/v1/sites/{site}/token")["token"])

    def order(self, what: str, release: str = "") -> dict[str, Any]:
        """Begin a release, pause, resume or stop."""
        return self._ask("POST", "/v1/rollout", json={"do": what, "release": release})

    def carry(self, file: Path) -> int:
        """Hand over reports that were carried here from a site without a line; how many."""
        try:
            reports = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line]
            by: dict[str, list[Any]] = {}
            for report in reports:
                by.setdefault(str(report["site"]), []).append(report)
        except (OSError, ValueError, KeyError, TypeError) as error:
            message = f"{file}: it is no file of reports ({error}): a site's agent writes one with `export`"
            raise FleetError(message) from error
        for site, own in by.items():
            self._ask("POST", f"/v1/sites/{site}/sync", json={"reports": own})
        return len(reports)

    def publish(self, file: Path) -> str:
        """Hand over a release, files first; one that is there already is not sent again. Its digest."""
        try:
            with tarfile.open(file) as carried:
                for member in carried.getmembers():
                    if member.name.startswith("blobs/"):
                        self._blob(carried, member)
                content, signature = (_text(carried, name) for name in ("release.json", "release.sig"))
        except (tarfile.TarError, KeyError, OSError) as error:
            message = f"{file}: it is no release ({error}): `domicile fleet release` makes one"
            raise FleetError(message) from error
        return str(self._ask("POST", "/v1/releases", json={"release": content, "signature": signature})["digest"])

    def _blob(self, carried: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        path = f"/v1/{member.name}"
        if self._send("HEAD", path).is_success:
            return
        content = carried.extractfile(member)
        if content is None:
            raise KeyError(member.name)
        with content:
            self._ask("PUT", path, content=iter(lambda: content.read(1 << 20), b""))

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            return self.client.request(method, path, **options)
        except httpx.HTTPError as error:
            message = f"the hub at {self.address} does not answer: {error}"
            raise FleetError(message) from error

    def _ask(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        answer = self._send(method, path, **options)
        try:
            said: dict[str, Any] = answer.json()
        except ValueError as error:
            message = f"the hub at {self.address} does not answer: {error}"
            raise FleetError(message) from error
        if answer.is_error:
            message = f"the hub at {self.address}: {said.get('error', answer.status_code)}"
            raise FleetError(message)
        return said


def _text(carried: tarfile.TarFile, name: str) -> str:
    content = carried.extractfile(name)
    if content is None:
        raise KeyError(name)
    with content:
        return content.read().decode()

"""The API server over the official Python client: requests, discovery, errors a person can act on."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from engine.errors import ProviderError, UnreachableError
from engine.providers.kubernetes.objects import Kind
from engine.values import Props, is_map

APPLY = "application/apply-patch+yaml"
REQUEST_TIMEOUT_S = 60.0
CONNECT_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API server said."""

    status: int
    body: Props

    @property
    def message(self) -> str:
        """The server's own words."""
        return str(self.body.get("message") or self.body.get("reason") or f"HTTP {self.status}")

    @property
    def causes(self) -> list[Props]:
        """The details of a refusal."""
        details = self.body.get("details")
        found = details.get("causes") if is_map(details) else None
        return list(found) if isinstance(found, list) else []  # pyright: ignore[reportUnknownArgumentType]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where objects of a kind are."""

    prefix: str
    plural: str
    namespaced: bool

    def path(self, namespace: str, name: str = "") -> str:
        """The URL path of an object, or of the collection."""
        middle = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        return f"{self.prefix}{middle}/{self.plural}" + (f"/{name}" if name else "")


class Connection:
    """One cluster, as one user. Safe for use from several threads."""

    def __init__(self, kubeconfig: str | None, context: str | None, cluster: str | None = None) -> None:
        """Open a kubeconfig: its text, its path, or None for the user's own.

        Raises:
            ProviderError: it cannot be read or has no such context.
        """
        from kubernetes import client, config

        kubernetes_config: Any = config
        kubernetes_client: Any = client
        settings: Any = kubernetes_client.Configuration()
        try:
            if kubeconfig is None:
                kubernetes_config.load_kube_config(context=context, client_configuration=settings)
            else:
                document = _document(kubeconfig)
                if cluster:
                    _select_cluster(document, context, cluster)
                kubernetes_config.load_kube_config_from_dict(
                    document, context=context, client_configuration=settings, persist_config=False
                )
        except Exception as error:
            remedy = "Name one with the provider's kubeconfig and context, or preview with --offline"
            message = f"the kubeconfig cannot be used: {error}. {remedy}"
            raise ProviderError(message) from error
        settings.connection_pool_maxsize = 32
        settings.retries = 0
        self.server: str = settings.host
        self._client: Any = kubernetes_client.ApiClient(configuration=settings)
        self._endpoints: dict[str, dict[str, Endpoint]] = {}
        self._lock = threading.Lock()

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = "application/json",
    ) -> Answer:
        """Ask the server; every HTTP status is an answer.

        Raises:
            UnreachableError: there is no answer, or it is of no use (5xx, 401).
        """
        from urllib3.exceptions import HTTPError

        headers: dict[str, str] = {"Accept": "application/json", "Content-Type": content_type}
        queries: list[tuple[str, str]] = list((query or {}).items())
        self._client.update_params_for_auth(headers, queries, ["BearerToken"], path, method, body)
        url = self.server + path + (f"?{urlencode(queries)}" if queries else "")
        timeout = (CONNECT_TIMEOUT_S, REQUEST_TIMEOUT_S)
        try:
            response = self._client.call_api(method, url, headers, body, _request_timeout=timeout)
            status, text = int(response.status), response.read()
        except (HTTPError, OSError) as error:
            message = f"the cluster at {self.server} cannot be reached: {_reason(error)}"
            raise UnreachableError(message) from error
        judged = status == 500 and method == "PATCH"  # the server answers a malformed apply patch with 500
        if status in (0, 401) or (status >= 500 and not judged):
            message = f"the cluster at {self.server} did not answer {method} {path}: {_text(text)[:300] or status}"
            raise UnreachableError(message)
        return Answer(status, _json(text))

    def items(self, path: str, query: Mapping[str, str] | None = None) -> list[Props]:
        """The objects of a list; none where it is refused."""
        return self.request("GET", path, query=query).body.get("items") or []

    def endpoint(self, kind: Kind, *, fresh: bool = False) -> Endpoint | None:
        """Where objects of a kind are; None when the server does not serve it."""
        with self._lock:
            known = self._endpoints.get(kind.api_version)
            if known is None or (fresh and kind.kind not in known):
                known = self._endpoints[kind.api_version] = self._discover(kind.api_version)
            return known.get(kind.kind)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _discover(self, api_version: str) -> dict[str, Endpoint]:
        prefix = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        answer = self.request("GET", prefix)
        if answer.status != 200:
            return {}
        resources: list[Props] = answer.body.get("resources") or []
        return {
            str(one["kind"]): Endpoint(prefix, str(one["name"]), bool(one["namespaced"]))
            for one in resources
            if "/" not in str(one["name"])
        }


def _document(kubeconfig: str) -> Props:
    import yaml

    text = kubeconfig
    if "\n" not in kubeconfig and "{" not in kubeconfig:
        text = Path(kubeconfig).expanduser().read_text(encoding="utf-8")
    document: Any = yaml.safe_load(text)
    if not is_map(document):
        message = "it is no mapping"
        raise ValueError(message)
    return document


def _select_cluster(document: Props, context: str | None, cluster: str) -> None:
    wanted = context or document.get("current-context")
    contexts: list[Props] = document.get("contexts") or []
    for one in contexts:
        if one.get("name") == wanted:
            one["context"]["cluster"] = cluster


def _json(text: Any) -> Props:
    try:
        parsed = json.loads(text or "{}")
    except ValueError:
        return {"message": _text(text)}
    return parsed if is_map(parsed) else {"message": str(parsed)}


def _text(raw: Any) -> str:
    return raw.decode(errors="replace") if isinstance(raw, bytes) else str(raw or "")


def _reason(error: Exception) -> str:
    inner = getattr(error, "reason", None) or error
    text = str(inner)
    return text.rsplit(": ", 1)[-1] if "HTTPSConnection" in text else text

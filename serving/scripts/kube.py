"""The API server as a pod's service account sees it."""

import json
import os
import ssl
import urllib.request
from typing import Any

ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"


def api(method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Ask it; a body is a merge patch."""
    with open(f"{ACCOUNT}/token", encoding="utf-8") as file:  # noqa: PTH123 the script runs alone
        token = file.read()
    request = urllib.request.Request(
        f"https://{os.environ['KUBERNETES_SERVICE_HOST']}:{os.environ['KUBERNETES_SERVICE_PORT']}{path}",
        method=method,
        data=json.dumps(body).encode() if body else None,
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/merge-patch+json"},
    )
    context = ssl.create_default_context(cafile=f"{ACCOUNT}/ca.crt")
    with urllib.request.urlopen(request, timeout=15, context=context) as answer:  # noqa: S310 as above
        return json.loads(answer.read())

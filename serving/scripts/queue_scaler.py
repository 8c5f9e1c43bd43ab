"""Scales one Deployment by the length of its servers' queues: the fallback where no KEDA is installed.

Runs in the cluster on a bare Python image, with a service account that may read the Deployment's pods and change its
scale. Environment: DEPLOYMENT, NAMESPACE, SELECTOR, PORT, PATH_OF_METRICS, MIN, MAX, WAITING
(the metric that counts them), WAITING_PER_REPLICA, COOLDOWN_S, INTERVAL_S.
A pod that does not answer counts as unknown: with one unknown the scaler may add replicas, but never removes one.
"""

import json
import math
import os
import re
import ssl
import time
import urllib.parse
import urllib.request
from typing import Any

ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"


def wanted(
    current: int, waiting: list[float | None], *, least: int, most: int, per_replica: float, cooled: bool
) -> int:
    """How many replicas there should be; ``waiting`` has one entry for each pod, None where it did not answer."""
    known = [one for one in waiting if one is not None]
    total = sum(known)
    target = current
    if total > per_replica * current:
        target = max(current + 1, math.ceil(total / per_replica))
    elif not total and cooled and len(known) == len(waiting) and waiting:
        target = current - 1
    return min(max(target, least), most)


def queue_length(metrics: str, name: str) -> float | None:
    """The number of waiting requests in a server's metrics, by the metric's name; None when they do not tell."""
    found = re.findall(rf"^{re.escape(name)}(?:\{{[^}}]*\}})?\s+([0-9.eE+-]+)", metrics, re.MULTILINE)
    return sum(map(float, found)) if found else None


def main() -> None:
    """Look, decide, scale, wait; for ever."""
    settings = os.environ
    last_busy = time.monotonic()
    while True:
        base = f"/apis/apps/v1/namespaces/{settings['NAMESPACE']}/deployments/{settings['DEPLOYMENT']}/scale"
        scale = api("GET", base)
        current = int(scale["spec"].get("replicas", 0))
        lengths = [read_pod(address) for address in pod_addresses(settings["NAMESPACE"], settings["SELECTOR"])]
        if any(lengths) or None in lengths:
            last_busy = time.monotonic()
        target = wanted(
            current,
            lengths,
            least=int(settings["MIN"]),
            most=int(settings["MAX"]),
            per_replica=float(settings["WAITING_PER_REPLICA"]),
            cooled=time.monotonic() - last_busy > float(settings["COOLDOWN_S"]),
        )
        if target != current:
            api("PATCH", base, {"spec": {"replicas": target}})
            print(json.dumps({"from": current, "to": target, "waiting": lengths}), flush=True)
            last_busy = time.monotonic()
        time.sleep(float(settings["INTERVAL_S"]))


def pod_addresses(namespace: str, selector: str) -> list[str]:
    """The addresses of the pods that run."""
    query = urllib.parse.urlencode({"labelSelector": selector})
    pods: list[dict[str, Any]] = api("GET", f"/api/v1/namespaces/{namespace}/pods?{query}")["items"]
    return [pod["status"]["podIP"] for pod in pods if pod["status"].get("podIP")]


def read_pod(address: str) -> float | None:
    """One pod's queue."""
    try:
        with urllib.request.urlopen(
            f"http://{address}:{os.environ['PORT']}{os.environ['PATH_OF_METRICS']}", timeout=5
        ) as answer:
            return queue_length(answer.read().decode(), os.environ["WAITING"])
    except OSError:
        return None


def api(method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Ask the API server as the pod's service account."""
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


if __name__ == "__main__":
    main()

"""A kubeconfig that asks a command for a token: it holds no credential."""

import json
from typing import Any

CLIENT = "client.authentication.k8s.io/v1beta1"


def render(name: str, server: str, command: tuple[str, ...], *, authority: str = "", cluster_info: bool = False) -> str:
    """The kubeconfig of one cluster; ``authority`` is its certificate in base64, blank where the system knows it.

    ``cluster_info`` gives the command what it should know of the cluster.
    """
    cluster: dict[str, Any] = {"server": server}
    if authority:
        cluster["certificate-authority-data"] = authority
    ask: dict[str, Any] = {"apiVersion": CLIENT, "command": command[0], "provideClusterInfo": cluster_info}
    if len(command) > 1:
        ask["args"] = list(command[1:])
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": name,
            "clusters": [{"name": name, "cluster": cluster}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "users": [{"name": name, "user": {"exec": {**ask, "interactiveMode": "IfAvailable"}}}],
        }
    )

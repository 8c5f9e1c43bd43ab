"""`domicile admission`: the packs' rules as a policy for any cluster."""

import sys
from pathlib import Path

import yaml

from cli.check import config as configs
from components.namespace.admission import API, BINDING, POLICY
from engine.errors import ProjectError
from engine.project import load
from policies.admission import policy

NAME = "domicile-rules"


def run(folder: Path, selector: str, action: policy.Action, files: tuple[Path, ...]) -> None:
    """Write the policy and its binding as YAML, with the project's settings; namespaces are chosen by a label.

    Raises:
        ProjectError: the project, a file of settings or the label cannot be used.
    """
    key, equals, value = selector.partition("=")
    if not (key and equals and value):
        message = f"--namespaces: '{selector}' is no label: write it as key=value"
        raise ProjectError(message)
    config = configs.of_project(load(folder), files)
    made = [
        {"apiVersion": API, "kind": POLICY, "metadata": {"name": NAME}, "spec": policy.spec(config, of_cluster=True)},
        {
            "apiVersion": API,
            "kind": BINDING,
            "metadata": {"name": NAME},
            "spec": policy.binding(NAME, {"matchLabels": {key: value}}, action),
        },
    ]
    yaml.safe_dump_all(made, sys.stdout, sort_keys=False, width=120)

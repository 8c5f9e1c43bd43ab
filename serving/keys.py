"""Keys of the teams that use a workload: each in a Secret of its own; services of ours know digests only."""

import json
from typing import Any

import pulumi_kubernetes as k8s
import pulumi_random as random
from pulumi import Output

from components.core import Component, manifest
from serving.gateway.hooks.domicile_policy import digest


def secret_of(team: str) -> str:
    """The Secret that holds a team's key, as `API_KEY`."""
    return f"gateway-key-{team}"


def random_key(owner: Component, name: str) -> Output[str]:
    """A key that nobody has guessed."""
    made = random.RandomPassword(name, length=40, special=False, opts=owner.child())
    return made.result.apply(lambda text: f"sk-{text}")


def of_teams(owner: Component, teams: tuple[str, ...], place: dict[str, Any]) -> dict[str, Output[str]]:
    """Make a key and a Secret for each team; returns the keys by team."""
    made = {team: random_key(owner, f"{owner.name}-key-{team}") for team in teams}
    for team, key in made.items():
        k8s.core.v1.Secret(
            f"{owner.name}-key-{team}-secret",
            metadata=manifest({"name": secret_of(team), **place}),
            string_data={"API_KEY": key},
            opts=owner.child(),
        )
    return made


def digests(made: dict[str, Output[str]]) -> Output[str]:
    """Which digest is which team's, as JSON."""
    return Output.all(**made).apply(
        lambda found: json.dumps({digest(str(key)): team for team, key in found.items()}, sort_keys=True)
    )

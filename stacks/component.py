"""A workload as one component, for programs in any of Pulumi's languages: `domicile:index:Workload`."""

from pathlib import Path
from typing import TypedDict

import pulumi
from pulumi import Output, ResourceOptions

from stacks.program import build


class WorkloadArgs(TypedDict):
    """What a program says of it."""

    blueprint: str
    """The blueprint's file, as the program's folder sees it."""


class Workload(pulumi.ComponentResource):
    """Everything that a blueprint of a workload describes, on its target. A stack has one of them."""

    outputs: Output[dict[str, str]]
    """What a team needs to use it: by kind, as the stack's outputs of the blueprint alone would be."""
    namespace: Output[str]
    """The namespace of all of it."""
    monthlyUsd: Output[str]  # noqa: N815 as programs see it
    """What its accelerators and volumes cost a month, as far as prices are known."""

    def __init__(self, name: str, args: WorkloadArgs, opts: ResourceOptions | None = None) -> None:
        """Make it."""
        super().__init__("domicile:index:Workload", name, dict(args), opts)
        made = build(Path(args["blueprint"]).resolve(), self)
        self.namespace = Output.from_input(made.pop("namespace"))
        self.monthlyUsd = Output.from_input(str(made.pop("monthly_usd")))
        self.outputs = Output.all(**made).apply(lambda found: {key: str(value) for key, value in found.items()})
        self.register_outputs({"outputs": self.outputs, "namespace": self.namespace, "monthlyUsd": self.monthlyUsd})

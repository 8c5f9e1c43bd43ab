"""The hub of a fleet: one pod that sites ask what to run, with the releases and what sites told on its volume."""

from dataclasses import dataclass

import pulumi_kubernetes as k8s
from pulumi import Input, Output, ResourceOptions

from components import pods
from components.core import Component, manifest
from serving import entrance, keys
from serving.doors import shell
from serving.fleet.files import SERVE, hub
from serving.fleet.spec import NAME, PORT, HubSpec

SECRET, FOLDER = "hub-keys", "/etc/hub"
VARIABLES = ("DOMICILE_MASTER", "DOMICILE_OPERATOR_KEY")


@dataclass(frozen=True, slots=True, kw_only=True)
class HubArgs:
    """The spec, and where it lives."""

    spec: HubSpec
    namespace: Input[str]


class Hub(Component):
    """See the module. The Secret ``SECRET`` has the operators' key and what sites' tokens are made of."""

    TOKEN = "domicile:serving:Hub"  # noqa: S105 a type token
    endpoint: Output[str]

    def __init__(self, name: str, args: HubArgs, opts: ResourceOptions | None = None) -> None:
        """Create it."""
        super().__init__(name, args, opts)
        spec = args.spec
        door = _door(args)
        secret = k8s.core.v1.Secret(
            f"{name}-keys",
            metadata=manifest({"name": SECRET, **door.place}),
            string_data={variable: keys.random_key(self, f"{name}-{variable[9:].lower()}") for variable in VARIABLES},
            opts=self.child(),
        )
        service = shell.build(self, door, Output.from_input(hub(spec)), (secret,))
        inbound = pods.allow_door(f"{NAME}-clients", args.namespace, door.labels, door.selector, (), PORT)
        k8s.networking.v1.NetworkPolicy(f"{name}-clients", **inbound, opts=self.child())
        entrance.build(self, spec, PORT, {"name": NAME, **door.place}, service)
        self.endpoint = Output.from_input(f"https://{spec.hostname}" if spec.hostname else f"http://{NAME}:{PORT}")
        self.finish()


def _door(args: HubArgs) -> shell.Door:
    spec = args.spec
    return shell.Door(
        name=NAME,
        ownership=spec.ownership,
        namespace=args.namespace,
        image=spec.image,
        port=PORT,
        replicas=1,
        serves=SERVE,
        folder=FOLDER,
        secret=SECRET,
        settings={"DOMICILE_STATE": "/state"},
        disk="state",
        disk_gib=spec.storage_gib,
        storage_class=spec.storage_class,
        cpu="500m",
        memory="512Mi",
        metrics="/metrics",
    )

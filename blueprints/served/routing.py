"""Which replica of a model is asked: a router before each of several replicas, where the blueprint wants one. Pure."""

from blueprints.images import IMAGES
from blueprints.served.model import Served
from blueprints.served.roles import Role
from serving import groups
from serving.engines.contract import Task
from serving.engines.table import metrics_engine
from serving.gateway.spec import GatewaySpec, pods_of
from serving.model_server import ModelServerSpec
from serving.retrieval.spec import NAME as RETRIEVAL
from serving.router.spec import RouterSpec, router_of


def routed(blueprint: Served, task: Task, replicas: int) -> bool:
    """Whether replicas of a model have a router before them."""
    return blueprint.routing == "prefix" and task == "generate" and replicas > 1


def asker(blueprint: Served, role: Role, replicas: int) -> str:
    """Who asks a model's servers: the gateway, the router before them, or what looks passages up."""
    if not role.aliased:
        return RETRIEVAL
    return router_of(role.name) if routed(blueprint, role.task, replicas) else pods_of(blueprint.access.gateway)


def decide(servers: tuple[ModelServerSpec, ...], door: GatewaySpec) -> tuple[RouterSpec, ...]:
    """The routers of what the gateway goes to by them, as many of each as there are gateways."""
    return tuple(_spec(server, door) for server in servers if server.name in door.routed)


def _spec(server: ModelServerSpec, door: GatewaySpec) -> RouterSpec:
    leads = {} if server.nodes == 1 else {groups.PLACE: groups.LEADS}
    return RouterSpec(
        server=server.name,
        ownership=server.ownership,
        engine=metrics_engine(server.engine),
        release=server.runs.release,
        port=server.runs.port,
        metrics_port=server.runs.metrics_port,
        metrics_path=server.runs.metrics_path,
        selector=tuple({**server.ownership.selector(server.name), **leads}.items()),
        replicas=door.replicas,
        image=IMAGES["envoy"],
        picker_image=IMAGES["picker"],
        clients=(door.pods,),
        adapters=bool(server.adapters),
    )


def idle(blueprint: Served, door: GatewaySpec) -> tuple[str, ...]:
    """A word where there is nothing to choose between."""
    if blueprint.routing == "even" or door.routed:
        return ()
    return ("routing: every model has one replica: there is nothing to choose between",)

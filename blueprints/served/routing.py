"""Which replica of a model is asked: a router before each of several replicas, where the blueprint wants one. Pure."""

from blueprints.images import IMAGES
from blueprints.served.model import Served
from serving import groups
from serving.engines.contract import Task
from serving.engines.table import metrics_engine
from serving.gateway.spec import pods_of
from serving.model_server import ModelServerSpec
from serving.router.spec import RouterSpec


def routed(blueprint: Served, task: Task, replicas: int) -> bool:
    """Whether replicas of a model have a router before them."""
    return blueprint.routing == "prefix" and task == "generate" and replicas > 1


def decide(blueprint: Served, servers: tuple[ModelServerSpec, ...], replicas: int) -> tuple[RouterSpec, ...]:
    """The routers, as many of each as there are gateways."""
    return tuple(
        _spec(blueprint, server, replicas) for server in servers if routed(blueprint, server.task, server.replicas)
    )


def _spec(blueprint: Served, server: ModelServerSpec, replicas: int) -> RouterSpec:
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
        replicas=replicas,
        image=IMAGES["envoy"],
        picker_image=IMAGES["picker"],
        clients=(pods_of(blueprint.access.gateway),),
        adapters=bool(server.adapters),
    )


def idle(blueprint: Served, servers: tuple[ModelServerSpec, ...]) -> tuple[str, ...]:
    """A word where there is nothing to choose between."""
    if blueprint.routing == "even" or any(routed(blueprint, one.task, one.replicas) for one in servers):
        return ()
    return ("routing: every model has one replica: there is nothing to choose between",)

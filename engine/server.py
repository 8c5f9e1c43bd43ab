"""The monitor and the engine on a loopback port, for programs in processes of their own."""

import contextlib
from collections.abc import Callable, Generator
from concurrent import futures
from typing import Any

import grpc
from pulumi.runtime.proto import engine_pb2_grpc, resource_pb2_grpc

from engine.monitor import Engine, Monitor, ShutDownError

MAX_MESSAGE_BYTES = 400 * 1024 * 1024
OPTIONS = [("grpc.max_receive_message_length", MAX_MESSAGE_BYTES), ("grpc.max_send_message_length", MAX_MESSAGE_BYTES)]
MONITOR_CALLS = (
    "GetDeploymentInfo",
    "SupportsFeature",
    "RegisterResource",
    "ReadResource",
    "RegisterResourceOutputs",
    "Invoke",
    "ExistsResource",
    "Call",
    "RegisterPackage",
    "RegisterStackTransform",
    "RegisterStackInvokeTransform",
    "RegisterResourceHook",
    "RegisterErrorHook",
    "SignalAndWaitForShutdown",
)
ENGINE_CALLS = ("Log", "GetRootResource", "SetRootResource", "StartDebugging", "RequirePulumiVersion")


@contextlib.contextmanager
def serve(monitor: Monitor | None, engine: Engine, *, parallel: int) -> Generator[str]:
    """Serve on a free loopback port; yields ``host:port``. Without a monitor only the engine is served."""
    library: Any = grpc
    server: Any = library.server(futures.ThreadPoolExecutor(max_workers=parallel), options=OPTIONS)
    engine_servicer: Any = _servicer(engine_pb2_grpc.EngineServicer, engine, ENGINE_CALLS)
    engine_pb2_grpc.add_EngineServicer_to_server(engine_servicer, server)
    if monitor is not None:
        monitor_servicer: Any = _servicer(resource_pb2_grpc.ResourceMonitorServicer, monitor, MONITOR_CALLS)
        resource_pb2_grpc.add_ResourceMonitorServicer_to_server(monitor_servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(grace=None).wait()


def _servicer(base: type[Any], target: object, names: tuple[str, ...]) -> object:
    methods = {name: _relay(getattr(target, name)) for name in names}
    return type(f"Relayed{base.__name__}", (base,), methods)()


def _relay(call: Callable[[Any], Any]) -> Callable[[Any, Any, grpc.ServicerContext], Any]:
    def relayed(_self: Any, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return call(request)
        except ShutDownError as error:
            context.abort(error.code(), error.details())

    return relayed

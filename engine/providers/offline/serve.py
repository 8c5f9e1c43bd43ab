"""The offline provider as a plugin speaks: Pulumi's CLI attaches to it through PULUMI_DEBUG_PROVIDERS.

Started as ``python -m engine.providers.offline.serve <package>``, it prints its port, as plugins do.
"""

import contextlib
import sys
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from engine import urn as urns
from engine import wire
from engine.core.model import Checked, Diffed, DiffKind
from engine.errors import EngineError
from engine.providers.contract import Provider, Subject
from engine.providers.offline import sdk
from engine.providers.offline.shared import Offline
from engine.server import OPTIONS
from engine.values import Props, reveal, settle

PACKAGES = ("aws", "gcp", "azure-native", "kubernetes", "tls", "databricks", "snowflake")
_KINDS = {"add": "ADD", "delete": "DELETE", "update": "UPDATE"}


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """Pulumi's ResourceProvider over one of ours: it translates and decides nothing."""

    def __init__(self, provider: Provider) -> None:
        """Serve a provider."""
        self._provider = provider

    def GetPluginInfo(self, request: empty_pb2.Empty, context: Any) -> plugin_pb2.PluginInfo:  # noqa: N802
        """Tell a version."""
        del request, context
        return plugin_pb2.PluginInfo(version="0.0.0")

    def Attach(self, request: plugin_pb2.PluginAttach, context: Any) -> empty_pb2.Empty:  # noqa: N802
        """Take the engine's address, which is not needed."""
        del request, context
        return empty_pb2.Empty()

    def Handshake(  # noqa: N802
        self, request: provider_pb2.ProviderHandshakeRequest, context: Any
    ) -> provider_pb2.ProviderHandshakeResponse:
        """Say nothing: secrets, resources and outputs are not asked for."""
        del request, context
        return provider_pb2.ProviderHandshakeResponse()

    def CheckConfig(self, request: provider_pb2.CheckRequest, context: Any) -> provider_pb2.CheckResponse:  # noqa: N802
        """Check a configuration."""
        type_ = urns.type_of(request.urn)
        return _checked(
            context, lambda: self._provider.check_config(_subject(request, type_), {}, _plain(request.news))
        )

    def DiffConfig(self, request: provider_pb2.DiffRequest, context: Any) -> provider_pb2.DiffResponse:  # noqa: N802
        """Compare configurations."""
        olds, news = _plain(request.olds), _plain(request.news)
        return _diffed(context, lambda: self._provider.diff_config(_subject(request), olds, news))

    def Configure(self, request: provider_pb2.ConfigureRequest, context: Any) -> provider_pb2.ConfigureResponse:  # noqa: N802
        """Take the configuration."""
        del context
        self._provider.configure(_plain(request.args))
        return provider_pb2.ConfigureResponse(acceptSecrets=False, supportsPreview=True, acceptResources=False)

    def Check(self, request: provider_pb2.CheckRequest, context: Any) -> provider_pb2.CheckResponse:  # noqa: N802
        """Check inputs."""
        olds, news = _plain(request.olds), _plain(request.news)
        return _checked(context, lambda: self._provider.check(_subject(request), olds, news))

    def Diff(self, request: provider_pb2.DiffRequest, context: Any) -> provider_pb2.DiffResponse:  # noqa: N802
        """Compare inputs."""
        before, outputs, news = _plain(request.old_inputs), _plain(request.olds), _plain(request.news)
        return _diffed(context, lambda: self._provider.diff(_subject(request), before, outputs, news))

    def Create(self, request: provider_pb2.CreateRequest, context: Any) -> provider_pb2.CreateResponse:  # noqa: N802
        """Make a resource, or foresee it."""
        with _told(context):
            made = self._provider.create(_subject(request, preview=request.preview), _plain(request.properties))
            return provider_pb2.CreateResponse(id=made.id, properties=wire.struct(made.outputs))
        return provider_pb2.CreateResponse()

    def Read(self, request: provider_pb2.ReadRequest, context: Any) -> provider_pb2.ReadResponse:  # noqa: N802
        """Look a resource up."""
        with _told(context):
            found = self._provider.read(_subject(request), _plain(request.inputs), _plain(request.properties))
            if found is not None:
                outputs, inputs = wire.struct(found.outputs), wire.struct(found.inputs)
                return provider_pb2.ReadResponse(id=found.id, properties=outputs, inputs=inputs)
        return provider_pb2.ReadResponse()

    def Update(self, request: provider_pb2.UpdateRequest, context: Any) -> provider_pb2.UpdateResponse:  # noqa: N802
        """Change a resource, or foresee it."""
        before, outputs, news = _plain(request.old_inputs), _plain(request.olds), _plain(request.news)
        with _told(context):
            changed = self._provider.update(_subject(request, preview=request.preview), before, outputs, news)
            return provider_pb2.UpdateResponse(properties=wire.struct(changed))
        return provider_pb2.UpdateResponse()

    def Delete(self, request: provider_pb2.DeleteRequest, context: Any) -> empty_pb2.Empty:  # noqa: N802
        """Delete a resource."""
        with _told(context):
            self._provider.delete(_subject(request), _plain(request.old_inputs), _plain(request.properties))
        return empty_pb2.Empty()

    def Invoke(self, request: provider_pb2.InvokeRequest, context: Any) -> provider_pb2.InvokeResponse:  # noqa: N802
        """Answer a function."""
        with _told(context):
            answer = wire.struct(self._provider.invoke(request.tok, _plain(request.args)))
            response: Any = provider_pb2.InvokeResponse
            return response(**{"return": answer})
        return provider_pb2.InvokeResponse()

    def Cancel(self, request: empty_pb2.Empty, context: Any) -> empty_pb2.Empty:  # noqa: N802
        """Have nothing to give up."""
        del request, context
        return empty_pb2.Empty()


def start(package: str) -> tuple[Any, int]:
    """Serve a package's SDK on a free loopback port; returns the server and the port.

    Raises:
        ProviderError: there is no such SDK here.
    """
    library: Any = grpc
    server: Any = library.server(ThreadPoolExecutor(max_workers=16), options=OPTIONS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(Offline(None).provider(package)), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


@contextlib.contextmanager
def attached(environment: dict[str, str]) -> Generator[dict[str, str]]:
    """Serve every installed SDK; gives an environment in which Pulumi's CLI attaches to the servers."""
    served = {package: start(package) for package in PACKAGES if sdk.installed(package)}
    names = ",".join(f"{package}:{port}" for package, (_, port) in served.items())
    try:
        yield {**environment, "PULUMI_DEBUG_PROVIDERS": names}
    finally:
        for server, _ in served.values():
            server.stop(grace=None)


def _plain(struct: Any) -> Props:
    return reveal(settle(wire.props(struct)))


def _subject(request: Any, type_: str = "", *, preview: bool = False) -> Subject:
    urn = str(request.urn)
    kind, name = type_ or str(request.type) or urns.type_of(urn), str(request.name) or urns.name_of(urn)
    return Subject(urn, kind, name, id=str(getattr(request, "id", "")), preview=preview)


def _checked(context: Any, check: Any) -> provider_pb2.CheckResponse:
    with _told(context):
        found: Checked = check()
        response = provider_pb2.CheckResponse(inputs=wire.struct(found.inputs))
        for one in found.failures:
            response.failures.add(property=one.property, reason=one.reason)
        return response
    return provider_pb2.CheckResponse()


def _diffed(context: Any, compare: Any) -> provider_pb2.DiffResponse:
    response = provider_pb2.DiffResponse
    with _told(context):
        found: Diffed = compare()
        kinds = {DiffKind.NONE: response.DIFF_NONE, DiffKind.SOME: response.DIFF_SOME}
        detailed = {
            path: provider_pb2.PropertyDiff(
                kind=provider_pb2.PropertyDiff.Kind.Value(_KINDS[one.kind] + ("_REPLACE" if one.replaces else "")),
                inputDiff=one.input_diff,
            )
            for path, one in found.detailed.items()
        }
        return response(
            changes=kinds.get(found.kind, response.DIFF_UNKNOWN),
            replaces=list(found.replaces),
            deleteBeforeReplace=found.delete_before_replace,
            detailedDiff=detailed,
            hasDetailedDiff=True,
        )
    return response()


@contextlib.contextmanager
def _told(context: Any) -> Generator[None]:
    """Errors a person can act on go to the engine as they are."""
    try:
        yield
    except EngineError as error:
        context.set_code(grpc.StatusCode.UNKNOWN)
        context.set_details(str(error))


def main() -> None:
    """Serve one package until the process is ended."""
    server, port = start(sys.argv[1])
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    threading.Event().wait()
    server.stop(grace=None)


if __name__ == "__main__":
    main()

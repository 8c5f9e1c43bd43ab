"""Providers in processes of their own, over Pulumi's ResourceProvider protocol.

Serves installed `pulumi-resource-*` plugins, and the SDK's dynamic providers (`pulumi-python:dynamic:Resource`).
"""

import contextlib
import os
import re
import select
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from catalog import documents
from engine import processes, wire
from engine.core.model import Checked, Diffed, DiffKind, Failure, PropertyDiff
from engine.errors import PartialFailureError, ProviderError, UnreachableError, UnsupportedError
from engine.providers.contract import Found, Made, Subject
from engine.server import OPTIONS
from engine.values import Props, is_map, reveal, settle

DYNAMIC = "pulumi-python"
START_TIMEOUT_S = 60.0
_KINDS = {"ADD": "add", "DELETE": "delete", "UPDATE": "update"}


def find(package: str, version: str) -> list[str] | None:
    """The command of an installed plugin: on PATH, or in Pulumi's plugin folder."""
    name = f"pulumi-resource-{package}"
    on_path = shutil.which(name)
    if on_path:
        return [on_path]
    home = Path(os.environ.get("PULUMI_HOME", Path.home() / ".pulumi")) / "plugins"
    wanted = home / f"resource-{package}-v{version}" / name
    if version and wanted.exists():
        return [str(wanted)]
    found = sorted(home.glob(f"resource-{package}-v*/{name}")) if not version else []
    return [str(found[-1])] if found else None


def hosted(folder: Path, engine: str) -> list[str]:
    """The command of a package of components in a folder with a `PulumiPlugin.yaml`, written in Python.

    Raises:
        UnsupportedError: it is written in something else.
    """
    file = folder / "PulumiPlugin.yaml"
    content = documents.read(file).content
    runtime: Any = content.get("runtime") if is_map(content) else None
    name = runtime.get("name") if is_map(runtime) else runtime
    if name != "python":
        message = (
            f"{file}: runtime: the embedded engine hosts components in python; found {name!r}: use --engine pulumi"
        )
        raise UnsupportedError(message)
    options: Any = runtime.get("options") if is_map(runtime) else None
    virtual = options.get("virtualenv") if is_map(options) else None
    python = folder / str(virtual) / "bin" / "python"
    return [str(python) if virtual and python.exists() else sys.executable, str(folder), engine]


def start_dynamic(project: str, stack: str, python: Path | None = None) -> "PluginProvider":
    """Start the SDK's server of dynamic providers."""
    command = [str(python or sys.executable), "-m", "pulumi.dynamic", "127.0.0.1:0"]
    environment = {**os.environ, "PULUMI_PROJECT": project, "PULUMI_STACK": stack}
    return PluginProvider(DYNAMIC, command, environment, configurable=False)


class PluginProvider:
    """One provider process. It is started with the first call and ended by ``close``."""

    def __init__(
        self,
        package: str,
        command: list[str],
        environment: dict[str, str] | None = None,
        *,
        configurable: bool = True,
        folder: Path | None = None,
    ) -> None:
        """Know how to start it."""
        self._package = package
        self._configurable = configurable
        self._process = subprocess.Popen(  # noqa: S603 an installed plugin or our own interpreter
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd=folder,
            start_new_session=True,
        )
        self.port = self._port()
        self._channel: Any = grpc.insecure_channel(f"127.0.0.1:{self.port}", options=OPTIONS)
        self._stub: Any = provider_pb2_grpc.ResourceProviderStub(self._channel)

    def check_config(self, subject: Subject, olds: Props, news: Props) -> Checked:
        """Let the plugin validate its configuration."""
        if not self._configurable:
            return Checked(news)
        request = provider_pb2.CheckRequest(urn=subject.urn, olds=wire.struct(olds), news=wire.struct(news))
        try:
            response = self._stub.CheckConfig(request)
        except grpc.RpcError as error:
            if _code(error) is grpc.StatusCode.UNIMPLEMENTED:
                return Checked(news)
            raise self._failure(error, "CheckConfig") from error
        return _checked(response)

    def diff_config(self, subject: Subject, olds: Props, news: Props) -> Diffed:
        """Let the plugin compare configurations."""
        del subject
        return Diffed(DiffKind.NONE if olds == news else DiffKind.SOME)

    def configure(self, inputs: Props) -> None:
        """Send the configuration."""
        variables = {f"{self._package}:config:{key}": str(value) for key, value in inputs.items()}
        request = provider_pb2.ConfigureRequest(
            variables=variables, args=wire.struct(inputs), acceptSecrets=False, acceptResources=False
        )
        self._call(lambda: self._stub.Configure(request), "Configure")

    def check(self, subject: Subject, olds: Props, news: Props) -> Checked:
        """Let the plugin validate inputs."""
        request = provider_pb2.CheckRequest(
            urn=subject.urn, olds=wire.struct(olds), news=wire.struct(news), name=subject.name, type=subject.type
        )
        return _checked(self._call(lambda: self._stub.Check(request), "Check"))

    def diff(self, subject: Subject, old_inputs: Props, old_outputs: Props, news: Props) -> Diffed:
        """Let the plugin compare."""
        request = provider_pb2.DiffRequest(
            id=subject.id,
            urn=subject.urn,
            olds=wire.struct(old_outputs),
            news=wire.struct(news),
            ignoreChanges=list(subject.ignore_changes),
            old_inputs=wire.struct(old_inputs),
            name=subject.name,
            type=subject.type,
        )
        response = self._call(lambda: self._stub.Diff(request), "Diff")
        kinds = {provider_pb2.DiffResponse.DIFF_NONE: DiffKind.NONE, provider_pb2.DiffResponse.DIFF_SOME: DiffKind.SOME}
        detailed: dict[str, PropertyDiff] = {}
        for path, one in response.detailedDiff.items():
            name = provider_pb2.PropertyDiff.Kind.Name(one.kind)
            detailed[path] = PropertyDiff(
                _KINDS[name.removesuffix("_REPLACE")], name.endswith("_REPLACE"), one.inputDiff
            )
        return Diffed(
            kinds.get(response.changes, DiffKind.UNKNOWN),
            tuple(response.replaces),
            detailed,
            response.deleteBeforeReplace,
        )

    def create(self, subject: Subject, inputs: Props) -> Made:
        """Let the plugin create."""
        if subject.preview and not self._configurable:
            return Made("", inputs)
        request = provider_pb2.CreateRequest(
            urn=subject.urn,
            properties=wire.struct(inputs),
            timeout=subject.timeout_s or 0,
            preview=subject.preview,
            name=subject.name,
            type=subject.type,
        )
        response = self._call(lambda: self._stub.Create(request), "Create")
        return Made(response.id, settle(wire.props(response.properties)))

    def read(self, subject: Subject, inputs: Props, outputs: Props) -> Found | None:
        """Let the plugin read."""
        request = provider_pb2.ReadRequest(
            id=subject.id,
            urn=subject.urn,
            properties=wire.struct(outputs),
            inputs=wire.struct(inputs),
            name=subject.name,
            type=subject.type,
        )
        response = self._call(lambda: self._stub.Read(request), "Read")
        if not response.id:
            return None
        found_inputs = settle(wire.props(response.inputs)) if response.HasField("inputs") else inputs
        return Found(response.id, reveal(found_inputs), settle(wire.props(response.properties)))

    def update(self, subject: Subject, old_inputs: Props, old_outputs: Props, news: Props) -> Props:
        """Let the plugin update."""
        if subject.preview and not self._configurable:
            return {**old_outputs, **news}
        request = provider_pb2.UpdateRequest(
            id=subject.id,
            urn=subject.urn,
            olds=wire.struct(old_outputs),
            news=wire.struct(news),
            timeout=subject.timeout_s or 0,
            ignoreChanges=list(subject.ignore_changes),
            preview=subject.preview,
            old_inputs=wire.struct(old_inputs),
            name=subject.name,
            type=subject.type,
        )
        return settle(wire.props(self._call(lambda: self._stub.Update(request), "Update").properties))

    def delete(self, subject: Subject, inputs: Props, outputs: Props) -> None:
        """Let the plugin delete."""
        request = provider_pb2.DeleteRequest(
            id=subject.id,
            urn=subject.urn,
            properties=wire.struct(outputs),
            timeout=subject.timeout_s or 0,
            old_inputs=wire.struct(inputs),
            name=subject.name,
            type=subject.type,
        )
        self._call(lambda: self._stub.Delete(request), "Delete")

    def invoke(self, token: str, args: Props) -> Props:
        """Let the plugin answer a function call."""
        request = provider_pb2.InvokeRequest(tok=token, args=wire.struct(args))
        response = self._call(lambda: self._stub.Invoke(request), token)
        if response.failures:
            reasons = "; ".join(f"{one.property}: {one.reason}" for one in response.failures)
            message = f"{token} was refused: {reasons}"
            raise ProviderError(message)
        return settle(wire.props(getattr(response, "return")))

    def construct(self, request: Any) -> Any:
        """Let the plugin build a component: what it is made of is registered with the monitor of the request."""
        try:
            return self._stub.Construct(request)
        except grpc.RpcError as error:
            # what is said comes before where in the plugin it was said
            said = str(getattr(error, "details", lambda: "")() or error).partition('\n  File "')[0].rstrip(": \n")
            said = said.removeprefix("Unexpected <class 'Exception'>: ")
            message = f"{self._package}: {request.type} '{request.name}': {said}"
            raise ProviderError(message) from error

    def expected_id(self, subject: Subject, inputs: Props) -> str:
        """Ids are not known beforehand."""
        del subject, inputs
        return ""

    def stop_waiting(self) -> None:
        """Ask the plugin to give up what it waits for."""
        with contextlib.suppress(grpc.RpcError):
            self._stub.Cancel(empty_pb2.Empty(), timeout=5)

    def close(self) -> None:
        """End the process."""
        self._channel.close()
        processes.end(self._process)
        if self._process.stdout:
            self._process.stdout.close()

    def _port(self) -> int:
        stream = self._process.stdout
        if stream is None or not select.select([stream], [], [], START_TIMEOUT_S)[0]:
            reason = f"it wrote no port in {START_TIMEOUT_S:.0f} s"
            raise self._not_started(reason)
        line = stream.readline().decode(errors="replace").strip()
        if not re.fullmatch(r"\d+", line):
            reason = f"expected a port, it wrote {line!r}"
            raise self._not_started(reason)
        return int(line)

    def _not_started(self, reason: str) -> ProviderError:
        processes.end(self._process)
        if self._process.stdout:
            self._process.stdout.close()
        return ProviderError(f"the provider plugin '{self._package}' did not start: {reason}")

    def _call(self, call: Callable[[], Any], what: str) -> Any:
        try:
            return call()
        except grpc.RpcError as error:
            raise self._failure(error, what) from error

    def _failure(self, error: grpc.RpcError, what: str) -> ProviderError:
        details = str(getattr(error, "details", lambda: "")() or error)
        if _code(error) is grpc.StatusCode.UNAVAILABLE:
            return UnreachableError(f"the provider '{self._package}' ended during {what}: {details}")
        partial = _partial(error)
        return partial or ProviderError(f"{self._package}: {what}: {_last_line(details)}")


def _checked(response: Any) -> Checked:
    failures = tuple(Failure(one.property, one.reason) for one in response.failures)
    return Checked(reveal(settle(wire.props(response.inputs))), failures)


def _code(error: grpc.RpcError) -> grpc.StatusCode | None:
    code: Any = getattr(error, "code", lambda: None)()
    return code


def _partial(error: grpc.RpcError) -> PartialFailureError | None:
    """The resource an ErrorResourceInitFailed carries in the status details."""
    trailing: Any = getattr(error, "trailing_metadata", lambda: ())() or ()
    packed = next((value for key, value in trailing if key == "grpc-status-details-bin"), None)
    if packed is None:
        return None
    from pulumi.runtime.proto import status_pb2

    for detail in status_pb2.Status.FromString(packed).details:
        failed = provider_pb2.ErrorResourceInitFailed()
        if detail.Unpack(failed):
            return PartialFailureError(failed.id, wire.props(failed.properties), list(failed.reasons))
    return None


def _last_line(details: str) -> str:
    lines = [line for line in details.strip().splitlines() if line.strip()]
    return lines[-1] if lines and lines[0].startswith("Traceback") else details.strip()

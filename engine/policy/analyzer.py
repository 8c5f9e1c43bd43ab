"""Packs over the Analyzer protocol: any CrossGuard pack written in Python, unmodified, in a process of its own."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from engine import processes, wire
from engine import urn as urns
from engine.errors import ProjectError
from engine.policy.judges import Finding, Level, PackSource, Remedy, Verdict, cannot_tell
from engine.server import OPTIONS
from engine.state.resource import ResourceState
from engine.values import Props, is_map, reveal

_LEVELS: dict[int, Level] = {
    analyzer_pb2.ADVISORY: "advisory",
    analyzer_pb2.MANDATORY: "mandatory",
    analyzer_pb2.REMEDIATE: "remediate",
    analyzer_pb2.DISABLED: "disabled",
}
_NUMBERS = {name: number for number, name in _LEVELS.items()}
CALL_TIMEOUT_S = 60.0


class AnalyzerPack:
    """One pack in one process."""

    def __init__(self, source: PackSource, project: str, stack: str, *, preview: bool) -> None:
        """Start the pack and configure it.

        Raises:
            ProjectError: it does not start; its last words are in the message.
        """
        self._folder = source.folder
        environment = {
            **os.environ,
            "PULUMI_PROJECT": project,
            "PULUMI_STACK": stack,
            "PULUMI_DRY_RUN": str(preview).lower(),
            "PULUMI_CONFIG": json.dumps({}),
        }
        environment.pop("PULUMI_CONFIG_PASSPHRASE", None)
        self._process = subprocess.Popen(  # noqa: S603 the pack's interpreter
            [str(_interpreter(source.folder)), "-m", "pulumi.policy", "127.0.0.1:0", str(source.folder)],
            cwd=source.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._words: list[str] = []
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self._channel: Any = grpc.insecure_channel(f"127.0.0.1:{self._port()}", options=OPTIONS)
        self._stub: Any = analyzer_pb2_grpc.AnalyzerStub(self._channel)
        info = self._call(lambda: self._stub.GetAnalyzerInfo(empty_pb2.Empty(), timeout=CALL_TIMEOUT_S))
        self.name, self.version = info.name, info.version
        self._configure(info, source.config)

    def analyze(self, state: ResourceState, provider: ResourceState | None) -> list[Finding]:
        """Judge one resource."""
        request = _request(state, provider)
        return self._findings(lambda: self._stub.Analyze(request, timeout=CALL_TIMEOUT_S), state.urn)

    def analyze_stack(self, states: list[ResourceState]) -> list[Finding]:
        """Judge the stack."""
        by_urn = {one.urn: one for one in states}
        request = analyzer_pb2.AnalyzeStackRequest(resources=[_resource(one, by_urn) for one in states])
        return self._findings(lambda: self._stub.AnalyzeStack(request, timeout=CALL_TIMEOUT_S), "")

    def remediate(self, state: ResourceState, provider: ResourceState | None) -> list[Remedy]:
        """Let the pack rewrite one resource's inputs."""
        request = _request(state, provider)
        try:
            response = self._call(lambda: self._stub.Remediate(request, timeout=CALL_TIMEOUT_S))
        except ProjectError as error:
            return [Remedy("", self.name, self.version, None, str(error))]
        return [
            Remedy(
                one.policyName,
                one.policyPackName,
                one.policyPackVersion,
                wire.props(one.properties) if one.properties.fields else None,
                one.diagnostic,
            )
            for one in response.remediations
        ]

    def close(self) -> None:
        """End the process."""
        self._channel.close()
        processes.end(self._process)
        self._end()

    def _end(self) -> None:
        self._process.wait()
        self._listener.join()
        for stream in (self._process.stdout, self._process.stderr):
            if stream:
                stream.close()

    def _findings(self, call: Callable[[], Any], urn: str) -> list[Finding]:
        try:
            response = call()
        except grpc.RpcError as error:
            details = str(getattr(error, "details", lambda: "")() or error)
            message = f"a rule of the pack failed: {details.removeprefix('Exception calling application: ')}"
            return [Finding("(a rule)", self.name, self.version, "mandatory", "error", message, urn)]
        return [self._finding(one, urn) for one in response.diagnostics]

    def _finding(self, one: Any, urn: str) -> Finding:
        skipped = one.message.startswith("can't run policy") and "during preview" in one.message
        unknown = skipped or cannot_tell(one.message)
        verdict: Verdict = "undetermined" if unknown else "violation"
        level = self._levels.get(one.policyName, "mandatory") if unknown else _LEVELS[one.enforcementLevel]
        return Finding(
            one.policyName, one.policyPackName, one.policyPackVersion, level, verdict, one.message, one.urn or urn
        )

    def _configure(self, info: Any, config: Props) -> None:
        self._levels: dict[str, Level] = {}
        request: Any = analyzer_pb2.ConfigureAnalyzerRequest()
        for policy in info.policies:
            initial = info.initialConfig.get(policy.name)
            chosen = config.get(policy.name, config.get("all"))
            given: Props = dict(chosen) if is_map(chosen) else {"enforcementLevel": chosen} if chosen else {}
            level = given.pop("enforcementLevel", None) or _LEVELS[policy.enforcementLevel]
            defaults = {
                key: one["default"]
                for key, one in wire.props(policy.configSchema.properties).items()
                if is_map(one) and "default" in one
            }
            preset = wire.props(initial.properties) if initial is not None else {}
            request.policyConfig[policy.name].enforcementLevel = _NUMBERS[level]
            request.policyConfig[policy.name].properties.CopyFrom(wire.struct({**defaults, **preset, **given}))
            self._levels[policy.name] = level
        self._call(lambda: self._stub.Configure(request, timeout=CALL_TIMEOUT_S))

    def _call(self, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except grpc.RpcError as error:
            details = str(getattr(error, "details", lambda: "")() or error)
            message = f"{self._folder}: the policy pack does not answer: {details}"
            raise ProjectError(message) from error

    def _port(self) -> int:
        stream = self._process.stdout
        while stream is not None:
            line = stream.readline().decode(errors="replace").strip()
            if line.isdigit():
                return int(line)
            if not line:
                break
        self._end()
        words = "\n".join(self._words[-8:])
        message = f"{self._folder}: the policy pack did not start:\n{words}"
        raise ProjectError(message)

    def _listen(self) -> None:
        stream = self._process.stderr
        for raw in stream or ():
            self._words.append(raw.decode(errors="replace").rstrip())


def _interpreter(folder: Path) -> Path:
    own = folder / "venv" / "bin" / "python"
    return own if own.exists() else Path(sys.executable)


def _options(state: ResourceState) -> analyzer_pb2.AnalyzerResourceOptions:
    return analyzer_pb2.AnalyzerResourceOptions(
        protect=state.protect,
        ignoreChanges=state.ignore_changes,
        additionalSecretOutputs=state.additional_secret_outputs,
        aliases=state.aliases,
        parent=state.parent,
    )


def _request(state: ResourceState, provider: ResourceState | None) -> analyzer_pb2.AnalyzeRequest:
    return analyzer_pb2.AnalyzeRequest(
        type=state.type,
        properties=wire.struct(reveal(state.inputs)),
        urn=state.urn,
        name=urns.name_of(state.urn),
        options=_options(state),
        provider=_provider(provider) if provider is not None else None,
    )


def _provider(state: ResourceState) -> analyzer_pb2.AnalyzerProviderResource:
    return analyzer_pb2.AnalyzerProviderResource(
        type=state.type,
        properties=wire.struct(reveal(state.inputs)),
        urn=state.urn,
        name=urns.name_of(state.urn),
    )


def _resource(state: ResourceState, by_urn: dict[str, ResourceState]) -> analyzer_pb2.AnalyzerResource:
    made = analyzer_pb2.AnalyzerResource(
        type=state.type,
        properties=wire.struct(reveal(state.outputs or state.inputs)),
        urn=state.urn,
        name=urns.name_of(state.urn),
        parent=state.parent,
        dependencies=state.dependencies,
        options=_options(state),
    )
    for key, needs in state.property_dependencies.items():
        made.propertyDependencies[key].urns.extend(needs)
    provider: Any = by_urn.get(urns.split_reference(state.provider)[0])
    if provider is not None:
        made.provider.CopyFrom(_provider(provider))
    return made

"""ResourceMonitor and Engine as the language SDK calls them.

``Monitor`` and ``Engine`` take protobuf requests and return protobuf responses: an in-process program is given the
objects themselves, a program in a process of its own reaches them over gRPC (``engine.server``). They only
translate; what a registration means is decided in ``engine.core``.
"""

import functools
import re
import threading
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import (
    alias_pb2,
    callback_pb2,
    callback_pb2_grpc,
    engine_pb2,
    provider_pb2,
    resource_pb2,
)

from engine import remote, wire
from engine import urn as urns
from engine.core import register as registering
from engine.core.model import Alias, Goal
from engine.errors import EngineError, ProgramError, UnsupportedError
from engine.executor import Executor
from engine.providers.registry import STACK_REFERENCE
from engine.remote import Constructs
from engine.values import Props, has_unknown, reveal, secret_strings, settle

R = TypeVar("R")

FEATURES = (
    resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACEMENT_TRIGGER,
    resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
    resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACE_WITH,
    resource_pb2.RESOURCE_MONITOR_FEATURE_TRANSFORMS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_INVOKE_TRANSFORMS,
)
_LEGACY = {
    "secrets",
    "resourceReferences",
    "outputValues",
    "aliasSpecs",
    "deletedWith",
    "replaceWith",
    "transforms",
    "invokeTransforms",
}


class StackConfig(Protocol):
    """The configuration a monitor needs to know."""

    @property
    def values(self) -> dict[str, str]:
        """Keys to values."""
        ...

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """The keys whose values are secret."""
        ...


class Monitor:
    """Serves one program in one run. Its methods may be called from many threads."""

    def __init__(self, executor: Executor, config: StackConfig, *, disabled_defaults: frozenset[str]) -> None:
        """``disabled_defaults`` are the packages, or ``*``, that must have an explicit provider."""
        self._executor = executor
        self._config = config
        self._disabled = disabled_defaults
        self._lock = threading.Lock()
        self._defaults: dict[str, str] = {}
        self._default_locks: dict[str, threading.Lock] = {}
        self._transforms: list[callback_pb2.Callback] = []
        self._invoke_transforms: list[callback_pb2.Callback] = []
        self._own_transforms: dict[str, list[callback_pb2.Callback]] = {}
        self._components_open: set[str] = set()
        self.failure: EngineError | None = None

    def GetDeploymentInfo(self, request: empty_pb2.Empty) -> resource_pb2.DeploymentInfo:  # noqa: N802
        """Tell the SDK what this engine has."""
        del request
        run = self._executor.run
        return resource_pb2.DeploymentInfo(
            project=run.project,
            stack=run.stack,
            organization="organization",
            dryRun=run.preview,
            config=self._config.values,
            configSecretKeys=list(self._config.secret_keys),
            supportedFeatures=FEATURES,
        )

    def SupportsFeature(self, request: resource_pb2.SupportsFeatureRequest) -> resource_pb2.SupportsFeatureResponse:  # noqa: N802
        """Answer an older SDK."""
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in _LEGACY)

    def RegisterResource(self, request: resource_pb2.RegisterResourceRequest) -> resource_pb2.RegisterResourceResponse:  # noqa: N802
        """Register a resource and bring it to its goal."""
        return self._guarded(functools.partial(self._register, request))

    def ReadResource(self, request: resource_pb2.ReadResourceRequest) -> resource_pb2.ReadResourceResponse:  # noqa: N802
        """Look up a resource the stack does not own."""
        return self._guarded(functools.partial(self._read, request))

    def RegisterResourceOutputs(self, request: resource_pb2.RegisterResourceOutputsRequest) -> empty_pb2.Empty:  # noqa: N802
        """Take a component's outputs."""
        return self._guarded(functools.partial(self._outputs, request))

    def Invoke(self, request: resource_pb2.ResourceInvokeRequest) -> resource_pb2.ResourceInvokeResponse:  # noqa: N802
        """Call a provider's function."""
        return self._guarded(functools.partial(self._invoke, request))

    def ExistsResource(self, request: resource_pb2.ExistsResourceRequest) -> resource_pb2.ExistsResourceResponse:  # noqa: N802
        """Whether a resource exists, without adopting it."""
        return self._guarded(functools.partial(self._exists, request))

    def Call(self, request: resource_pb2.ResourceCallRequest) -> provider_pb2.CallResponse:  # noqa: N802
        """Refuse component methods by name."""
        message = f"methods of remote components are not supported by the embedded engine (called: {request.tok})"
        return self._guarded(functools.partial(_refuse, message))

    def RegisterPackage(self, request: resource_pb2.RegisterPackageRequest) -> resource_pb2.RegisterPackageResponse:  # noqa: N802
        """Take a plain package's reference; parameterised packages are refused by name."""
        if request.HasField("parameterization") or request.HasField("extension"):
            message = f"parameterised packages are not supported by the embedded engine (package {request.name})"
            return self._guarded(functools.partial(_refuse, message))
        return resource_pb2.RegisterPackageResponse(ref=f"{request.name}@{request.version}")

    def RegisterStackTransform(self, request: callback_pb2.Callback) -> empty_pb2.Empty:  # noqa: N802
        """Add a transform of every resource."""
        self._transforms.append(request)
        return empty_pb2.Empty()

    def RegisterStackInvokeTransform(self, request: callback_pb2.Callback) -> empty_pb2.Empty:  # noqa: N802
        """Add a transform of every function call."""
        self._invoke_transforms.append(request)
        return empty_pb2.Empty()

    def RegisterResourceHook(self, request: resource_pb2.RegisterResourceHookRequest) -> empty_pb2.Empty:  # noqa: N802
        """Refuse hooks by name."""
        message = f"resource hooks are not supported by the embedded engine (hook {request.name})"
        return self._guarded(functools.partial(_refuse, message))

    def RegisterErrorHook(self, request: Any) -> empty_pb2.Empty:  # noqa: N802
        """Refuse error hooks by name."""
        message = f"error hooks are not supported by the embedded engine (hook {request.name})"
        return self._guarded(functools.partial(_refuse, message))

    def SignalAndWaitForShutdown(self, request: empty_pb2.Empty) -> empty_pb2.Empty:  # noqa: N802
        """Let the program end: its callbacks are not needed after it."""
        return request

    def _guarded(self, act: Callable[[], R]) -> R:
        if self._executor.stopped:
            raise ShutDownError
        try:
            return act()
        except EngineError as error:
            with self._lock:
                first = self.failure is None
                if first:
                    self.failure = error
            if first:
                self._executor.stop()
            raise ShutDownError from error

    def _register(self, request: resource_pb2.RegisterResourceRequest) -> resource_pb2.RegisterResourceResponse:
        goal = _goal(request)
        if request.remote:
            return self._construct(request, goal)
        parent_transforms = self._inherit_transforms(request)
        for callback in [*parent_transforms, *self._transforms]:
            _transform(callback, goal)
        if goal.custom:
            goal.provider = goal.provider or self._provider(goal, request.pluginDownloadURL)
        if urns.is_provider(goal.type):
            _provider_inputs(goal, request.version, request.pluginDownloadURL)
        self._executor.events.hide(secret_strings(goal.inputs))
        with self._lock:
            if not goal.custom:
                urn = urns.make(self._executor.run.stack, self._executor.run.project, goal.parent, goal.type, goal.name)
                self._components_open.add(urn)
                self._own_transforms[urn] = parent_transforms
        state = self._executor.drive(registering.register(self._executor.run, goal))
        response = resource_pb2.RegisterResourceResponse(
            urn=state.urn, id="" if has_unknown(state.id) and not urns.is_provider(state.type) else state.id
        )
        response.object.CopyFrom(wire.struct(state.outputs if state.custom else {}))
        for key, needs in state.property_dependencies.items():
            response.propertyDependencies[key].urns.extend(needs)
        return response

    def listens(self, address: str) -> None:
        """Know where programs and plugins reach it."""
        self._executor.registry.engine = address

    def _construct(
        self, request: resource_pb2.RegisterResourceRequest, goal: Goal
    ) -> resource_pb2.RegisterResourceResponse:
        """Let the component's package build it; its own resources arrive here as a program's do."""
        registry = self._executor.registry
        if not registry.engine:
            message = f"{request.type} '{request.name}': remote components need a program in a process of its own"
            raise UnsupportedError(message)
        package = urns.package_of(goal.type)
        reference = goal.provider or goal.providers.get(package) or self._provider(goal, request.pluginDownloadURL)
        provider = registry.of(reference, goal.type)
        if not isinstance(provider, Constructs):
            message = (
                f"{request.type} '{request.name}': '{package}' is no package of components for the embedded engine: "
                "use plain resources, or --engine pulumi"
            )
            raise UnsupportedError(message)
        info = self.GetDeploymentInfo(empty_pb2.Empty())
        answer = provider.construct(remote.request(request, info, registry.engine))
        response = resource_pb2.RegisterResourceResponse(urn=answer.urn)
        response.object.CopyFrom(answer.state)
        for key, needs in answer.stateDependencies.items():
            response.propertyDependencies[key].urns.extend(needs.urns)
        return response

    def _inherit_transforms(self, request: resource_pb2.RegisterResourceRequest) -> list[callback_pb2.Callback]:
        whole: Any = request
        return [*whole.transforms, *self._own_transforms.get(request.parent, [])]

    def _read(self, request: resource_pb2.ReadResourceRequest) -> resource_pb2.ReadResourceResponse:
        dependencies: set[str] = set(request.dependencies)
        goal = Goal(
            type=request.type,
            name=request.name,
            custom=True,
            inputs=settle(wire.props(request.properties), dependencies),
            parent=request.parent,
            provider=request.provider,
            version=request.version,
            dependencies=sorted(dependencies),
            additional_secret_outputs=list(request.additionalSecretOutputs),
            read_id=request.id,
        )
        goal.provider = goal.provider or self._provider(goal, request.pluginDownloadURL)
        state = self._executor.drive(registering.register(self._executor.run, goal))
        response = resource_pb2.ReadResourceResponse(urn=state.urn, id="" if has_unknown(state.id) else state.id)
        response.properties.CopyFrom(wire.struct(state.outputs))
        return response

    def _outputs(self, request: resource_pb2.RegisterResourceOutputsRequest) -> empty_pb2.Empty:
        run = self._executor.run
        state = run.news.get(request.urn)
        if state is None:
            message = f"outputs were registered for {request.urn}, which is not a resource of this run"
            raise ProgramError(message)
        with self._lock:
            if request.urn not in self._components_open:
                message = f"outputs of {request.urn} were registered twice"
                raise ProgramError(message)
            self._components_open.discard(request.urn)
        outputs = settle(wire.props(request.outputs))
        self._executor.events.hide(secret_strings(outputs))
        if state.outputs != outputs:
            state.outputs = outputs
            self._executor.persist(wait=False)
        return empty_pb2.Empty()

    def _invoke(self, request: resource_pb2.ResourceInvokeRequest) -> resource_pb2.ResourceInvokeResponse:
        args = settle(wire.props(request.args))
        token, reference = request.tok, request.provider
        for callback in self._invoke_transforms:
            args, reference = _transform_invoke(callback, token, args, reference)
        if token == "pulumi:pulumi:getResource":  # noqa: S105 a function token
            return self._get_resource(args)
        if not reference and not token.startswith("pulumi:pulumi:"):
            goal = Goal(type=token, name=token, custom=True, version=request.version)
            reference = self._provider(goal, request.pluginDownloadURL)
        provider = self._executor.registry.function_provider(reference, token)
        if provider is None or has_unknown(args):
            return resource_pb2.ResourceInvokeResponse(unknown=True)
        result = provider.invoke(token, reveal(args))
        response = resource_pb2.ResourceInvokeResponse()
        getattr(response, "return").CopyFrom(wire.struct(result))
        return response

    def _get_resource(self, args: Props) -> resource_pb2.ResourceInvokeResponse:
        state = self._executor.run.news.get(str(args.get("urn")))
        if state is None:
            message = f"unknown resource {args.get('urn')}"
            raise ProgramError(message)
        response = resource_pb2.ResourceInvokeResponse()
        getattr(response, "return").CopyFrom(wire.struct({"urn": state.urn, "id": state.id, "state": state.outputs}))
        return response

    def _exists(self, request: resource_pb2.ExistsResourceRequest) -> resource_pb2.ExistsResourceResponse:
        goal = Goal(type=request.type, name=request.type, custom=True, version=request.version)
        reference = request.provider or self._provider(goal, request.pluginDownloadURL)
        provider = self._executor.registry.of(reference, request.type)
        if provider is None or has_unknown(request.id):
            return resource_pb2.ExistsResourceResponse(unknown=True)
        subject = self._executor.subject(request.type, request.id)
        found = provider.read(subject, reveal(wire.props(request.properties)), {})
        return resource_pb2.ExistsResourceResponse(exists=found is not None)

    def _provider(self, goal: Goal, url: str) -> str:
        """The reference of the default provider for a resource, which is registered the first time."""
        if urns.is_provider(goal.type) or goal.type == STACK_REFERENCE:
            return ""
        package = urns.package_of(goal.type)
        inherited = self._inherited_provider(goal.parent, package)
        if inherited:
            return inherited
        if self._disabled & {"*", package}:
            message = (
                f"Default provider for '{package}' disabled. '{goal.type}' must use an explicit provider: "
                f"pass `opts=ResourceOptions(provider=...)` for '{goal.name}'"
            )
            raise ProgramError(message)
        version = goal.version.removeprefix("v")
        name = f"default_{version.replace('.', '_')}" if version else "default"
        key = f"{package}::{name}"
        with self._lock:
            lock = self._default_locks.setdefault(key, threading.Lock())
        with lock:
            if key not in self._defaults:
                self._defaults[key] = self._register_default(package, name, version, url)
            return self._defaults[key]

    def _inherited_provider(self, parent: str, package: str) -> str:
        goals = self._executor.run.goals
        while parent in goals:
            if package in goals[parent].providers:
                return goals[parent].providers[package]
            parent = goals[parent].parent
        return ""

    def _register_default(self, package: str, name: str, version: str, url: str) -> str:
        prefix = f"{package}:"
        inputs: Props = {
            key.removeprefix(prefix): value for key, value in self._config.values.items() if key.startswith(prefix)
        }
        goal = Goal(type=f"{urns.PROVIDER_PREFIX}{package}", name=name, custom=True, inputs=inputs)
        _provider_inputs(goal, version, url)
        state = self._executor.drive(registering.register(self._executor.run, goal))
        return f"{state.urn}::{state.id}"


class ShutDownError(grpc.RpcError):
    """The engine takes no more requests: the run has failed or was interrupted."""

    def code(self) -> grpc.StatusCode:
        """The code the SDK turns into a quiet end of the program."""
        return grpc.StatusCode.UNAVAILABLE

    def details(self) -> str:
        """A text for SDKs that show it."""
        return "resource monitor shut down"


class Engine:
    """Serves logging and the root resource to one program."""

    def __init__(self, executor: Executor) -> None:
        """Write the program's messages to the run's events."""
        self._events = executor.events
        self._root = ""
        self.errors = 0

    def Log(self, request: engine_pb2.LogRequest) -> empty_pb2.Empty:  # noqa: N802
        """Take a message of the program."""
        names = {engine_pb2.DEBUG: "debug", engine_pb2.INFO: "info", engine_pb2.WARNING: "warning"}
        severity = names.get(request.severity, "error")
        self.errors += severity == "error"
        if severity != "debug":
            self._events.diagnose(severity, request.message, request.urn)
        return empty_pb2.Empty()

    def GetRootResource(self, request: engine_pb2.GetRootResourceRequest) -> engine_pb2.GetRootResourceResponse:  # noqa: N802
        """The stack resource."""
        del request
        return engine_pb2.GetRootResourceResponse(urn=self._root)

    def SetRootResource(self, request: engine_pb2.SetRootResourceRequest) -> engine_pb2.SetRootResourceResponse:  # noqa: N802
        """Remember the stack resource."""
        self._root = request.urn
        return engine_pb2.SetRootResourceResponse()

    def StartDebugging(self, request: engine_pb2.StartDebuggingRequest) -> empty_pb2.Empty:  # noqa: N802
        """Ignore a debugger's announcement: there is nothing to attach."""
        del request
        return empty_pb2.Empty()

    def RequirePulumiVersion(  # noqa: N802
        self, request: engine_pb2.RequirePulumiVersionRequest
    ) -> engine_pb2.RequirePulumiVersionResponse:
        """Accept any range: the engine follows the pinned SDK's protocol."""
        del request
        return engine_pb2.RequirePulumiVersionResponse()


def _refuse(message: str) -> Any:
    raise UnsupportedError(message)


def _goal(request: resource_pb2.RegisterResourceRequest) -> Goal:
    dependencies: set[str] = set(request.dependencies)
    by_property = {key: sorted(value.urns) for key, value in request.propertyDependencies.items()}
    timeouts = request.customTimeouts
    hooks = request.hooks
    if any((*hooks.before_create, *hooks.after_create, *hooks.before_delete, *hooks.after_delete)):
        message = f"resource hooks are not supported by the embedded engine: {request.type} '{request.name}'"
        raise UnsupportedError(message)
    whole: Any = request
    if whole.state_migrations:
        message = f"state migrations are not supported by the embedded engine: {request.type} '{request.name}'"
        raise UnsupportedError(message)
    trigger = wire.value_of(request.replacement_trigger) if request.HasField("replacement_trigger") else None
    inputs = settle(wire.props(request.object), dependencies)
    return Goal(
        type=request.type,
        name=request.name,
        custom=request.custom,
        inputs=inputs,
        parent=request.parent,
        provider=request.provider,
        providers=dict(request.providers),
        version=request.version,
        plugin_url=request.pluginDownloadURL,
        protect=request.protect if request.HasField("protect") else None,
        dependencies=sorted(dependencies),
        property_dependencies=dict(sorted(by_property.items())),
        delete_before_replace=request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None,
        ignore_changes=list(request.ignoreChanges),
        replace_on_changes=list(request.replaceOnChanges),
        additional_secret_outputs=list(request.additionalSecretOutputs),
        aliases=[*(Alias(urn=urn) for urn in request.aliasURNs), *map(_alias, whole.aliases)],
        import_id=request.importId,
        custom_timeouts={
            key: _seconds(text)
            for key, text in (
                ("create", timeouts.create),
                ("update", timeouts.update),
                ("delete", timeouts.delete),
                ("read", timeouts.read),
            )
            if text
        },
        retain_on_delete=request.retainOnDelete if request.HasField("retainOnDelete") else None,
        deleted_with=request.deletedWith,
        replace_with=list(request.replace_with),
        replacement_trigger=trigger,
        hide_diffs=list(request.hideDiffs),
        source_position=_position(request),
    )


def _position(request: resource_pb2.RegisterResourceRequest) -> str:
    if not request.HasField("sourcePosition"):
        return ""
    whole: Any = request
    return f"{whole.sourcePosition.uri}#{whole.sourcePosition.line}"


def _alias(alias: alias_pb2.Alias) -> Alias:
    if alias.WhichOneof("alias") == "urn":
        return Alias(urn=alias.urn)
    spec = alias.spec
    return Alias("", spec.name, spec.type, spec.stack, spec.project, spec.parentUrn, spec.noParent)


_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def _seconds(text: str) -> float:
    parts = re.findall(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        message = f"custom timeout '{text}' is not a duration: write it like '10m' or '1h30m'"
        raise ProgramError(message)
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def _provider_inputs(goal: Goal, version: str, url: str) -> None:
    internal: Props = {}
    if version:
        goal.inputs["version"] = version.removeprefix("v")
    if url:
        internal["pluginDownloadURL"] = url
    goal.inputs["__internal"] = internal


def _transform(callback: callback_pb2.Callback, goal: Goal) -> None:
    options = resource_pb2.TransformResourceOptions(
        depends_on=goal.dependencies,
        ignore_changes=goal.ignore_changes,
        replace_on_changes=goal.replace_on_changes,
        version=goal.version,
        aliases=[_alias_message(alias) for alias in goal.aliases],
        provider=goal.provider,
        additional_secret_outputs=goal.additional_secret_outputs,
        deleted_with=goal.deleted_with,
        providers=goal.providers,
        plugin_download_url=goal.plugin_url,
        protect=goal.protect,
        retain_on_delete=goal.retain_on_delete,
        delete_before_replace=goal.delete_before_replace,
        replace_with=goal.replace_with,
    )
    for action, seconds in goal.custom_timeouts.items():
        setattr(options.custom_timeouts, action, f"{seconds}s")
    request = resource_pb2.TransformRequest(
        type=goal.type,
        name=goal.name,
        custom=goal.custom,
        parent=goal.parent,
        properties=wire.struct(goal.inputs),
        options=options,
    )
    answer = resource_pb2.TransformResponse.FromString(_call_back(callback, request.SerializeToString()))
    dependencies: set[str] = set()
    goal.inputs = settle(wire.props(answer.properties), dependencies)
    if not answer.HasField("options"):
        goal.dependencies = sorted({*goal.dependencies, *dependencies})
        return
    given: Any = answer.options
    goal.dependencies = sorted({*given.depends_on, *dependencies})
    goal.ignore_changes = list(given.ignore_changes)
    goal.replace_on_changes = list(given.replace_on_changes)
    goal.version = given.version
    goal.aliases = [_alias(alias) for alias in given.aliases]
    goal.provider = given.provider
    goal.additional_secret_outputs = list(given.additional_secret_outputs)
    goal.deleted_with = given.deleted_with
    goal.providers = dict(given.providers)
    goal.protect = given.protect if given.HasField("protect") else None
    goal.retain_on_delete = given.retain_on_delete if given.HasField("retain_on_delete") else None
    goal.delete_before_replace = given.delete_before_replace if given.HasField("delete_before_replace") else None
    timeouts = given.custom_timeouts
    named = {"create": timeouts.create, "update": timeouts.update, "delete": timeouts.delete, "read": timeouts.read}
    goal.custom_timeouts = {key: _seconds(text) for key, text in named.items() if text}


def _alias_message(alias: Alias) -> alias_pb2.Alias:
    if alias.urn:
        return alias_pb2.Alias(urn=alias.urn)
    spec = alias_pb2.Alias.Spec(name=alias.name, type=alias.type, stack=alias.stack, project=alias.project)
    if alias.no_parent:
        spec.noParent = True
    elif alias.parent_urn:
        spec.parentUrn = alias.parent_urn
    return alias_pb2.Alias(spec=spec)


def _transform_invoke(callback: callback_pb2.Callback, token: str, args: Props, provider: str) -> tuple[Props, str]:
    request = resource_pb2.TransformInvokeRequest(
        token=token, args=wire.struct(args), options=resource_pb2.TransformInvokeOptions(provider=provider)
    )
    answer = resource_pb2.TransformInvokeResponse.FromString(_call_back(callback, request.SerializeToString()))
    chosen = answer.options.provider if answer.HasField("options") else provider
    return settle(wire.props(answer.args)), chosen


def _call_back(callback: callback_pb2.Callback, request: bytes) -> bytes:
    with grpc.insecure_channel(callback.target) as channel:
        stub: Any = callback_pb2_grpc.CallbacksStub(channel)
        try:
            return stub.Invoke(callback_pb2.CallbackInvokeRequest(token=callback.token, request=request)).response
        except grpc.RpcError as error:
            details: str = getattr(error, "details", lambda: "")() or str(error)
            message = f"a transform of the program failed: {details}"
            raise ProgramError(message) from error

"""What a package of components is asked for: Pulumi's Construct, from what the program asked for."""

from typing import Any, Protocol, runtime_checkable

from pulumi.runtime.proto import provider_pb2, resource_pb2

PARALLEL = 16


@runtime_checkable
class Constructs(Protocol):
    """A provider that builds components."""

    def construct(self, request: Any) -> Any:
        """Build one."""
        ...


def request(
    asked: resource_pb2.RegisterResourceRequest, info: resource_pb2.DeploymentInfo, monitor: str
) -> provider_pb2.ConstructRequest:
    """The request; ``monitor`` is where the component's own resources are registered."""
    whole: Any = asked
    made: Any = provider_pb2.ConstructRequest(
        project=info.project,
        stack=info.stack,
        organization=info.organization,
        config=info.config,
        configSecretKeys=info.configSecretKeys,
        dryRun=info.dryRun,
        parallel=PARALLEL,
        monitorEndpoint=monitor,
        type=asked.type,
        name=asked.name,
        parent=asked.parent,
        inputs=asked.object,
        providers=asked.providers,
        dependencies=asked.dependencies,
        additionalSecretOutputs=asked.additionalSecretOutputs,
        deletedWith=asked.deletedWith,
        ignoreChanges=asked.ignoreChanges,
        replaceOnChanges=asked.replaceOnChanges,
        aliases=asked.aliasURNs,
    )
    for key, needs in whole.propertyDependencies.items():
        made.inputDependencies[key].urns.extend(needs.urns)
    for name in ("protect", "retainOnDelete"):
        if whole.HasField(name):
            setattr(made, name, getattr(whole, name))
    if asked.deleteBeforeReplaceDefined:
        made.deleteBeforeReplace = asked.deleteBeforeReplace
    if whole.HasField("customTimeouts"):
        for name in ("create", "update", "delete"):
            setattr(made.customTimeouts, name, getattr(whole.customTimeouts, name))
    return made

"""The provider that serves any installed SDK's package without its cloud."""

import json
from collections.abc import Callable

from engine import paths
from engine.core.model import Checked, Diffed, DiffKind, PropertyDiff
from engine.errors import PartialFailureError, ProviderError, UnsupportedError
from engine.providers.contract import Found, Made, ProviderDefaults, Subject
from engine.providers.kubernetes import objects
from engine.providers.offline import answers, check, constraints, identity, invokes, replaces, schema
from engine.providers.offline.faults import WORDS, Fault, Faults
from engine.providers.offline.relations import Relations
from engine.providers.offline.schema import Resource, Scalar
from engine.providers.offline.world import World
from engine.values import Props, has_unknown, is_unknown

_AUTONAMED = ("name", "bucket", "identifier", "clusterIdentifier")


class OfflineProvider(ProviderDefaults):
    """Checks as the vendor would, as far as SDK and catalog know; a create is remembered in the rehearsal's world."""

    def __init__(
        self, package: str, world: World, relations: Relations, faults: Faults, closed: Callable[[], None]
    ) -> None:
        """``world`` keeps what is made, ``relations`` what one run has seen; ``faults`` are met on changes.

        ``closed`` is told when the provider is no longer needed.
        """
        self._package = package
        self._world = world
        self._relations = relations
        self._faults = faults
        self._closed = closed
        self._live = True
        self._config: Props = {}

    def check_config(self, subject: Subject, olds: Props, news: Props) -> Checked:
        """Check the provider's own inputs like any resource's."""
        del olds
        known = schema.resource(self._package, subject.type)
        if known is None:
            return Checked(news)
        plain = {key: value for key, value in news.items() if key not in ("version", "pluginDownloadURL")}
        found = [*check.failures(known, _decoded(plain, known)), *constraints.failures(known, plain, "")]
        return Checked(news, tuple(found))

    def configure(self, inputs: Props) -> None:
        """Take the configuration."""
        self._config = inputs

    def check(self, subject: Subject, olds: Props, news: Props) -> Checked:
        """Check types, names, values and relations; fill in the name where the provider would."""
        known = self._schema(subject.type)
        if known is None:
            return Checked(_kubernetes_named(subject, olds, news))
        found = check.failures(known, news)
        if not found:
            found = constraints.failures(known, news, self._scope(news).region)
            found += self._relations.failures(subject.urn, subject.type, news)
        if found:
            return Checked(news, tuple(found))
        return Checked(self._named(known, subject, olds, news))

    def diff(self, subject: Subject, old_inputs: Props, old_outputs: Props, news: Props) -> Diffed:
        """Compare inputs; what has a name of its own choosing goes before its successor comes."""
        del old_outputs
        known = self._schema(subject.type)
        forcing = replaces.replacing(subject.type, known)
        changes = paths.difference(_without_marks(old_inputs), _without_marks(news))
        keys = tuple(dict.fromkeys(str(one.path[0]) for one in changes if one.path[0] in forcing))
        if self._package == "kubernetes":
            keys += tuple(self._kubernetes_keys(subject, changes, old_inputs))
        detailed = {
            paths.render(one.path): PropertyDiff(one.kind, str(one.path[0]) in keys or paths.render(one.path) in keys)
            for one in changes
        }
        before = bool(keys) and self._has_own_name(news)
        return Diffed(DiffKind.SOME if changes else DiffKind.NONE, keys, detailed, before)

    def create(self, subject: Subject, inputs: Props) -> Made:
        """Make it in the world; in a preview, say what will be known."""
        known = self._schema(subject.type)
        if subject.preview:
            return Made("", answers.foreseen(known, inputs, self._scope(inputs)) if known else dict(inputs))
        fault = self._strike(subject)
        id_ = self.expected_id(subject, inputs)
        outputs = self._outputs(known, subject, id_, inputs)
        self._world.put(self._package, subject.type, Found(id_, inputs, outputs))
        if fault is not None:
            raise PartialFailureError(id_, outputs, [WORDS[fault]])
        return Made(id_, outputs)

    def read(self, subject: Subject, inputs: Props, outputs: Props) -> Found | None:
        """Look it up in the world."""
        del inputs, outputs
        return self._world.get(self._package, subject.type, subject.id)

    def update(self, subject: Subject, old_inputs: Props, old_outputs: Props, news: Props) -> Props:
        """Change it in the world."""
        del old_inputs
        known = self._schema(subject.type)
        if subject.preview:
            return {**old_outputs, **news}
        fault = self._strike(subject)
        outputs = self._outputs(known, subject, subject.id, news)
        self._world.put(self._package, subject.type, Found(subject.id, news, outputs))
        if fault is not None:
            raise PartialFailureError(subject.id, outputs, [WORDS[fault]])
        return outputs

    def delete(self, subject: Subject, inputs: Props, outputs: Props) -> None:
        """Take it out of the world."""
        del inputs, outputs
        self._strike(subject)
        self._world.remove(self._package, subject.type, subject.id)

    def close(self) -> None:
        """Let go of what is shared."""
        if self._live:
            self._live = False
            self._closed()

    def invoke(self, token: str, args: Props) -> Props:
        """Answer the functions programs call most."""
        return invokes.call(token, args, self._scope(args))

    def expected_id(self, subject: Subject, inputs: Props) -> str:
        """The id follows from the inputs."""
        if self._package == "kubernetes":
            return objects.identity(inputs) or subject.name
        known = self._schema(subject.type)
        return identity.make(known, subject.name, self._seed(subject, inputs), inputs, self._scope(inputs))

    def _has_own_name(self, news: Props) -> bool:
        if self._package == "kubernetes":
            return objects.annotation(news, objects.AUTONAMED) != "true"
        return any(news.get(key) and key not in news.get("__defaults", ()) for key in _AUTONAMED)

    def _kubernetes_keys(self, subject: Subject, changes: list[paths.Change], old: Props) -> list[str]:
        kind = objects.Kind(str(old.get("apiVersion", "")), subject.type.rsplit(":", 1)[-1])
        maps, secrets = (objects.flag(self._config, f"enable{one}Mutable") for one in ("ConfigMap", "Secret"))
        return objects.replacing(kind, changes, old, mutable_maps=maps, mutable_secrets=secrets)

    def _strike(self, subject: Subject) -> Fault | None:
        """Meet a fault, if one waits: one that lets nothing happen is raised, others are the caller's to tell."""
        fault = self._faults.strike(subject.type)
        if fault in (Fault.THROTTLE, Fault.QUOTA, Fault.CAPACITY):
            message = f"{subject.type} '{subject.name}': {WORDS[Fault(fault)]}"
            raise ProviderError(message)
        return fault

    def _outputs(self, known: Resource | None, subject: Subject, id_: str, inputs: Props) -> Props:
        if known is None or self._package == "kubernetes":
            return dict(inputs)
        seed = self._seed(subject, inputs)
        return answers.outputs(known, subject.name, id_, seed, inputs, self._scope(inputs))

    def _seed(self, subject: Subject, inputs: Props) -> str:
        forcing = replaces.replacing(subject.type, self._schema(subject.type))
        return identity.digest(subject.urn, *(f"{key}={inputs[key]}" for key in sorted(forcing) if key in inputs))

    def _schema(self, token: str) -> Resource | None:
        known = schema.resource(self._package, token)
        if known is None and self._package != "kubernetes":
            message = f"the installed SDK of '{self._package}' has no resource type '{token}'"
            raise UnsupportedError(message)
        return known

    def _scope(self, inputs: Props) -> identity.Scope:
        config = self._config
        region = inputs.get("region")
        if self._package == "aws" and isinstance(region, str) and region and not is_unknown(region):
            config = {**config, "region": region}
        location = inputs.get("location")
        if self._package == "azure-native" and isinstance(location, str) and not is_unknown(location):
            config = {**config, "location": location}
        return identity.scope_of(self._package, config)

    def _named(self, known: Resource, subject: Subject, olds: Props, news: Props) -> Props:
        if self._package == "kubernetes":
            return _kubernetes_named(subject, olds, news)
        key = _own_name(known, self._package)
        if key is None or news.get(key) is not None or news.get("namePrefix") or news.get(f"{key}Prefix"):
            return news
        old = olds.get(key) if key in (olds.get("__defaults") or ()) else None
        tail = identity.digest(subject.urn)
        fresh = f"{subject.name}{tail[:8]}" if self._package == "azure-native" else f"{subject.name}-{tail[:7]}"
        if subject.type == "azure-native:storage:StorageAccount":
            fresh = "".join(letter for letter in fresh.lower() if letter.isalnum())[-24:]
        return {**news, key: old or fresh, "__defaults": [key]}


def _own_name(known: Resource, package: str) -> str | None:
    """The property a provider fills in with a name: optional to give, always there afterwards."""
    if package == "azure-native":
        kind = known.cls.__name__
        own = f"{kind[0].lower()}{kind[1:]}Name"
        names = [key for key in replaces.path_parameters(known) if key in (own, "resourceName", "accountName")]
        return next((key for key in names if not known.inputs[key].required), None)
    for key in _AUTONAMED:
        field = known.inputs.get(key)
        if field is not None and not field.required and field.type == Scalar("string"):
            output = known.outputs.get(key)
            return key if output is not None and output.required else None
    return None


def _kubernetes_named(subject: Subject, olds: Props, news: Props) -> Props:
    return objects.autoname(news, subject.name, olds, identity.digest(subject.urn)[:8])


def _without_marks(inputs: Props) -> Props:
    return {key: value for key, value in inputs.items() if not key.startswith("__")}


def _decoded(inputs: Props, known: Resource) -> Props:
    """Provider inputs travel as JSON text where they are not strings."""
    decoded: Props = {}
    for key, value in inputs.items():
        field = known.inputs.get(key)
        if isinstance(value, str) and field is not None and field.type != Scalar("string") and not has_unknown(value):
            try:
                decoded[key] = json.loads(value)
            except ValueError:
                decoded[key] = value
        else:
            decoded[key] = value
    return decoded

"""The package `pulumi` itself: stack references, and values kept in the state."""

from collections.abc import Callable

from engine.core.model import Checked, Diffed, Failure
from engine.errors import ProviderError, UnsupportedError
from engine.providers.contract import Found, Made, ProviderDefaults, Subject, by_value
from engine.state.snapshot import Snapshot
from engine.values import UNKNOWN, Props, has_secret

Loader = Callable[[str, str], Snapshot]


class BuiltinProvider(ProviderDefaults):
    """Serves `pulumi:pulumi:StackReference` from the same backend."""

    def __init__(self, project: str, load: Loader, planned: Callable[[str, str], bool]) -> None:
        """``load(project, stack)`` reads another stack's state.

        ``planned(project, stack)`` tells whether a stack is described here and was never brought up: a preview takes
        its outputs as unknown.
        """
        self._project = project
        self._load = load
        self._planned = planned

    def check(self, subject: Subject, olds: Props, news: Props) -> Checked:
        """A reference needs a name."""
        del olds, subject
        return Checked(news, () if news.get("name") else (Failure("name", "missing required property 'name'"),))

    def diff(self, subject: Subject, old_inputs: Props, old_outputs: Props, news: Props) -> Diffed:
        """Another name is another reference."""
        del subject, old_outputs
        return by_value(old_inputs, news, frozenset({"name"}))

    def create(self, subject: Subject, inputs: Props) -> Made:
        """A reference is read, never created."""
        return Made(str(inputs["name"]), self._outputs(subject, str(inputs["name"])) if not subject.preview else inputs)

    def read(self, subject: Subject, inputs: Props, outputs: Props) -> Found | None:
        """Read the other stack's outputs."""
        del outputs
        name = str(inputs.get("name") or subject.id)
        return Found(name, {"name": name}, self._outputs(subject, name))

    def update(self, subject: Subject, old_inputs: Props, old_outputs: Props, news: Props) -> Props:
        """Nothing of a reference changes in place."""
        del old_inputs, old_outputs
        return self._outputs(subject, str(news["name"]))

    def delete(self, subject: Subject, inputs: Props, outputs: Props) -> None:
        """A reference owns nothing."""

    def invoke(self, token: str, args: Props) -> Props:
        """There are no functions here."""
        del args
        message = f"the engine has no function '{token}'"
        raise UnsupportedError(message)

    def _outputs(self, subject: Subject, name: str) -> Props:
        parts = name.split("/")
        if len(parts) == 1:
            project, stack = self._project, parts[0]
        elif len(parts) == 2:
            project, stack = parts
        elif len(parts) == 3 and parts[0] == "organization":
            project, stack = parts[1:]
        else:
            message = f"stack reference '{name}': write <stack>, <project>/<stack> or organization/<project>/<stack>"
            raise ProviderError(message)
        if subject.preview and self._planned(project, stack):
            return {"name": name, "outputs": UNKNOWN, "secretOutputNames": UNKNOWN}
        outputs = self._load(project, stack).outputs()
        return {
            "name": name,
            "outputs": outputs,
            "secretOutputNames": sorted(key for key, value in outputs.items() if has_secret(value)),
        }

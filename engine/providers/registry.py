"""The providers of one run: which one serves a package, and the instance behind each provider resource."""

import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from engine import urn as urns
from engine.core.model import Checked, Diffed
from engine.errors import ProgramError, UnsupportedError
from engine.providers.contract import Provider, Subject
from engine.state.resource import ResourceState
from engine.values import Props, has_unknown, is_unknown, reveal, without_internal

Factory = Callable[[], Provider]
CLOUDS = frozenset({"aws", "aws-native", "azure", "azure-native", "azuread", "gcp", "google-native"})
STACK_REFERENCE = "pulumi:pulumi:StackReference"


class Mode(StrEnum):
    """What a run may do: change things, tell what it would change, the same without asking anyone, or rehearse it."""

    REAL = "real"
    PREVIEW = "preview"
    OFFLINE = "offline"
    REHEARSAL = "rehearsal"


@dataclass(frozen=True, slots=True)
class Sources:
    """Where providers come from.

    ``factories`` are built in, by package; ``plugin(package, version)`` starts an installed plugin;
    ``offline(package)`` makes one from an installed SDK; ``builtin`` serves the package `pulumi` itself.
    ``local`` are the packages that reach nothing outside and are therefore rehearsed as they are.
    """

    factories: Mapping[str, Factory]
    plugin: Callable[[str, str], Provider | None]
    offline: Callable[[str], Provider | None]
    builtin: Provider
    local: frozenset[str] = frozenset()


class Registry:
    """Makes, configures and keeps providers. Safe for use from several threads."""

    def __init__(self, sources: Sources, mode: Mode) -> None:
        """Know where providers come from; none is made yet."""
        self._sources = sources
        self._mode = mode
        #: where the engine listens, for plugins that talk to it; empty while no program runs in a process of its own
        self.engine = ""
        self._live: dict[str, Provider | None] = {}
        self._bare: dict[str, Provider] = {}
        self._recorded: dict[str, ResourceState] = {}
        self._lock = threading.RLock()

    def remember(self, states: list[ResourceState]) -> None:
        """Know the recorded provider resources, so that what they manage can be read and deleted."""
        self._recorded = {one.urn: one for one in states if urns.is_provider(one.type)}

    def of(self, reference: str, type_: str) -> Provider | None:
        """The provider a resource names; None when a preview cannot configure it yet.

        Raises:
            ProgramError: the reference names no provider resource.
            UnsupportedError: nothing serves the package.
        """
        if type_ == STACK_REFERENCE:
            return self._sources.builtin
        urn, _ = urns.split_reference(reference)
        with self._lock:
            if urn in self._live:
                return self._live[urn]
            recorded = self._recorded.get(urn)
            if recorded is None:
                message = f"{type_}: its provider '{reference}' is not known; pass a provider resource in the options"
                raise ProgramError(message)
            self._activate(urn, recorded.type, recorded.inputs)
            return self._live[urn]

    def check_config(self, subject: Subject, olds: Props, news: Props) -> Checked:
        """Let a package validate a provider's configuration."""
        checked = self._bare_of(subject.type, news).check_config(subject, _plain(olds), _plain(news))
        kept = {key: news[key] for key in ("version", "__internal") if key in news}
        return Checked({**checked.inputs, **kept}, checked.failures)

    def diff_config(self, subject: Subject, olds: Props, news: Props) -> Diffed:
        """Compare two configurations of a package."""
        return self._bare_of(subject.type, news).diff_config(subject, _plain(olds), _plain(news))

    def configure(self, urn: str, type_: str, inputs: Props) -> str:
        """Bring a provider resource to life; returns a fresh id for it."""
        with self._lock:
            self._activate(urn, type_, inputs)
        return str(uuid.uuid4())

    def function_provider(self, reference: str, token: str) -> Provider | None:
        """The provider that serves a function."""
        if token.startswith("pulumi:pulumi:"):
            return self._sources.builtin
        return self.of(reference, token)

    def stop_waiting(self) -> None:
        """Let no provider wait for readiness any longer."""
        with self._lock:
            live = [provider for provider in self._live.values() if provider is not None]
        for provider in live:
            provider.stop_waiting()

    def close(self) -> None:
        """End every provider."""
        with self._lock:
            for provider in [*self._live.values(), *self._bare.values()]:
                if provider is not None:
                    provider.close()
            self._live.clear()
            self._bare.clear()

    def _activate(self, urn: str, type_: str, inputs: Props) -> None:
        package = urns.package_of(type_)
        if has_unknown(inputs):
            provider = self._sources.offline(package) if self._mode is not Mode.REAL else None
            if provider is not None:
                provider.configure({key: one for key, one in _plain(inputs).items() if not has_unknown(one)})
            self._live[urn] = provider
            return
        provider = self._make(package, str(inputs.get("version", "")))
        provider.configure(_plain(inputs))
        self._live[urn] = provider

    def _bare_of(self, type_: str, inputs: Props) -> Provider:
        package = urns.package_of(type_)
        with self._lock:
            if package not in self._bare:
                version = inputs.get("version", "")
                self._bare[package] = self._make(package, "" if is_unknown(version) else str(version))
            return self._bare[package]

    def _make(self, package: str, version: str) -> Provider:
        local = package in self._sources.local
        if self._mode in (Mode.REHEARSAL, Mode.OFFLINE) and not local:
            return self._offline(package)
        factory = self._sources.factories.get(package)
        if factory is not None:
            return factory()
        if package not in CLOUDS:
            plugin = self._sources.plugin(package, version)
            if plugin is not None:
                return plugin
        if self._mode is Mode.PREVIEW:
            return self._offline(package)
        if package in CLOUDS:
            message = (
                f"the embedded engine previews and rehearses '{package}', it does not change it: "
                "run with --rehearse, or with --engine pulumi and credentials"
            )
            raise UnsupportedError(message)
        raise self._unserved(package)

    def _offline(self, package: str) -> Provider:
        provider = self._sources.offline(package)
        if provider is None:
            raise self._unserved(package)
        return provider

    def _unserved(self, package: str) -> UnsupportedError:
        built_in = ", ".join(sorted(self._sources.factories))
        return UnsupportedError(
            f"no provider for package '{package}': the embedded engine has {built_in}, previews what an installed SDK "
            f"describes (`pip install pulumi-{package}`), and uses installed plugins "
            f"(`pulumi plugin install resource {package}`); or run with --engine pulumi"
        )


def _plain(inputs: Props) -> Props:
    plain = without_internal(reveal(inputs))
    plain.pop("version", None)
    return plain

"""Rehearsals of the project's own stacks, shared by the tests of one file: state and clouds lie in a folder of theirs."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

from engine import operations
from engine.operations import Result
from engine.policy.judges import PackSource
from engine.session import Rehearsal, Session, open_session
from engine.state.resource import ResourceState
from engine.values import Props

SITES = ("aws-mumbai", "gcp-frankfurt", "azure-virginia", "onprem-munich")


@dataclass
class Rehearsed:
    """A stack of the project in a rehearsal."""

    name: str
    overrides: dict[str, str] = field(default_factory=dict[str, str])
    faults: tuple[str, ...] = ()
    packs: tuple[PackSource, ...] = ()
    events: list[Props] = field(default_factory=list[Any])

    def run(self, kind: str) -> Result:
        """Run an operation; the program shares this process, so that an SDK is imported once."""
        session = self.session()
        self.events = []
        setting = session.setting(self.events.append, packs=self.packs, in_process=True)
        if kind == "preview":
            return operations.preview(setting, session.program())
        if kind == "up":
            return operations.up(setting, session.program())
        return operations.refresh(setting) if kind == "refresh" else operations.destroy(setting)

    def session(self) -> Session:
        """Open the stack anew."""
        return open_session(ROOT, self.name, overrides=self.overrides, rehearsal=Rehearsal(self.faults))

    def resources(self) -> list[ResourceState]:
        """What its state holds."""
        return self.session().store.load().resources

    def steps(self) -> list[tuple[str, str]]:
        """The steps of the last run that changed something."""
        found = [event["resOutputsEvent"]["metadata"] for event in self.events if "resOutputsEvent" in event]
        return [(one["op"], one["urn"].rsplit("::", 1)[-1]) for one in found if one["op"] != "same"]


def backend(folder: Path) -> pytest.MonkeyPatch:
    """Keep state and offline clouds in a folder until the patch is undone."""
    patch = pytest.MonkeyPatch()
    patch.setenv("PULUMI_BACKEND_URL", f"file://{folder}")
    patch.setenv("PULUMI_CONFIG_PASSPHRASE", "for tests")
    return patch

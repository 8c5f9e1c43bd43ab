"""Rehearsals of the project's own stacks, shared by the tests of one file: state and clouds lie in a folder of theirs."""

from pathlib import Path

import pytest
from conftest import ROOT, Stack

from engine.session import Rehearsal

SITES = ("aws-mumbai", "gcp-frankfurt", "azure-virginia", "onprem-munich")


def rehearsed(name: str) -> Stack:
    """A stack of the project in a rehearsal; its program shares this process, so that an SDK is imported once."""
    return Stack(ROOT, name, rehearsal=Rehearsal(), unknowns_fail=False)


def backend(folder: Path) -> pytest.MonkeyPatch:
    """Keep state and offline clouds in a folder until the patch is undone."""
    patch = pytest.MonkeyPatch()
    patch.setenv("PULUMI_BACKEND_URL", f"file://{folder}")
    patch.setenv("PULUMI_CONFIG_PASSPHRASE", "for tests")
    return patch

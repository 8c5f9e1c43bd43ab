"""The same operations on the Pulumi CLI, through the Automation API."""

import sys
from pathlib import Path
from typing import Any

from cli.main import BAD_INPUT, FAILED, OK
from engine import project as projects


def run(kind: str, folder: Path, stack: str, packs: tuple[Path, ...], *, yes: bool, offline: bool = False) -> int:
    """Carry out an operation with the CLI; returns the exit code. ``offline`` has it ask offline clouds alone."""
    if not offline:
        return _run(kind, folder, stack, packs, yes=yes)
    from engine.providers.offline.serve import attached

    with attached({}) as variables:
        return _run(kind, folder, stack, packs, yes=yes, variables=variables)


def _run(
    kind: str, folder: Path, stack: str, packs: tuple[Path, ...], *, yes: bool, variables: dict[str, str] | None = None
) -> int:
    from pulumi import automation

    root = projects.load(folder).root
    if not yes:
        sys.stderr.write(f"`{kind}` on the Pulumi engine does not ask: add --yes\n")
        return BAD_INPUT
    api: Any = automation
    workspace = api.LocalWorkspaceOptions(env_vars=variables)
    selected = api.create_or_select_stack(stack_name=stack, work_dir=str(root), opts=workspace)
    options: dict[str, Any] = {"on_output": print, "color": "auto" if sys.stdout.isatty() else "never"}
    if kind in ("preview", "up"):
        options["policy_packs"] = [str(pack) for pack in packs]
    try:
        getattr(selected, kind)(**options)
    except api.CommandError as error:
        sys.stderr.write(f"error: the Pulumi CLI failed: {str(error).strip().splitlines()[-1]}\n")
        return FAILED
    return OK

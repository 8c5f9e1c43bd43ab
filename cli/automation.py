"""The same operations on the Pulumi CLI, through the Automation API."""

import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from cli.check.config import own_file
from cli.main import BAD_INPUT, FAILED, OK
from engine import project as projects


def run(kind: str, folder: Path, stack: str, packs: tuple[Path, ...], *, yes: bool, offline: bool = False) -> int:
    """Carry out an operation with the CLI; returns the exit code. ``offline`` has it ask offline clouds alone."""
    from pulumi import automation

    project = projects.load(folder)
    if not yes:
        sys.stderr.write(f"`{kind}` on the Pulumi engine does not ask: add --yes\n")
        return BAD_INPUT
    api: Any = automation
    options: dict[str, Any] = {"on_output": print, "color": "auto" if sys.stdout.isatty() else "never"}
    if kind in ("preview", "up"):
        options["policy_packs"] = [str(pack) for pack in packs]
        for config in own_file(project):
            options["policy_pack_configs"] = [str(config)] * len(packs)
    with _providers(offline=offline) as variables:
        workspace = api.LocalWorkspaceOptions(env_vars=variables)
        selected = api.create_or_select_stack(stack_name=stack, work_dir=str(project.root), opts=workspace)
        try:
            getattr(selected, kind)(**options)
        except api.CommandError as error:
            sys.stderr.write(f"error: the Pulumi CLI failed: {str(error).strip().splitlines()[-1]}\n")
            return FAILED
    return OK


def _providers(*, offline: bool) -> AbstractContextManager[dict[str, str]]:
    """What the CLI's environment needs to find its providers: nothing, or the addresses of offline ones."""
    if not offline:
        return nullcontext({})
    from engine.providers.offline.serve import attached

    return attached({})

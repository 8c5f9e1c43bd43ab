"""How a program in TypeScript or JavaScript is run: by the SDK that lies with it, as Pulumi's language host does."""

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import ProgramError

if TYPE_CHECKING:
    from engine.program.launch import Program

SDK = Path("node_modules") / "@pulumi" / "pulumi" / "cmd" / "run"


def command(program: "Program", address: str, *, preview: bool) -> tuple[list[str], dict[str, str]]:
    """What is run, and what it is told by variables; the monitor and the engine are at ``address``.

    Raises:
        ProgramError: there is no Node.js, or no SDK.
    """
    node = shutil.which("node")
    if node is None:
        message = "the program needs Node.js, and `node` is not on PATH: https://nodejs.org"
        raise ProgramError(message)
    folder = program.path if program.path.is_dir() else program.path.parent
    sdk = next((one / SDK for one in (folder, *folder.parents) if (one / SDK).is_dir()), None)
    if sdk is None:
        message = f"@pulumi/pulumi is not installed for the program at {program.path}: run `npm install` in {folder}"
        raise ProgramError(message)
    flags = {
        "monitor": address,
        "engine": address,
        "organization": "organization",
        "project": program.project,
        "stack": program.stack,
        "root-directory": str(program.root),
        "pwd": str(folder),
        "parallel": str(program.parallel),
    }
    entry = "." if program.path.is_dir() else program.path.name
    words = [*(f"--{name}={text}" for name, text in flags.items()), *(["--dry-run"] if preview else []), entry]
    told = {
        "PULUMI_CONFIG": json.dumps(program.config or {}),
        "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(program.secret_keys)),
        "PULUMI_NODEJS_TYPESCRIPT": "true",
    }
    return [node, str(sdk), *words], told

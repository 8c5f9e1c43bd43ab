"""Options that commands share."""

from pathlib import Path
from typing import Annotated

import typer

Stack = Annotated[str, typer.Option("--stack", "-s", help="The stack, as in stacks/Pulumi.<stack>.yaml.")]
Folder = Annotated[Path, typer.Option("--cwd", "-C", help="A folder inside the project.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Subject = Annotated[str, typer.Argument(help="A workload file, a blueprint, or the name of a stack.")]
Rehearse = Annotated[
    bool, typer.Option("--rehearse", help="Act on offline clouds, with a state of their own: no account is needed.")
]
Offline = Annotated[bool, typer.Option("--offline", help="Ask neither clouds nor clusters: no account is needed.")]
Faults = Annotated[
    list[str] | None,
    typer.Option("--fault", help="What goes wrong in a rehearsal: <type pattern>=<throttle|quota|...>[:<times>]."),
]

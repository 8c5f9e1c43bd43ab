"""The commands about how far workloads have come."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from cli.arguments import Folder, Json

app = typer.Typer()
Phase = Literal["prototype", "foundation", "scale", "governed"]
Named = Annotated[str, typer.Argument(help="A blueprint, or the name of a stack.", show_default=False)]


@app.command(epilog="Example: domicile promote support-gcp-frankfurt --write")
def promote(
    subject: Named,
    *,
    to: Annotated[Phase | None, typer.Option(help="The phase to go to; the next one when left out.")] = None,
    write: Annotated[bool, typer.Option("--write", help="Write what can be written to the blueprint.")] = False,
    cwd: Folder = Path(),
    json: Json = False,
) -> None:
    """Show what the next phase adds, what is missing and what it costs; and write the change."""
    from cli.governance import promote as command

    command.run(subject, cwd, to, write=write, as_json=json)


@app.command(epilog="Example: domicile records support-gcp-frankfurt --out records/support")
def records(
    subject: Named,
    *,
    out: Annotated[Path, typer.Option(help="The folder to write them to.", show_default=False)],
    cwd: Folder = Path(),
) -> None:
    """Write model card, data sheet and impact assessment, from the blueprint and its plan."""
    from cli.governance import records as command

    command.run(subject, cwd, out)


@app.command(epilog="Example: domicile maturity support-gcp-frankfurt")
def maturity(
    subjects: Annotated[
        list[str] | None, typer.Argument(help="Blueprints or stacks; all stacks of workloads when none is named.")
    ] = None,
    *,
    cwd: Folder = Path(),
    json: Json = False,
) -> None:
    """Score workloads by what their files show: placement, data, cost, operations, governance; and what is next."""
    from cli.governance import maturity as command

    command.run(tuple(subjects or ()), cwd, as_json=json)


@app.command(epilog="Example: domicile admission --namespaces team=fraud --action warn > rules.yaml")
def admission(
    *,
    namespaces: Annotated[str, typer.Option(help="The label, key=value, of the namespaces that are guarded.")] = (
        "app.kubernetes.io/managed-by=domicile"
    ),
    action: Annotated[Literal["deny", "warn"], typer.Option(help="What happens to what breaks a rule.")] = "deny",
    policy_pack_config: Annotated[
        list[Path] | None, typer.Option(help="Settings by rule, as the Pulumi CLI takes them.")
    ] = None,
    cwd: Folder = Path(),
) -> None:
    """Write the packs' rules as a ValidatingAdmissionPolicy: the API server itself asks them, whoever brings what."""
    from cli.governance import admission as command

    command.run(cwd, namespaces, action, tuple(policy_pack_config or ()))

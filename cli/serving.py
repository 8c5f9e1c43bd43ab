"""The commands about what serves: questions through a gateway on this machine, rights in a warehouse."""

from pathlib import Path
from typing import Annotated

import typer

from cli.arguments import Folder, Json

app = typer.Typer()
gateway_app = typer.Typer(help="A stack's gateway on this machine.", no_args_is_help=True)
app.add_typer(gateway_app, name="gateway")
Named = Annotated[str, typer.Argument(help="The stack.", show_default=False)]


@app.command(epilog='Example: domicile ask local "How many days of leave do I have?"')
def ask(
    stack: Named,
    question: Annotated[str, typer.Argument(help="What to ask.", show_default=False)],
    *,
    cwd: Folder = Path(),
    team: Annotated[str | None, typer.Option(help="Who asks; the blueprint's first team when left out.")] = None,
    alias: Annotated[str | None, typer.Option(help="The model's name at the gateway; the first that answers.")] = None,
    json: Json = False,
) -> None:
    """Ask through the stack's gateway, run on this machine, and tell what became of the question."""
    from cli.gateway import ask as command

    raise typer.Exit(command.run(stack, question, cwd, team, alias, as_json=json))


@app.command("load", epilog="Example: domicile load local --shape evenings --peak 8 --seconds 60")
def load_(
    stack: Named,
    *,
    cwd: Folder = Path(),
    shape: Annotated[str, typer.Option(help="How the load goes over a day, played in the time given.")] = (
        "office-hours"
    ),
    peak: Annotated[float, typer.Option(min=0.01, max=10_000, help="Requests a second at the most.")] = 5.0,
    seconds: Annotated[float, typer.Option(min=1, max=86_400, help="How long.")] = 60.0,
    tokens: Annotated[int, typer.Option(min=1, max=100_000, help="The most an answer has.")] = 64,
    seed: Annotated[int, typer.Option(help="The same load again for the same number.")] = 1,
    team: Annotated[str | None, typer.Option(help="Who asks; the blueprint's first team when left out.")] = None,
    alias: Annotated[str | None, typer.Option(help="The model's name at the gateway; the first that answers.")] = None,
    url: Annotated[
        str | None, typer.Option(help="A gateway elsewhere, as https://...; a team's key is in DOMICILE_KEY.")
    ] = None,
    json: Json = False,
) -> None:
    """Drive a shape of load through the stack's gateway and show its objectives as it goes; 1 when one is missed."""
    from cli.gateway import drive as command

    asked = command.Asked(shape, peak, seconds, tokens, seed, team, alias, url)
    raise typer.Exit(command.run(stack, cwd, asked, as_json=json))


@app.command(epilog="Example: domicile rollout handbook-onprem-munich --prometheus http://localhost:9090")
def rollout(
    stack: Named,
    *,
    cwd: Folder = Path(),
    prometheus: Annotated[str | None, typer.Option(help="The Prometheus that watches the stack's gateway.")] = None,
    here: Annotated[bool, typer.Option("--here", help="The stack's gateway on this machine.")] = False,
    answers: Annotated[
        bool, typer.Option("--answers", help="Try the answers' candidate: prompts, redaction, confidence.")
    ] = False,
    abort: Annotated[bool, typer.Option("--abort", help="Give everything back to the stable version.")] = False,
    pause: Annotated[float, typer.Option(help="Seconds between looks.")] = 30.0,
    looks: Annotated[int, typer.Option(help="How often to look before it is left as it stands.")] = 2880,
) -> None:
    """Give a candidate more and more requests while it is no worse, or take it back; goes on where it stood."""
    from cli.gateway import roll as command

    raise typer.Exit(command.run(stack, cwd, prometheus, pause, looks, here=here, abort=abort, answers=answers))


@app.command(epilog="Example: domicile grants blueprints/analytics_assistant/examples/sales.yaml > grants.sql")
def grants(
    subject: Annotated[str, typer.Argument(help="A stack, or a blueprint.", show_default=False)],
    *,
    cwd: Folder = Path(),
    user: Annotated[str | None, typer.Option(help="The user; the workload's name when left out.")] = None,
) -> None:
    """Write SQL that makes a warehouse's user who may read what the blueprint lists, and nothing else."""
    from cli import grants as command

    command.run(subject, cwd, user)


@app.command(epilog="Example: domicile images handbook-onprem-munich")
def images(stack: Named, *, cwd: Folder = Path(), json: Json = False) -> None:
    """List what a stack fetches, images and models, and where from: what to copy for a place without a line."""
    from cli import images as command

    command.run(stack, cwd, as_json=json)


@gateway_app.command("down", epilog="Example: domicile gateway down local")
def gateway_down(stack: Named) -> None:
    """End a stack's gateway on this machine."""
    from cli.gateway import ask as command

    command.down(stack)

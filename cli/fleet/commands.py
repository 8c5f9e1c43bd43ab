"""The commands about fleets of sites."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from cli.arguments import Folder, Json

app = typer.Typer()
fleet_app = typer.Typer(help="Fleets of sites: releases, and how they go through.", no_args_is_help=True)
app.add_typer(fleet_app, name="fleet")
Stack = Annotated[str, typer.Argument(help="The fleet's stack.", show_default=False)]
Address = Annotated[str, typer.Option("--hub", help="The hub's address.", show_default=False)]


@fleet_app.command(epilog="Example: domicile fleet key release.pem")
def key(
    file: Annotated[Path, typer.Argument(help="The file to write the private half to.", show_default=False)],
) -> None:
    """Make a key that signs releases; the public half goes into the blueprint."""
    from cli.fleet import release as command

    command.key(file)


@fleet_app.command(
    epilog="Example: domicile fleet release welds --number 7 --key release.pem --models models --out release-7.tar"
)
def release(
    stack: Stack,
    *,
    number: Annotated[int, typer.Option(min=1, help="Its number; sites take higher ones only.", show_default=False)],
    key: Annotated[Path, typer.Option(help="The private key that signs it.", show_default=False)],
    models: Annotated[Path, typer.Option(help="The folder with models, as NAME/VERSION/files.", show_default=False)],
    out: Annotated[Path, typer.Option(help="The file to write.", show_default=False)],
    cwd: Folder = Path(),
) -> None:
    """Make a release: what every site is to run, signed, in one file that can be carried."""
    from cli.fleet import release as command

    command.make(stack, cwd, number, command.Given(key, models), out)


@fleet_app.command(
    epilog="Example: domicile fleet install welds aachen-1 --hub https://fleet.example.com --out aachen-1.yaml"
)
def install(
    stack: Stack,
    site: Annotated[str, typer.Argument(help="The site.", show_default=False)],
    *,
    hub: Address,
    out: Annotated[Path, typer.Option(help="The file to write.", show_default=False)],
    cwd: Folder = Path(),
) -> None:
    """Write what is applied at a site, once: its agent, which does the rest."""
    from cli.fleet import release as command
    from cli.fleet.hub import Hub

    command.install(stack, cwd, site, Hub(hub), out)


@fleet_app.command(epilog="Example: domicile fleet publish release-7.tar --hub https://fleet.example.com --begin")
def publish(
    file: Annotated[Path, typer.Argument(help="The release.", show_default=False)],
    *,
    hub: Address,
    begin: Annotated[bool, typer.Option("--begin", help="Let it go to the first ring.")] = False,
) -> None:
    """Hand a release to the hub."""
    from cli.fleet.hub import Hub
    from cli.output import console

    there = Hub(hub)
    digest = there.publish(file)
    console().print(f"{digest[:12]} is at the hub")
    if begin:
        _told(there.order("begin", digest))


@fleet_app.command(epilog="Example: domicile fleet order stop --hub https://fleet.example.com")
def order(
    what: Annotated[Literal["pause", "resume", "stop"], typer.Argument(help="What the hub does.", show_default=False)],
    *,
    hub: Address,
) -> None:
    """Pause a release, let it go on, or stop it: then every site goes back to what it had."""
    from cli.fleet.hub import Hub

    _told(Hub(hub).order(what))


@fleet_app.command(epilog="Example: domicile fleet status --hub https://fleet.example.com --site aachen-1")
def status(
    *,
    hub: Address,
    site: Annotated[str | None, typer.Option(help="What this site told.")] = None,
    json: Json = False,
) -> None:
    """Show where a release stands, and every site that needs somebody."""
    from cli.fleet import show as command
    from cli.fleet.hub import Hub

    command.status(Hub(hub), site, as_json=json)


@fleet_app.command(epilog="Example: domicile fleet carry reports.jsonl --hub https://fleet.example.com")
def carry(
    file: Annotated[Path, typer.Argument(help="Reports of a site without a line.", show_default=False)],
    *,
    hub: Address,
) -> None:
    """Hand over reports that were carried from a site without a line."""
    from cli.fleet.hub import Hub
    from cli.output import console

    console().print(f"{Hub(hub).carry(file)} reports handed over")


def _told(rollout: dict[str, object]) -> None:
    from cli.output import console

    console().print(f"{rollout['state']}: {'; '.join(map(str, rollout['why']))}")  # pyright: ignore[reportArgumentType]

"""The commands about kinds of blueprint: their list, one to begin with, one of your own."""

from pathlib import Path
from typing import Annotated

import typer

from cli.arguments import Folder, Json

app = typer.Typer()
blueprints_app = typer.Typer(help="The kinds of blueprint; without a command, their list.", invoke_without_command=True)
app.add_typer(blueprints_app, name="blueprints")


@app.command(epilog="Example: domicile new knowledge-assistant my-assistant.yaml")
def new(
    kind: Annotated[str, typer.Argument(help="The kind of blueprint; see `domicile blueprints`.")],
    file: Annotated[Path, typer.Argument(help="The file to write.")],
    *,
    ask: Annotated[bool, typer.Option("--ask", help="Ask what the kind needs, one thing at a time.")] = False,
    answers: Annotated[Path | None, typer.Option(help="A YAML file of answers, by their paths.")] = None,
    stack: Annotated[str | None, typer.Option(help="Make a stack of it too, with this name.")] = None,
) -> None:
    """Write a blueprint: the example to edit, or one made from answers; and a stack of it."""
    from cli import blueprints as command

    command.new(kind, file, answers, stack, ask=ask)


@app.command(epilog="Example: domicile portal --out portal --repository 'github.com?owner=acme&repo=ai-stacks'")
def portal(
    *,
    out: Annotated[Path, typer.Option(help="The folder to write; a new or an empty one.")],
    repository: Annotated[str, typer.Option(help="Where pull requests go, as Backstage names it.")],
    owner: Annotated[str, typer.Option(help="Whose the templates are.")] = "ai-platform",
    cwd: Folder = Path(),
) -> None:
    """Write what a developer portal (Backstage) shows: a template for each kind, an entity for each stack."""
    from cli import portal as command

    command.run(cwd, out, repository, owner)


@app.command(epilog="Example: domicile templates --out templates --source github.com/acme/domicile@v0.1.0")
def templates(
    *,
    out: Annotated[Path, typer.Option(help="The folder to write; a new or an empty one.")],
    source: Annotated[str, typer.Option(help="Where projects find this package: a folder or a repository.")],
) -> None:
    """Write templates for `pulumi new`: a project for each kind and place, with its program and blueprint."""
    from cli import portal as command

    command.templates(out, source)


@app.command(epilog="Example: domicile digest models/card-fraud/14")
def digest(
    folder: Annotated[Path, typer.Argument(help="The folder with a model's files.", show_default=False)],
) -> None:
    """Say the digest of a model's files, by which a blueprint approves its version."""
    from cli import blueprints as command

    command.digest(folder)


@blueprints_app.callback(epilog="Example: domicile blueprints --json")
def blueprints(context: typer.Context, *, json: Json = False) -> None:
    """List the kinds of blueprint."""
    if context.invoked_subcommand is None:
        from cli import blueprints as command

        command.listing(as_json=json)


@blueprints_app.command(epilog='Example: domicile blueprints scaffold claims-triage --about "Sorts claims by urgency"')
def scaffold(
    kind: Annotated[str, typer.Argument(help="Its name, as claims-triage.", show_default=False)],
    *,
    about: Annotated[str, typer.Option(help="What it is, in a sentence.", show_default=False)],
    family: Annotated[
        str,
        typer.Option(help="chatting (people ask), batching, deciding (by a score) or learning."),
    ] = "chatting",
) -> None:
    """Begin a kind of your own: its model, an example, and tests that fail until it keeps its promises."""
    from cli import blueprints as command

    command.scaffold(kind, family, about)

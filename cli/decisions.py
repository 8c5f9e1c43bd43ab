"""The commands that decide and price, and those about the catalog they decide from."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from cli.arguments import Folder, Json, Subject

app = typer.Typer()
catalog_app = typer.Typer(help="Facts with source and date: prices, hardware, models, regions.", no_args_is_help=True)
app.add_typer(catalog_app, name="catalog")

Table = Annotated[
    Literal["accelerators", "offers", "models", "hosted", "services", "regions", "countries", "onprem", "quantization"],
    typer.Argument(help="A table of the catalog."),
]


@app.command(epilog="Example: domicile place planning/examples/support-frankfurt.yaml")
def place(subject: Subject, *, cwd: Folder = Path(), json: Json = False) -> None:
    """Decide where a workload goes: the winner, the runners-up, and what would make each win."""
    from cli import place as command

    raise typer.Exit(command.run(subject, cwd, as_json=json, everything=False))


@app.command(epilog="Example: domicile explain planning/examples/support-frankfurt.yaml")
def explain(subject: Subject, *, cwd: Folder = Path(), json: Json = False) -> None:
    """Show a decision with every rejection, reason and assumption."""
    from cli import place as command

    raise typer.Exit(command.run(subject, cwd, as_json=json, everything=True))


@app.command(epilog="Example: domicile cost planning/examples/support-frankfurt.yaml")
def cost(subject: Subject, *, cwd: Folder = Path(), json: Json = False) -> None:
    """Show a month's bill line by line, its units, break-even loads and what would make it cheaper."""
    from cli import cost as command

    raise typer.Exit(command.run(subject, cwd, as_json=json))


@app.command(epilog="Example: domicile report planning/examples/support-frankfurt.yaml --out decision.html")
def report(
    subject: Subject,
    *,
    out: Annotated[Path | None, typer.Option(help="The file; <name>.html when left out.")] = None,
    cwd: Folder = Path(),
) -> None:
    """Write a decision as one page: map, reasons, size, cost, break-even, objectives, controls."""
    from cli.report import command

    command.run(subject, cwd, out)


@app.command(epilog="Example: domicile portfolio --findings --out portfolio.html")
def portfolio(
    *,
    out: Annotated[Path | None, typer.Option(help="Write a page with a map instead.")] = None,
    findings: Annotated[bool, typer.Option("--findings", help="Ask the gate too, about each.")] = False,
    cwd: Folder = Path(),
    json: Json = False,
) -> None:
    """Show every stack: where it is, whose, its data, its month's bill, its objectives, what the gate says."""
    from cli.portfolio import command

    command.run(cwd, out, findings=findings, as_json=json)


@app.command(
    epilog=(
        "Example: domicile size --model Qwen/Qwen3-32B --accelerator H100 --gpus 2 --precision fp8 --engine vllm "
        "--input-tokens 2000 --output-tokens 300 --concurrency 32"
    )
)
def size(
    subject: Annotated[
        str | None, typer.Argument(help="A workload file, a blueprint or a stack; or a CSV of configurations.")
    ] = None,
    *,
    model: Annotated[str | None, typer.Option(help="A model of the catalog.")] = None,
    accelerator: Annotated[str | None, typer.Option(help="An accelerator of the catalog.")] = None,
    gpus: Annotated[int, typer.Option(help="Accelerators of one replica.")] = 1,
    precision: Annotated[
        str | None, typer.Option(help="bf16, fp8, fp4 or int4; the model's own when left out.")
    ] = None,
    engine: Annotated[str, typer.Option(help="vllm, sglang or trtllm.")] = "vllm",
    input_tokens: Annotated[int, typer.Option(help="Mean prompt.")] = 1000,
    output_tokens: Annotated[int, typer.Option(help="Mean answer.")] = 500,
    concurrency: Annotated[
        int | None, typer.Option(help="Requests in flight; as many as are of use when left out.")
    ] = None,
    estimator: Annotated[Literal["roofline", "aiconfigurator"], typer.Option(help="Who estimates.")] = "roofline",
    csv: Annotated[Path | None, typer.Option("--csv", help="A table of configurations, one a row.")] = None,
    cwd: Folder = Path(),
    json: Json = False,
) -> None:
    """Say whether a model fits, and how fast it answers."""
    from cli import size as command

    if csv is None and subject is not None and subject.endswith(".csv"):
        csv = Path(subject)
    if csv is not None:
        raise typer.Exit(command.table(csv, estimator, as_json=json))
    if subject is not None:
        raise typer.Exit(command.workload(subject, cwd, as_json=json))
    if model is None or accelerator is None:
        message = "give a workload, --csv FILE, or --model and --accelerator"
        raise typer.BadParameter(message)
    given = command.as_words(
        model=model,
        accelerator=accelerator,
        gpus=gpus,
        precision=precision,
        engine=engine,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        concurrency=concurrency,
    )
    raise typer.Exit(command.one(given, estimator, as_json=json))


@catalog_app.command("show", epilog="Example: domicile catalog show accelerators")
def catalog_show(table: Table, *, json: Json = False) -> None:
    """Show a table with the source and the date of each row."""
    from cli import catalog as command

    command.show(table, as_json=json)


@catalog_app.command("search", epilog="Example: domicile catalog search h100 eu-central-1")
def catalog_search(
    words: Annotated[list[str], typer.Argument(help="Rows that have all of them.")], *, json: Json = False
) -> None:
    """Find rows in any table."""
    from cli import catalog as command

    command.search(words, as_json=json)


@catalog_app.command("verify", epilog="Example: domicile catalog verify")
def catalog_verify(*, json: Json = False) -> None:
    """Check that the catalog is whole: prices, countries, references, sources, dates."""
    from cli import catalog as command

    raise typer.Exit(command.check(as_json=json))


@catalog_app.command("refresh", epilog="Example: domicile catalog refresh --region eu-central-1")
def catalog_refresh(
    region: Annotated[list[str], typer.Option("--region", help="An AWS region; may be given again.")],
    *,
    into: Annotated[Path | None, typer.Option(help="The overlay's folder.")] = None,
    json: Json = False,
) -> None:
    """Read today's AWS prices, offerings and quotas into a dated overlay; needs credentials."""
    from cli import catalog as command

    command.renew(region, into, as_json=json)

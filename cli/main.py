"""The command line. Commands import what they need when they run, so that help is quick."""

import gc
import os
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from cli.arguments import Faults, Folder, Json, Offline, Rehearse, Stack, Yes
from cli.decisions import app as decisions_app
from cli.fleet.commands import app as fleet_app
from cli.governance.commands import app as governance_app
from cli.kinds import app as kinds_app
from cli.serving import app as serving_app

OK, VIOLATION, BAD_INPUT, FAILED, UNDETERMINED, INTERRUPTED = 0, 1, 2, 3, 4, 130
EXIT_CODES = (
    "Exit codes: 0 done; 1 a policy is broken; 2 bad input; 3 the run failed; 4 a policy stayed undetermined; "
    "130 interrupted."
)

app = typer.Typer(
    name="domicile",
    help="Where an AI workload lives: legally, physically and financially.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
cluster_app = typer.Typer(help="Local Kubernetes clusters with simulated GPU nodes.", no_args_is_help=True)
state_app = typer.Typer(help="A stack's recorded state.", no_args_is_help=True)
app.add_typer(decisions_app)
app.add_typer(kinds_app)
app.add_typer(fleet_app)
app.add_typer(governance_app)
app.add_typer(serving_app)
bootstrap_app = typer.Typer(help="Where a team's state lives.", no_args_is_help=True)
app.add_typer(bootstrap_app, name="bootstrap")
app.add_typer(cluster_app, name="cluster")
app.add_typer(state_app, name="state")

EngineChoice = Annotated[
    Literal["auto", "pulumi", "embedded"],
    typer.Option("--engine", help="auto: the Pulumi CLI when it is on PATH, else the embedded engine."),
]
Packs = Annotated[
    list[Path] | None, typer.Option("--policy-pack", help="A pack's folder; the project's own packs always run.")
]
OnUnknown = Annotated[
    Literal["fail", "warn"], typer.Option("--on-unknown", help="Whether an undetermined rule fails a preview.")
]


@app.command(epilog="Example: domicile plan platform-aws-mumbai --offline")
def plan(
    subject: Annotated[str, typer.Argument(help="A blueprint's file, or the name of a stack.")],
    *,
    cwd: Folder = Path(),
    engine: EngineChoice = "auto",
    offline: Offline = False,
    json: Json = False,
) -> None:
    """Decide where a workload goes, how big it is and what it costs; of a stack, show what `up` would make too."""
    from cli import plan as command

    command.run(subject, cwd, engine, offline=offline, as_json=json)


@app.command(epilog="Example: domicile preview -s local")
def preview(
    stack: Stack,
    *,
    cwd: Folder = Path(),
    engine: EngineChoice = "auto",
    policy_pack: Packs = None,
    on_unknown: OnUnknown = "fail",
    rehearse: Rehearse = False,
    offline: Offline = False,
    json: Json = False,
) -> None:
    """Show what `up` would change and what the packs say of it."""
    from cli import operate as command

    packs = tuple(policy_pack or ())
    run = command.Run("preview", cwd, stack, engine, packs, on_unknown, rehearse=rehearse, offline=offline)
    command.run(run, as_json=json, yes=True)


@app.command(epilog="Example: domicile check --base origin/main --output sarif=check.sarif")
def check(
    stacks: Annotated[
        list[str] | None, typer.Argument(help="Stacks; all, or those a change touches, if left out.")
    ] = None,
    *,
    cwd: Folder = Path(),
    base: Annotated[str, typer.Option(help="The revision that changes are told against, as origin/main.")] = "",
    state: Annotated[list[Path] | None, typer.Option(help="A stack's export or state file, judged instead.")] = None,
    preview_json: Annotated[list[Path] | None, typer.Option(help="The output of `pulumi preview --json`.")] = None,
    manifests: Annotated[list[Path] | None, typer.Option(help="Rendered Kubernetes YAML: a file or a folder.")] = None,
    policy_pack_config: Annotated[
        list[Path] | None, typer.Option(help="Settings by rule, as the Pulumi CLI takes them.")
    ] = None,
    profile: Annotated[list[str] | None, typer.Option(help="A law, as eu-gdpr; may be given again.")] = None,
    output: Annotated[list[str] | None, typer.Option(help="FORMAT=FILE; may be given again.")] = None,
    format: Annotated[  # noqa: A002 the option's name
        Literal["text", "json", "markdown", "sarif", "junit", "github"], typer.Option(help="What to print.")
    ] = "text",
    timeout: Annotated[int, typer.Option(min=1, max=86_400, help="Seconds after which a check ends.")] = 1200,
) -> None:
    """Judge what stacks would be, with no account: every pack, the price, and what changes."""
    from cli.check import command

    asked = command.Asked(
        cwd,
        tuple(stacks or ()),
        base=base,
        state=tuple(state or ()),
        preview=tuple(preview_json or ()),
        manifests=tuple(manifests or ()),
        config=tuple(policy_pack_config or ()),
        profiles=tuple(profile or ()),
    )
    command.run(asked, tuple(output or ()), format, timeout)


@app.command(epilog="Example: domicile audit local --output sarif=audit.sarif")
def audit(
    stack: Annotated[str, typer.Argument(help="The stack.")],
    *,
    cwd: Folder = Path(),
    state: Annotated[Path | None, typer.Option(help="A stack's export, where its state is not here.")] = None,
    profile: Annotated[list[str] | None, typer.Option(help="A law, as eu-gdpr; may be given again.")] = None,
    output: Annotated[list[str] | None, typer.Option(help="FORMAT=FILE; may be given again.")] = None,
    format: Annotated[  # noqa: A002 the option's name
        Literal["text", "json", "markdown", "sarif", "junit", "github"], typer.Option(help="What to print.")
    ] = "text",
) -> None:
    """Compare what is live with what was promised, and judge it by the packs. Read-only."""
    from cli.audit import command

    command.run(stack, cwd, state, tuple(profile or ()), outputs=tuple(output or ()), form=format)


@app.command(epilog="Example: domicile evidence platform-aws-mumbai --profile in-dpdp --output evidence.html")
def evidence(
    stack: Annotated[str, typer.Argument(help="The name of a stack that has a blueprint.")],
    *,
    cwd: Folder = Path(),
    profile: Annotated[
        list[str] | None, typer.Option(help="A law, as us-hipaa; those of the data's countries if left out.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="A file to write: .html or .json.")] = None,
    json: Json = False,
) -> None:
    """State control by control what was checked and where, with digests of what it was checked on."""
    from cli.evidence import command

    command.run(stack, cwd, tuple(profile or ()), output, json_wanted=json)


@app.command(epilog="Example: domicile up -s local --yes")
def up(
    stack: Stack,
    *,
    cwd: Folder = Path(),
    engine: EngineChoice = "auto",
    policy_pack: Packs = None,
    on_unknown: OnUnknown = "fail",
    rehearse: Rehearse = False,
    fault: Faults = None,
    yes: Yes = False,
    json: Json = False,
    summary: Annotated[bool, typer.Option("--summary", help="Then tell what runs where and why.")] = False,
) -> None:
    """Bring a stack to what its blueprint asks for."""
    from cli import operate as command

    packs, faults = tuple(policy_pack or ()), tuple(fault or ())
    run = command.Run("up", cwd, stack, engine, packs, on_unknown, rehearse=rehearse, faults=faults)
    command.run(run, as_json=json, yes=yes, summary=summary)


@app.command(epilog="Example: domicile refresh -s local --yes")
def refresh(
    stack: Stack,
    *,
    cwd: Folder = Path(),
    engine: EngineChoice = "auto",
    rehearse: Rehearse = False,
    fault: Faults = None,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Bring a stack's state to what is really there, and show what has drifted."""
    from cli import operate as command

    run = command.Run("refresh", cwd, stack, engine, (), "warn", rehearse=rehearse, faults=tuple(fault or ()))
    command.run(run, as_json=json, yes=yes)


@app.command(epilog="Example: domicile destroy -s local --yes")
def destroy(
    stack: Stack,
    *,
    cwd: Folder = Path(),
    engine: EngineChoice = "auto",
    rehearse: Rehearse = False,
    fault: Faults = None,
    yes: Yes = False,
    json: Json = False,
    proof: Annotated[
        Path | None, typer.Option(help="Look again at what was deleted, and write a statement of it.")
    ] = None,
) -> None:
    """Delete everything a stack has made, and attest it."""
    from cli import operate as command

    faults = tuple(fault or ())
    run = command.Run("destroy", cwd, stack, engine, (), "warn", rehearse=rehearse, faults=faults, proof=proof)
    command.run(run, as_json=json, yes=yes)


@app.command(epilog="Example: domicile outputs -s local --json")
def outputs(
    stack: Stack,
    *,
    cwd: Folder = Path(),
    show_secrets: Annotated[bool, typer.Option("--show-secrets", help="Show secrets in plain text.")] = False,
    rehearse: Rehearse = False,
    json: Json = False,
) -> None:
    """Show a stack's outputs."""
    from cli import state as command

    command.outputs(cwd, stack, show_secrets=show_secrets, rehearse=rehearse, as_json=json)


@cluster_app.command("up", epilog="Example: domicile cluster up local --inventory nodes.yaml")
def cluster_up(
    name: Annotated[str, typer.Argument(help="The cluster's name.")] = "local",
    *,
    inventory: Annotated[Path | None, typer.Option(help="The node pools; a default is used when left out.")] = None,
    operator: Annotated[
        list[str] | None,
        typer.Option(help="Add what an operator (keda, kueue, ...; all) adds to the API; the operator does not run."),
    ] = None,
) -> None:
    """Start a cluster (it is built the first time) and bring its nodes to the inventory."""
    from cli import cluster as command

    command.up(name, inventory, operator or [])


@cluster_app.command("down", epilog="Example: domicile cluster down local")
def cluster_down(name: Annotated[str, typer.Argument(help="The cluster's name.")] = "local") -> None:
    """Stop a cluster and remove it."""
    from cli import cluster as command

    command.down(name)


@cluster_app.command("status", epilog="Example: domicile cluster status --json")
def cluster_status(
    name: Annotated[str | None, typer.Argument(help="One cluster; all when left out.")] = None, *, json: Json = False
) -> None:
    """Show clusters, their processes and what happened to them."""
    from cli import cluster as command

    command.status(name, as_json=json)


@cluster_app.command("kubeconfig", epilog="Example: export KUBECONFIG=$(domicile cluster kubeconfig local)")
def cluster_kubeconfig(name: Annotated[str, typer.Argument(help="The cluster's name.")] = "local") -> None:
    """Print the path of a cluster's kubeconfig."""
    from cli import cluster as command

    command.kubeconfig(name)


@bootstrap_app.command("aws", epilog="Example: domicile bootstrap aws acme-pulumi-state --region eu-central-1")
def bootstrap_aws(
    bucket: Annotated[str, typer.Argument(help="The bucket's name; it is made when it is not there.")],
    *,
    region: Annotated[str, typer.Option(help="Where state and key are kept.")],
    json: Json = False,
) -> None:
    """Make the encrypted, versioned, locked state bucket and the key for secrets; again changes nothing."""
    from cli import bootstrap as command

    command.aws(bucket, region, as_json=json)


@state_app.command("list", epilog="Example: domicile state list -s local")
def state_list(stack: Stack, *, cwd: Folder = Path(), json: Json = False) -> None:
    """List the resources of a stack."""
    from cli import state as command

    command.listing(cwd, stack, as_json=json)


@state_app.command("export", epilog="Example: domicile state export -s local > state.json")
def state_export(
    stack: Stack,
    *,
    cwd: Folder = Path(),
    show_secrets: Annotated[bool, typer.Option("--show-secrets", help="Write secrets in plain text.")] = False,
) -> None:
    """Write a stack's state as `pulumi stack export` does."""
    from cli import state as command

    command.export(cwd, stack, show_secrets=show_secrets)


@state_app.command("import", epilog="Example: domicile state import -s local state.json")
def state_import(
    stack: Stack, file: Annotated[Path, typer.Argument(help="An export.")], *, cwd: Folder = Path()
) -> None:
    """Replace a stack's state by an export."""
    from cli import state as command

    command.restore(cwd, stack, file)


@state_app.command("unprotect", epilog="Example: domicile state unprotect -s local URN")
def state_unprotect(
    stack: Stack, urn: Annotated[str, typer.Argument(help="The resource.")], *, cwd: Folder = Path()
) -> None:
    """Take the protection off a resource."""
    from cli import state as command

    command.unprotect(cwd, stack, urn)


@state_app.command("cancel", epilog="Example: domicile state cancel -s local")
def state_cancel(stack: Stack, *, cwd: Folder = Path()) -> None:
    """Remove the lock markers of a Pulumi CLI that will not end."""
    from cli import state as command

    command.cancel(cwd, stack)


@app.command(epilog="Example: domicile summary -s local")
def summary(stack: Stack, *, cwd: Folder = Path(), json: Json = False) -> None:
    """Tell what runs where and why, what it costs, and what to try next."""
    from cli import summary as command

    command.run(cwd, stack, as_json=json)


def main() -> None:
    """Run the command line; every error a person can act on is one text and a documented code."""
    # clouds' SDKs are a heap of classes that full collections would walk for nothing while they are imported
    gc.set_threshold(50_000, 50, 1_000)
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(OK)
    except Exception as error:
        code = _code_of(error)
        if code is None:
            raise
        sys.stderr.write(f"error: {error}\n")
        sys.exit(code)


def _code_of(error: Exception) -> int | None:
    """The exit code of an error a person can act on; None for a defect."""
    from catalog.documents import DocumentError
    from engine.errors import CancelledError, EngineError, ProjectError

    if isinstance(error, DocumentError | ProjectError):
        return BAD_INPUT
    if isinstance(error, CancelledError):
        return INTERRUPTED
    return FAILED if isinstance(error, EngineError | OSError) else None


if __name__ == "__main__":
    main()

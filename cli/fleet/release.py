"""`domicile fleet key`, `release` and `install`: what is made on the machine of whoever releases."""

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from cli.fleet.errors import FleetError
from cli.fleet.hub import Hub
from cli.fleet.render import fleet_of, objects_of
from cli.output import console
from serving.fleet import agent, release
from serving.fleet.agent import Thing
from serving.fleet.release import KeyFileError, Runs
from serving.fleet.site.domicile_release import placed
from serving.scripts.modelfiles import digest, sums


def key(file: Path) -> None:
    """Make a key for signing releases; says its public half.

    Raises:
        FleetError: there is such a file, or it cannot be written.
    """
    pem, public = release.new_key()
    try:
        descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except OSError as error:
        message = f"{file}: {error.strerror}: a key is never written over another file"
        raise FleetError(message) from error
    with os.fdopen(descriptor, "wb") as out:
        out.write(pem)
    console().print(public, soft_wrap=True)


@dataclass(frozen=True, slots=True)
class Given:
    """What whoever releases has: the private key, and the folder of models."""

    key: Path
    models: Path


def make(stack: str, folder: Path, number: int, given: Given, out: Path) -> None:
    """Make a release of a fleet as one file.

    Raises:
        FleetError: a model is not the one that was approved, or the key is not one of the fleet's.
    """
    file, fleet, plan = fleet_of(stack, folder)
    try:
        signing = release.read_key(given.key.read_bytes())
    except (OSError, KeyFileError) as error:
        message = f"{given.key}: {error}"
        raise FleetError(message) from error
    if release.public(signing) not in fleet.release_keys:
        message = f"{file}: release_keys: the key {release.public(signing)} is not among them: no site would take it"
        raise FleetError(message)
    variants: dict[str, Runs] = {}
    for variant in plan.variants:
        found: dict[str, Path] = {}
        for name, version, wanted in variant.models:
            found |= _model(given.models / name / str(version), f"{name}/{version}", wanted)
        runs = objects_of(stack, folder, file, fleet.workload, variant)
        variants[variant.name] = Runs(runs, found)
    sites = {site.agent.site: site.variant for site in plan.sites}
    made = release.make(fleet.name, number, variants, sites, signing)
    part = out.with_name(f"{out.name}.part")
    try:
        release.pack(made, part)
        part.replace(out)
    except OSError as error:
        part.unlink(missing_ok=True)
        message = f"{out}: {error.strerror}"
        raise FleetError(message) from error
    mib = out.stat().st_size / 1024**2
    console().print(
        f"release {number} of {fleet.name}: {made.digest[:12]}, {len(sites)} sites in {len(variants)} variants, "
        f"{mib:,.1f} MiB in {out}"
    )


def install(stack: str, folder: Path, site: str, hub: Hub, out: Path) -> None:
    """Write what is applied at a site, once: its agent.

    Raises:
        FleetError: there is no such site.
    """
    file, fleet, plan = fleet_of(stack, folder)
    found = next((one for one in plan.sites if one.agent.site == site), None)
    if found is None:
        message = f"{file}: sites: there is no site '{site}'"
        raise FleetError(message)
    variant = next(one for one in plan.variants if one.name == found.variant)
    runs: list[Thing] = objects_of(stack, folder, file, fleet.workload, variant)
    namespace = found.agent.namespace
    ownership = replace(plan.hub.ownership, workload=namespace)
    made = agent.objects(
        found.agent,
        ownership,
        image=plan.hub.image,
        storage_class=plan.storage_class,
        hub=hub.address,
        token=hub.token(site),
        runs=placed(json.dumps(runs).encode(), namespace),
        admission=variant.plan.namespace.admission,
    )
    descriptor = os.open(out, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as text:
        yaml.safe_dump_all(made, text, sort_keys=False)
    console().print(f"{out}: apply it at {site} (`kubectl apply -f`), and keep it to yourself: it has the site's token")


def _model(folder: Path, path: str, wanted: str) -> dict[str, Path]:
    """A model's files by their paths in the store, if they are the ones that were approved."""
    if not folder.is_dir():
        message = f"{folder}: there is no such folder: put the model's files there"
        raise FleetError(message)
    told = f"sha256:{digest(sums(folder))}"
    if told != wanted:
        message = f"{folder}: its digest is {told}, the blueprint says {wanted}: approve it there, or put it back"
        raise FleetError(message)
    return {f"{path}/{one.relative_to(folder).as_posix()}": one for one in folder.rglob("*") if one.is_file()}

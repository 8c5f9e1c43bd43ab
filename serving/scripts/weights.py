"""Fetches models to a volume, says their digests, and ends with an error when one is not the one that was approved.

Runs beside `modelfiles.py` and `registry.py` where Hugging Face's `hf` is. Environment: MODELS, a JSON list of
``{"model": ..., "revision": ..., "digest": ..., "registry": ...}`` (all but the first may be empty), TARGET, and
REGISTRY_TOKEN where a registry asks for one. What is as it was approved is left as it is.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from modelfiles import digest, sums
from registry import DIGEST, LICENCE, Registry, RegistryError

#: what `hf` keeps beside a model's files
OWN = ".cache"


class WeightsError(Exception):
    """A model cannot be served; says why and what to do."""


def told(folder: Path) -> str:
    """The digest of a model's files, as blueprints write it."""
    found = {path: sum_ for path, sum_ in sums(folder).items() if path.partition("/")[0] != OWN}
    return f"sha256:{digest(found)}"


def fetch(model: str, revision: str, wanted: str, target: Path) -> str:
    """Have a model's files in its folder; returns their digest.

    Raises:
        WeightsError: they cannot be had, or they are others than were approved: then they are gone again.
    """
    folder = target / model
    if wanted and folder.is_dir() and told(folder) == wanted:
        return wanted
    command = ["hf", "download", model, "--local-dir", str(folder), *(["--revision", revision] if revision else [])]
    ran = subprocess.run(command, check=False, stdout=subprocess.DEVNULL)  # noqa: S603 the hub's own tool
    if ran.returncode != 0:
        message = f"{model}: it could not be fetched (code {ran.returncode}); what `hf` says stands above"
        raise WeightsError(message)
    found = told(folder)
    if wanted and found != wanted:
        shutil.rmtree(folder)
        message = (
            f"{model}: its digest is {found}, the blueprint says {wanted}: somebody has changed the model. Look at it; "
            "approve the new digest there, or pin the revision that you know"
        )
        raise WeightsError(message)
    return found


def fetch_registered(model: str, known: dict[str, str], wanted: str, target: Path) -> str:
    """Have the files of a version of a registry in a model's folder; returns their digest.

    Raises:
        WeightsError: the version is not there or not approved, or its files are others: then they are gone again.
    """
    folder = target / model
    if wanted and folder.is_dir() and told(folder) == wanted:
        return wanted
    name, number = known["name"], known["version"]
    registry = Registry(known["address"], os.environ.get("REGISTRY_TOKEN", ""))
    try:
        version = registry.version(name, number)
        why = refused(registry, version, known, wanted)
        if why:
            message = f"{model}: version {number} of {name} in the registry {why}"
            raise WeightsError(message)
        shutil.rmtree(folder, ignore_errors=True)
        registry.download(name, number, known["path"], folder)
    except RegistryError as error:
        message = f"{model}: version {number} of {name}: {error}"
        raise WeightsError(message) from error
    found, said = told(folder), wanted or version["tags"].get(DIGEST, "")
    if said and found != said:
        shutil.rmtree(folder)
        whose = "the blueprint" if wanted else "the registry"
        message = (
            f"{model}: the digest of version {number} of {name} is {found}, {whose} says {said}: look at its files"
        )
        raise WeightsError(message)
    return found


def refused(registry: Registry, version: dict[str, Any], known: dict[str, str], wanted: str) -> str:
    """Why a version may not be served; empty where it may."""
    tags: dict[str, str] = version["tags"]
    if version["status"] != "READY":
        return f"is not ready: {version['status']}"
    if wanted and tags.get(DIGEST, wanted) != wanted:
        return f"has the digest {tags[DIGEST]}, the blueprint says {wanted}: approve it there, or name another version"
    if known["licence"] and tags.get(LICENCE) != known["licence"]:
        has = f"the licence {tags[LICENCE]}" if LICENCE in tags else f"no tag `{LICENCE}`"
        return f"has {has}, the blueprint says {known['licence']}"
    if known["approved"] and registry.stands_for(known["name"], known["approved"]) != known["version"]:
        return f"is not what the alias `{known['approved']}` stands for: whoever approves has to set it"
    return ""


def main() -> None:
    """Fetch what the environment names, one after another."""
    for one in json.loads(os.environ["MODELS"]):
        try:
            target = Path(os.environ["TARGET"])
            if one.get("registry"):
                found = fetch_registered(one["model"], one["registry"], one["digest"], target)
            else:
                found = fetch(one["model"], one["revision"], one["digest"], target)
        except WeightsError as error:
            sys.stderr.write(f"{error}\n")
            sys.exit(1)
        print(f"{one['model']} {found}", flush=True)


if __name__ == "__main__":
    main()

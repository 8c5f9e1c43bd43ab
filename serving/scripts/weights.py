"""Fetches models to a volume, says their digests, and ends with an error when one is not the one that was approved.

Runs beside `modelfiles.py` where Hugging Face's `hf` is. Environment: MODELS, a JSON list of ``{"model": ...,
"revision": ..., "digest": ...}`` (the last two may be empty), and TARGET. What is as it was approved is left as it is.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from modelfiles import digest, sums

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


def main() -> None:
    """Fetch what the environment names, one after another."""
    for one in json.loads(os.environ["MODELS"]):
        try:
            found = fetch(one["model"], one["revision"], one["digest"], Path(os.environ["TARGET"]))
        except WeightsError as error:
            sys.stderr.write(f"{error}\n")
            sys.exit(1)
        print(f"{one['model']} {found}", flush=True)


if __name__ == "__main__":
    main()

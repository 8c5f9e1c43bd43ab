"""A training run in a pod: goes on from the last whole checkpoint, and hands over what passes its gates.

The trainer is a command. It writes checkpoints as `checkpoint-<step>` with a `trainer_state.json`, as Hugging Face's
Trainer does, and at its end the model with its measures to the output folder. The first pod of the run then compares
the measures with the gates and puts the model into the document store: files first, `/models/<name>/<version>.json`
last, so that a version without it is none. The same run hands over once, however often it is started. Where there is a
registry, it gets the version too, with a run that says what it was made from.
"""

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import filer
from modelfiles import digest, sums
from registry import Registry, RegistryError

STATE = "trainer_state.json"


#: what this program ends with: a model that is not good enough will not be better next time, a store may be
NOT_GOOD_ENOUGH, NO_STORE = 3, 4


class TrainError(Exception):
    """The run cannot be ended well; says why, and the code to end with."""

    def __init__(self, code: int, reason: str) -> None:
        """Say why."""
        super().__init__(reason)
        self.code = code


def latest(folder: Path) -> Path | None:
    """The last checkpoint that was written to its end; one that was cut off has no state that can be read."""
    found: list[tuple[int, Path]] = []
    for one in folder.glob("checkpoint-*"):
        try:
            json.loads((one / STATE).read_text(encoding="utf-8"))
            found.append((int(one.name.partition("-")[2]), one))
        except (OSError, ValueError):
            continue
    return max(found)[1] if found else None


def run(command: list[str], checkpoints: Path) -> int:
    """Run the trainer; what ends this program ends it too."""
    last = latest(checkpoints)
    resumed = [f"--resume_from_checkpoint={last}"] if last is not None else []
    process = subprocess.Popen([*command, *resumed])  # noqa: S603 the blueprint's trainer
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda got, _: process.send_signal(got))
    return process.wait()


def gated(measures: dict[str, Any], gates: list[dict[str, Any]]) -> list[str]:
    """Which gates the measures do not pass, in words."""
    found: list[str] = []
    for gate in gates:
        name, value = gate["measure"], measures.get(gate["measure"])
        if not isinstance(value, (int, float)) or isinstance(value, bool) or value != value:  # noqa: PLR0124 not a number
            found.append(f"{name} was not measured")
        elif gate.get("at_least") is not None and value < gate["at_least"]:
            found.append(f"{name} is {value:g}, {gate['at_least']:g} at least is wanted")
        elif gate.get("at_most") is not None and value > gate["at_most"]:
            found.append(f"{name} is {value:g}, {gate['at_most']:g} at most is wanted")
    return found


def versions(base: str, name: str) -> Iterator[tuple[int, dict[str, Any] | None]]:
    """The versions of a model in the store; a card where it was handed over to its end."""
    known: dict[int, dict[str, Any] | None] = {}
    for entry in filer.files(base, f"/models/{name}"):
        first, _, rest = entry["FullPath"].removeprefix(f"/models/{name}/").partition("/")
        if not rest and first.endswith(".json") and first.removesuffix(".json").isdigit():
            known[int(first.removesuffix(".json"))] = json.loads(filer.read(base, entry["FullPath"]))
        elif rest and first.isdigit():
            known.setdefault(int(first), None)
    yield from sorted(known.items())


def hand_over(base: str, name: str, output: Path, card: dict[str, Any]) -> dict[str, Any]:
    """Put the model into the store as its next version; what the same run handed over before is left alone."""
    there = dict(versions(base, name))
    for done in there.values():
        if done is not None and done["run"] == card["run"]:
            return done
    version = max(there, default=0) + 1
    files = sums(output)
    for path in sorted(files):
        filer.upload(base, f"/models/{name}/{version}/{path}", output / path)
    made = {**card, "model": name, "version": version, "digest": f"sha256:{digest(files)}", "files": len(files)}
    filer.write(base, f"/models/{name}/{version}.json", json.dumps(made, sort_keys=True).encode())
    return made


def finish(told: dict[str, str], output: Path) -> dict[str, Any]:
    """Judge what was trained, and hand it over.

    Raises:
        TrainError: it is not good enough, or was not measured.
    """
    file = output / told["MEASURES"]
    try:
        measures: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TrainError(NOT_GOOD_ENOUGH, f"{file}: the trainer wrote no measures there: {error}") from error
    failed = gated(measures, json.loads(told["GATES"]))
    if failed:
        raise TrainError(NOT_GOOD_ENOUGH, f"it is not handed over: {'; '.join(failed)}")
    card = {**json.loads(told["LINEAGE"]), "run": told["JOB"], "measures": measures}
    try:
        made = hand_over(told["DOCUMENTS"], told["MODEL"], output, card)
    except OSError as error:
        raise TrainError(NO_STORE, f"the document store at {told['DOCUMENTS']}: {error}") from error
    if not told.get("REGISTRY"):
        return made
    try:
        registry = Registry(told["REGISTRY"], told.get("REGISTRY_TOKEN", ""))
        registered = registry.register(told["REGISTERED_AS"], output, made)
    except RegistryError as error:
        raise TrainError(NO_STORE, f"it is in the document store as version {made['version']}; {error}") from error
    return {**made, "registered": f"{told['REGISTERED_AS']}/{registered}"}


def main() -> None:
    """Train, and hand over."""
    told = dict(os.environ)
    checkpoints, output = Path(told["CHECKPOINTS"]), Path(told["OUTPUT"])
    command: list[str] = json.loads(told["COMMAND"])
    output.mkdir(parents=True, exist_ok=True)
    # a run whose pod ended after training has only to hand over
    mark = checkpoints / f"trained-{hashlib.sha256(told['COMMAND'].encode()).hexdigest()[:16]}"
    if not mark.exists():
        ended = run(command, checkpoints)
        if ended:
            sys.exit(ended if ended > 0 else 128 - ended)
        if told["INDEX"] == "0":
            mark.touch()
    if told["INDEX"] != "0":
        return
    try:
        made = finish(told, output)
    except TrainError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.code)
    sys.stdout.write(json.dumps(made, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()

"""Measures what the project promises of its speed: ratios, taken in one run. `make bench`."""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import calibrate

ROOT = Path(__file__).parents[1]
ROUNDS = 5
PROGRAM = "import pulumi\nfor i in range(1000):\n    pulumi.ComponentResource('bench:index:C', f'c{i}', {'i': i}).register_outputs({'i': i})\n"
MOCKS = """
import pulumi, runpy, sys
class M(pulumi.runtime.Mocks):
    def new_resource(self, args): return args.name, args.inputs
    def call(self, args): return {}
pulumi.runtime.set_mocks(M(), preview=True)
@pulumi.runtime.test
def program(): runpy.run_path(sys.argv[1], run_name='__main__')
program()
"""
ENGINE = """
import sys
from pathlib import Path
from engine import operations
from engine.session import open_session
session = open_session(Path(sys.argv[1]), 'dev')
result = operations.preview(session.setting(lambda e: None, in_process=sys.argv[2] == 'in'), session.program())
assert result.ok and result.changes['create'] == 1001, result
"""
POLICY = """
import sys, time
from pathlib import Path
from engine.policy.inprocess import InProcessPack
from engine.policy.judges import PackSource
from engine.state.resource import ResourceState
packs = [InProcessPack(PackSource(path.parent, True), 'p', 's') for path in sorted(Path('policies/packs').glob('*/pack.py'))]
state = ResourceState('urn:pulumi:s::p::kubernetes:core/v1:PersistentVolumeClaim::v', 'kubernetes:core/v1:PersistentVolumeClaim', True,
    inputs={'metadata': {'name': 'v', 'labels': {'a': 'b'}}, 'spec': {'storageClassName': 'encrypted', 'accessModes': ['ReadWriteOnce']}})
started = time.process_time()
for _ in range(2000):
    for pack in packs: pack.analyze(state)
print((time.process_time() - started) / 2000 * 1000)
"""


def cpu(command: list[str], *, codes: tuple[int, ...] = (0,)) -> tuple[float, str]:
    """CPU seconds of a command and its children, and what it printed; it ends with one of the codes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        command,
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        env={**environment, "PULUMI_CONFIG_PASSPHRASE": "x", "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode in codes, done.stderr
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


def main() -> None:
    """Run every measurement, interleaved, and print the best of each with its ratio."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "Pulumi.yaml").write_text("name: bench\nruntime: python\n", encoding="utf-8")
        Path(folder, "__main__.py").write_text(PROGRAM, encoding="utf-8")
        commands = {
            "mocks": [sys.executable, "-c", MOCKS, f"{folder}/__main__.py"],
            "in process": [sys.executable, "-c", ENGINE, folder, "in"],
            "own process": [sys.executable, "-c", ENGINE, folder, "out"],
            "help": [sys.executable, "-m", "cli.main", "--help"],
            "policy": [sys.executable, "-c", POLICY],
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        policy: list[float] = []
        for _ in range(ROUNDS + 1):
            for name, command in commands.items():
                seconds, printed = cpu(command)
                times[name].append(seconds)
                if name == "policy":
                    policy.append(float(printed))
    best = {name: min(found[1:]) for name, found in times.items()}
    ratios = {name: best[name] / best["mocks"] for name in ("in process", "own process")}
    report = [f"{time.strftime('%Y-%m-%d')}, {ROUNDS} interleaved rounds, best CPU seconds"]
    report += [
        f"  {name:12} {found:.3f} s (median {statistics.median(times[name][1:]):.3f})" for name, found in best.items()
    ]
    report += [
        f"  preview of 1,000 components, {name} / bare SDK with mocks: {ratio:.2f}" for name, ratio in ratios.items()
    ]
    report += [f"  three packs in process: {min(policy[1:]):.4f} ms a resource"]
    sys.stdout.write("\n".join(report) + "\n")
    calibrate.judge()


if __name__ == "__main__":
    main()

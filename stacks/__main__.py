"""The stack program: read the blueprint, decide, wire, export."""

import sys
from pathlib import Path

import pulumi

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from stacks.program import build  # noqa: E402 the program's folder is put on the path above

for key, value in build(ROOT / pulumi.Config("domicile").require("blueprint")).items():
    pulumi.export(key, value)

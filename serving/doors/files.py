"""The programs that every service of ours at which requests arrive is made of, beside its own."""

from pathlib import Path

from serving.gateway.litellm import HOOKS

HERE = Path(__file__).parent
PROGRAMS = (
    *(HERE / f"domicile_{name}.py" for name in ("door", "refused")),
    *(HOOKS / f"domicile_{name}.py" for name in ("audit", "identity", "metrics", "policy")),
    HERE.parent / "scripts" / "filer.py",
)

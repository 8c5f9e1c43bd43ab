"""Another revision of the repository: its files beside ours, and what has changed since."""

import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from engine.errors import ProjectError

TIMEOUT_S = 120
#: what git runs in: it needs the home that knows which folders are safe; no program sees it
ENVIRONMENT: dict[str, str] = {}


@contextmanager
def checked_out(folder: Path, revision: str) -> Generator[Path]:
    """A folder with the files of a revision, as long as it is needed; the repository's own worktree stays as it is.

    Raises:
        ProjectError: there is no repository, or no such revision.
    """
    commit = resolve(folder, revision)
    with tempfile.TemporaryDirectory(prefix="domicile-base-") as home:
        tree = Path(home) / "tree"
        _git(folder, "worktree", "add", "--quiet", "--detach", str(tree), commit)
        try:
            yield tree
        finally:
            _git(folder, "worktree", "remove", "--force", str(tree))


def resolve(folder: Path, revision: str) -> str:
    """The commit that our branch left a revision at.

    Raises:
        ProjectError: there is no repository, or no such revision.
    """
    if revision.startswith("-"):
        message = f"'{revision}' is no revision"
        raise ProjectError(message)
    commit = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").strip()
    try:
        return _git(folder, "merge-base", commit, "HEAD").strip()
    except ProjectError:
        return commit


def changed(folder: Path, commit: str) -> set[Path]:
    """The files that differ from a commit, those that are not committed among them."""
    root = Path(_git(folder, "rev-parse", "--show-toplevel").strip())
    names = _git(folder, "diff", "--name-only", "-z", commit, "--").split("\0")
    names += _git(folder, "ls-files", "--others", "--exclude-standard", "-z", "--full-name").split("\0")
    return {root / name for name in names if name}


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "core.hooksPath=/dev/null", "-C", str(folder), *arguments]
    environment = ENVIRONMENT or None
    try:
        done = subprocess.run(  # noqa: S603 git, with arguments of ours
            command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False, env=environment
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        message = f"git cannot be run: {error}"
        raise ProjectError(message) from error
    if done.returncode:
        reason = done.stderr.strip() or f"there is no '{arguments[-1].removesuffix('^{commit}')}' here"
        message = f"{folder}: git {arguments[0]}: {reason}"
        raise ProjectError(message)
    return done.stdout

"""What a planning command is about: a workload file, a blueprint, or a stack that has one."""

from pathlib import Path

from catalog import documents
from planning import read
from planning.workload import Workload


def workload_of(subject: str, folder: Path) -> Workload:
    """The workload of a file or of a stack's blueprint.

    Raises:
        DocumentError: the file cannot be used.
        ProjectError: there is neither such a file nor such a stack.
    """
    file = Path(subject)
    if not file.is_file() and file.suffix not in (".yaml", ".yml"):
        file = blueprint_of(subject, folder)
    content = documents.read(file).content
    if documents.is_map(content) and content.get("kind", "workload") == "workload":
        return read.load(file)
    from blueprints import load

    return load.workload(file)


def blueprint_of(stack: str, folder: Path) -> Path:
    """The file of a stack's blueprint.

    Raises:
        ProjectError: there is no such stack, or it has no blueprint.
    """
    from engine import project as projects

    project = projects.load(folder)
    file = project.stack_file(stack)
    if not file.is_file():
        message = f"'{stack}' is neither a file nor a stack; stacks: {', '.join(project.stacks()) or 'none'}"
        raise projects.ProjectError(message)
    content = documents.read_map(file)
    config = content.get("config")
    name = config.get("domicile:blueprint") if documents.is_map(config) else None
    if not isinstance(name, str):
        message = f"{file}: config: 'domicile:blueprint' is missing, so the stack has no blueprint to plan"
        raise projects.ProjectError(message)
    return project.root / name


def file_of(subject: str, folder: Path) -> Path:
    """A blueprint's file, named itself or by its stack.

    Raises:
        ProjectError: there is neither.
    """
    file = Path(subject)
    return file if file.is_file() or file.suffix in (".yaml", ".yml") else blueprint_of(subject, folder)


def shown(file: Path, root: Path) -> Path:
    """A file as people read it: from the project's folder, where it lies inside."""
    return file.relative_to(root) if file.is_relative_to(root) else file

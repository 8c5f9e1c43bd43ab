"""`domicile new`: a blueprint from answers, from a file of them or one at a time."""

import re
from pathlib import Path

import typer
from ruamel.yaml.comments import CommentedMap

from blueprints import questions
from blueprints.pages import LOCAL, sites
from blueprints.questions import Question
from catalog import documents
from catalog.documents import DocumentError
from cli.output import console


def answered(kind: str, file: Path, answers: Path) -> None:
    """Write a blueprint from a file of answers, over the example of the place `where`; nothing where it has no plan.

    Raises:
        DocumentError: an answer is wrong, or what they make cannot be planned.
    """
    given = documents.read_map(answers)
    content = questions.begun(kind, str(given.pop("where", LOCAL)), file)
    questions.merge(content, given)
    text = questions.text_of(kind, content, file)
    try:
        told = questions.tried(text, file)
    except DocumentError as error:
        # there is no such file: what is wrong stands in the answers
        message = re.sub(rf"^{re.escape(str(file))}:\d+:\d+: ", f"{answers}: ", str(error), flags=re.MULTILINE)
        raise DocumentError(message) from error
    file.write_text(text, encoding="utf-8")
    console().print(f"wrote {file}: {told}")


def asked(kind: str, file: Path) -> None:
    """Ask what the kind needs, and show after each answer where it would run and what it would cost."""
    out = console()
    places = sites(kind)
    out.print(
        f"[bold]{kind}[/]: press Enter to keep what is proposed; everything else is the example's, edit it later.\n"
    )
    site = typer.prompt(f"Where shall it run? {', '.join(places)}", default=LOCAL, show_default=True)
    content = questions.begun(kind, site.strip(), file)
    for question in list(questions.questions(kind, content)):
        _ask(kind, file, content, question)
    text = questions.text_of(kind, content, file)
    file.write_text(text, encoding="utf-8")
    try:
        out.print(f"\nwrote {file}: {questions.tried(text, file)}")
    except DocumentError as error:
        out.print(f"\nwrote {file}; it has no plan yet:\n{error}")


def _ask(kind: str, file: Path, content: CommentedMap, question: Question) -> None:
    """Ask until the answer will do, and put it into the content."""
    out = console()
    out.print(f"[dim]{question.about} ({question.form})[/]" if question.about else f"[dim]({question.form})[/]")
    while True:
        said = str(typer.prompt(question.name, default=question.shown))
        try:
            questions.put(content, question.path, questions.read(question, said))
            questions.shaped(questions.text_of(kind, content, file), file)
        except ValueError as error:
            questions.put(content, question.path, question.proposal)
            out.print(f"  [red]{str(error).splitlines()[0]}[/]")
        else:
            break
    try:
        out.print(f"  [green]{questions.tried(questions.text_of(kind, content, file), file)}[/]")
    except DocumentError as error:
        out.print(f"  [yellow]no plan yet: {str(error).splitlines()[0].partition(': ')[2]}[/]")

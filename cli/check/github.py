"""The report as annotations of GitHub's workflow commands: one line each, which no value can break out of."""

from cli.check.report import Report, Said

LIMIT = 50


def render(report: Report) -> str:
    """The commands, worst first; GitHub shows a few dozen."""
    lines = [
        f"::error title={_value('domicile')}::{_data(f'{one.name}: {one.error}')}" for one in report.judged if one.error
    ]
    lines += [_line(said) for said in report.findings[: LIMIT - len(lines)]]
    return "".join(f"{line}\n" for line in lines)


def _line(said: Said) -> str:
    kind = "error" if said.fails or said.open else "notice"
    name = f"{said.resource} " if said.resource else ""
    where = f"file={_value(said.file)},line={said.line},col={said.column},title={_value(said.rule)}"
    return f"::{kind} {where}::{_data(f'{said.lead}{name}{said.text}. {said.remedy}')}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _value(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

"""`domicile grants`: the wall in the warehouse itself."""

import sys
from pathlib import Path

import typer

from blueprints import load
from blueprints.served.resolve import ServedPlan
from cli.subject import file_of
from serving.queries import grants


def run(subject: str, folder: Path, user: str | None) -> None:
    """Write the SQL to standard output."""
    file = file_of(subject, folder)
    plan = load.plan(file)
    if not isinstance(plan, ServedPlan) or plan.asking is None:
        message = f"{file}: it asks no warehouse; a blueprint of the kind 'analytics-assistant' does"
        raise typer.BadParameter(message)
    sys.stdout.write(grants.statements(plan.asking.service, user or plan.asking.service.identity or plan.name))

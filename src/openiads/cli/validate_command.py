"""``openiads validate``: the laws against their oracles."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from openiads.validation.checks import Check
    from openiads.validation.runner import Case, CaseResult, TopicResult

Places = list[Path] | None

EPILOG = """\b
Examples:
  openiads validate                               every case that is shipped
  openiads validate --cases my-cases/ more.json   cases of your own
  openiads validate --strict --json

\b
Exit codes: 0 no failure; 1 a law failed, or with --strict is not covered;
2 a file or a case cannot be used; all such are named.
Other checks: check = my file; catalogue check = the data.
"""


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("validate", epilog=EPILOG, short_help="Check the laws: against published and exact values.")(validate)


def validate(
    cases: Annotated[
        Places,
        typer.Option("--cases", metavar="FILE-OR-FOLDER ...", help="Files of cases, or folders of them. Default: those shipped."),
    ] = None,
    more: Annotated[Places, typer.Argument(metavar="FILE-OR-FOLDER", hidden=True)] = None,
    data: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Folder of the larger files that cases name.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print every check of every case as JSON.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 1 also when a topic is not covered.")] = False,
) -> None:
    """Check the laws of the model (detection, horizon, ballistics, kill, queues, the engine itself) against published tables, exact
    mathematics and other software.

    One line per topic: passed, failed or not covered, the number of cases, and the worst error against its tolerance. Takes minutes.
    """
    from openiads.validation.runner import GIVEN_CASES, load_cases

    topics = _run_with_progress(load_cases([*(cases or ()), *(more or ())] or [GIVEN_CASES]), data)
    if as_json:
        typer.echo(json.dumps([_topic_record(topic) for topic in topics], indent=1, allow_nan=False))
    else:
        for topic in topics:
            typer.echo(_line(topic))
    bad = ("failed", "not covered") if strict else ("failed",)
    if any(topic.outcome in bad for topic in topics):
        raise typer.Exit(1)


def _run_with_progress(cases: list[Case], data: Path | None) -> list[TopicResult]:
    from rich.console import Console
    from rich.progress import Progress

    from openiads.validation.runner import run_cases

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("validate", total=len(cases))
        return run_cases(cases, data, lambda: progress.advance(task))


def _line(topic: TopicResult) -> str:
    parts = [f"{topic.outcome:<12}{topic.topic:<32}{len(topic.cases):>4} cases"]
    if topic.worst is not None:
        result, check = topic.worst
        parts.append(f"worst error {check.error_ratio():.2g} of tolerance ({result.case.label}: {check.name})")
        if check.error_ratio() > 1.0:
            parts.append(f"got {check.got}, want {check.want}")
    open_cases = [result for result in topic.cases if result.reason]
    if open_cases:
        parts.append(f"{len(open_cases)} not covered: {open_cases[0].reason}")
    return "  ".join(parts)


def _topic_record(topic: TopicResult) -> dict[str, Any]:
    worst = topic.worst
    return {
        "topic": topic.topic,
        "status": topic.outcome,
        "cases": len(topic.cases),
        "worst_error_ratio": _number(worst[1].error_ratio()) if worst else None,
        "worst_case": worst[0].case.label if worst else None,
        "worst_check": worst[1].name if worst else None,
        "results": [_case_record(result) for result in topic.cases],
    }


def _case_record(result: CaseResult) -> dict[str, Any]:
    return {
        "id": result.case.label,
        "quantity": result.case.body["quantity"],
        "status": result.outcome,
        "reason": result.reason,
        "checks": [_check_record(check) for check in result.checks],
    }


def _check_record(check: Check) -> dict[str, Any]:
    return {
        "name": check.name,
        "got": _number(check.got),
        "want": _number(check.want),
        "tolerance": check.tolerance,
        "kind": check.kind,
        "error_ratio": _number(check.error_ratio()),
    }


def _number(value: float | str) -> float | str:
    """JSON has no infinity and no NaN: these become texts."""
    return value if isinstance(value, str) or math.isfinite(value) else str(value)

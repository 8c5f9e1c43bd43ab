"""The report as JUnit XML: a suite for each stack, a case for each finding, one more where a stack passes."""

from typing import Any

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from cli.check.report import Judged, Report
from policies.evaluate import EXEMPT


def render(report: Report) -> str:
    """The XML."""
    xml: Any = JUnitXml("domicile check")
    for one in report.judged:
        xml.add_testsuite(_suite(one))
    return xml.tostring().decode("utf-8")


def _suite(judged: Judged) -> Any:
    suite: Any = TestSuite(judged.name)
    cases: list[Any] = []
    for said in judged.findings:
        case: Any = TestCase(f"{said.rule} {said.resource or judged.name} {said.path}".strip(), f"domicile.{said.pack}")
        text = f"{said.file}:{said.line}: {said.text}. {said.remedy}"
        if said.verdict == EXEMPT or said.level == "advisory":
            case.result = [Skipped(text)]
        elif said.fails:
            case.result = [Failure(text, said.severity)]
        else:
            case.result = [Error(text, said.verdict)]
        cases.append(case)
    if judged.error:
        broken: Any = TestCase("plan", "domicile.plan")
        broken.result = [Error(judged.error, "error")]
        cases.append(broken)
    if not cases:
        cases.append(TestCase(f"{judged.counts.judged} judgements", "domicile"))
    suite.add_testcases(cases)
    return suite

"""Alerts on what a workload answers from: documents that are not read any more, answers that are not from them."""

from serving.monitoring.rule import Alert
from serving.monitoring.spec import MonitoringSpec

UNGROUNDED, LEAST = 0.2, 5


def alerts(spec: MonitoringSpec) -> list[Alert]:
    """Documents that nobody has read whole for too long; questions of which too many end without an answer."""
    whole = f"domicile_ingestion_whole_timestamp{{{spec.here}}}"
    asked = f'increase(domicile_retrieval_answers_total{{{spec.here},outcome=~"answered|unknown|refused"}}[1h])'
    refused = f'increase(domicile_retrieval_answers_total{{{spec.here},outcome="refused"}}[1h])'
    return [
        Alert(
            name="DocumentsOld",
            expression=f"time() - max({whole}) > {spec.documents_s}",
            lasting="15m",
            severity="ticket",
            summary=f"what it answers from was last read without a failure more than {spec.documents_s // 3600} h ago",
        ),
        Alert(
            name="AnswersRefused",
            expression=f"sum({refused}) > {UNGROUNDED} * sum({asked}) and sum({refused}) > {LEAST}",
            lasting="10m",
            severity="ticket",
            summary=f"more than {UNGROUNDED:.0%} of questions to documents end without an answer",
        ),
    ]

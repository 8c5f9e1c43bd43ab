"""A span for each request, as OpenTelemetry's conventions for generative AI name things; no text of anybody is in it.

Nothing is imported or sent unless OTEL_EXPORTER_OTLP_ENDPOINT says where to. A trace that a client has begun goes on,
and the engine is told of it. A collector that is away costs spans, never answers.
"""

import importlib
import os
from collections.abc import Mapping
from typing import Any

from domicile_request import Open, variant

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
#: what a client says of its trace (W3C)
CONTEXT = ("traceparent", "tracestate")


class Traces:
    """The gateway's spans."""

    def __init__(self) -> None:
        """Make what sends them, if they are to be sent."""
        self._tracer: Any = _tracer() if os.environ.get(ENDPOINT) else None

    def begin(self, one: Open, data: dict[str, Any], task: str) -> None:
        """Begin a request's span below its client's, and tell the engine of it."""
        if self._tracer is None:
            return
        propagate = importlib.import_module("opentelemetry.propagate")
        trace = importlib.import_module("opentelemetry.trace")
        operation = "embeddings" if task == "embed" else "chat"
        one.span = self._tracer.start_span(
            f"{operation} {one.decision.alias}",
            context=propagate.extract(_said(data)),
            kind=trace.SpanKind.SERVER,
            attributes={
                "gen_ai.operation.name": operation,
                "gen_ai.provider.name": "domicile",
                "gen_ai.request.model": one.decision.asked,
                **{f"gen_ai.request.{key}": data[key] for key in ("max_tokens", "temperature", "top_p") if key in data},
                "domicile.request": one.id,
                "domicile.team": one.team,
                "domicile.alias": one.decision.alias,
                "domicile.variant": variant(one),
                "domicile.prompt": one.decision.prompt,
            },
        )
        passed: dict[str, str] = {}
        propagate.inject(passed, context=trace.set_span_in_context(one.span))
        data["extra_headers"] = passed

    def end(self, one: Open, error: str = "") -> None:
        """End it with what became of the request."""
        if one.span is None:
            return
        found: dict[str, Any] = {
            "gen_ai.response.model": one.model,
            "gen_ai.usage.input_tokens": one.prompted or one.asked_tokens,
            "gen_ai.usage.output_tokens": one.answered,
            "domicile.usd": one.usd,
            "domicile.cache": one.cache,
            "domicile.review": one.review,
            "domicile.woke_s": round(one.woke_s, 3),
        }
        if one.first_s is not None:
            found["gen_ai.server.time_to_first_token"] = one.first_s
        if error:
            status = importlib.import_module("opentelemetry.trace.status")
            found["error.type"] = error
            one.span.set_status(status.Status(status.StatusCode.ERROR, error))
        one.span.set_attributes({key: value for key, value in found.items() if value not in ("", None)})
        one.span.end()
        one.span = None


def _said(data: Mapping[str, Any]) -> dict[str, str]:
    """What the client's headers say of its trace."""
    request: Any = data.get("proxy_server_request") or {}
    headers: Any = request.get("headers") or {}
    return {key: str(headers[key]) for key in CONTEXT if key in headers}


def _tracer() -> Any:
    sdk = importlib.import_module("opentelemetry.sdk.trace")
    export = importlib.import_module("opentelemetry.sdk.trace.export")
    otlp = importlib.import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    provider = sdk.TracerProvider()
    provider.add_span_processor(export.BatchSpanProcessor(otlp.OTLPSpanExporter()))
    return provider.get_tracer("domicile.gateway")

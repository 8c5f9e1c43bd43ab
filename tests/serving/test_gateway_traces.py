"""Spans of the running gateway, as a collector gets them: the conventions' names, the client's trace, nobody's texts."""

import http.server
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import gateways
import pytest
from gateways import CLIENT, alias, ask, backend, headers, stream
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from cli.gateway.rig import ENVIRONMENT, Rig
from serving.gateway.spec import Traces

pytestmark = pytest.mark.skipif(
    not (ENVIRONMENT / "litellm").exists(), reason="the gateway's proxy is not installed: make gateway"
)
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SECRET = "the merger with Acme"


@dataclass
class Collector:
    """Takes spans over OTLP's HTTP."""

    address: str = ""
    bodies: list[bytes] = field(default_factory=list[bytes])

    def spans(self) -> list[dict[str, Any]]:
        """Every span so far, with its attributes by name."""
        found: list[dict[str, Any]] = []
        for body in list(self.bodies):
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                about = {one.key: one.value.string_value for one in resource.resource.attributes}
                for span in (one for scope in resource.scope_spans for one in scope.spans):
                    known = {one.key: getattr(one.value, str(one.value.WhichOneof("value"))) for one in span.attributes}
                    found.append(
                        {"name": span.name, "trace": span.trace_id.hex(), "parent": span.parent_span_id.hex(),
                         "id": span.span_id.hex(), "failed": span.status.code == 2, "about": about, **known}
                    )  # fmt: skip
        return found

    def of(self, request: str) -> dict[str, Any]:
        """The span of a request, once it is there."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            found = [one for one in self.spans() if one["domicile.request"] == request]
            if found:
                assert len(found) == 1
                return found[0]
            os.sched_yield()
        raise AssertionError(request)


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    made = Collector()

    class Door(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            made.bodies.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the base class names it so
            del format, args

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
    made.address = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


def spec_of(endpoint: str) -> Any:
    return replace(
        gateways.SPEC,
        aliases=(
            alias("chat", backend("main"), fallbacks=("plain",)),
            alias("plain", backend("small")),
            alias("alone", backend("main")),
        ),
        teams=(replace(gateways.SPEC.teams[0], aliases=("chat", "plain", "alone")),),
        traces=Traces(endpoint=endpoint),
    )


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> Iterator[Rig]:
    spec = spec_of(collector.address)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
        with gateways.running(tmp_path_factory.mktemp("traces"), spec, ("main", "small")) as running:
            yield running


def test_a_request_is_a_span_below_its_clients_and_above_its_engines(rig: Rig, collector: Collector) -> None:
    body = {"model": "chat", "messages": [{"role": "user", "content": SECRET}], "max_tokens": 5, "temperature": 0.5}
    told = {**headers("desk"), "traceparent": f"00-{TRACE}-{PARENT}-01"}
    answer = CLIENT.post(f"{rig.url}/v1/chat/completions", json=body, headers=told)
    assert answer.is_success
    span = collector.of(answer.headers["x-domicile-request"])
    assert (span["trace"], span["parent"], span["name"]) == (TRACE, PARENT, "chat chat")
    assert rig.seen("main")["last_trace"] == f"00-{TRACE}-{span['id']}-01", "the engine goes on with it"
    usage = answer.json()["usage"]
    assert span["gen_ai.usage.input_tokens"] == usage["prompt_tokens"]
    assert span["gen_ai.usage.output_tokens"] == usage["completion_tokens"] == 5
    assert (span["gen_ai.operation.name"], span["gen_ai.request.model"]) == ("chat", "chat")
    assert span["gen_ai.response.model"] == "chat@main"
    assert (span["gen_ai.request.max_tokens"], span["gen_ai.request.temperature"]) == (5, 0.5)
    assert (span["domicile.team"], span["failed"]) == ("desk", False)
    assert span["domicile.usd"] > 0
    assert span["about"]["service.name"] == "gateway"
    assert span["about"]["domicile.dev/jurisdictions"] == "DE"


def test_a_stream_tells_when_its_first_token_came(rig: Rig, collector: Collector) -> None:
    before = {one["id"] for one in collector.spans()}
    assert stream(rig, "chat", SECRET)
    number = [one for one in gateways.records(rig) if one["event"] == "ended"][-1]["id"]
    span = collector.of(number)
    assert span["id"] not in before
    assert 0 < span["gen_ai.server.time_to_first_token"] < 60
    assert span["parent"] == "", "nobody has begun it"


def test_a_fallback_and_a_failure_are_told_apart(rig: Rig, collector: Collector) -> None:
    rig.change("main", fail=500)
    try:
        fell, failed = ask(rig, "chat"), ask(rig, "alone")
    finally:
        rig.change("main", fail=0)
    assert (fell.status_code, failed.status_code) == (200, 500)
    span = collector.of(fell.headers["x-domicile-request"])
    assert (span["gen_ai.response.model"], span["failed"]) == ("plain@small", False)
    number = [one for one in gateways.records(rig) if one["event"] == "failed"][-1]["id"]
    span = collector.of(number)
    assert span["failed"]
    assert span["error.type"] == "InternalServerError"


def test_no_text_of_anybody_is_in_a_span(rig: Rig, collector: Collector) -> None:
    answer = ask(rig, "chat", SECRET)
    collector.of(answer.headers["x-domicile-request"])
    assert not any(SECRET.encode() in body for body in collector.bodies)
    assert not any(b"heard" in body for body in collector.bodies), "no answer either"


def test_a_collector_that_is_away_costs_no_answer(tmp_path: Any) -> None:
    with gateways.running(tmp_path, spec_of("http://127.0.0.1:9"), ("main", "small")) as away:
        assert [ask(away, "chat").status_code for _ in range(20)] == [200] * 20

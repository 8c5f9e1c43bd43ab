"""What the gateway adds to a request: the same questions asked of the stand-in directly and through the gateway.

Run by `make bench`. The stand-in answers at once, so that all of the difference is the gateway's: authentication, limits,
two synced records of the audit log, LiteLLM itself; or Envoy AI Gateway, where it is installed, without limits of teams.
Asked one at a time, and by eight clients at once.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import gateways
import httpx

from cli.gateway import envoy
from cli.gateway.rig import Rig

COUNT = 300


def timed(ask: Callable[[], httpx.Response], clients: int) -> tuple[float, float]:
    """The median and the 99th percentile of a request's time, in milliseconds."""

    def one(_number: int) -> float:
        began = time.perf_counter()
        ask().raise_for_status()
        return (time.perf_counter() - began) * 1000

    with ThreadPoolExecutor(clients) as pool:
        found = sorted(pool.map(one, range(COUNT)))
    return statistics.median(found), found[int(len(found) * 0.99)]


def measure(rig: Rig, what: str) -> None:
    """Ask the stand-in directly and through the gateway, and tell."""
    body = {"model": "chat", "messages": [{"role": "user", "content": "hello there"}], "max_tokens": 64}
    for engine in rig.engines:
        rig.change(engine.name, **gateways.BEHAVIOUR | {"first_token_s": 0.0, "per_token_s": 0.0})
    with httpx.Client(timeout=60) as client:

        def direct() -> httpx.Response:
            return client.post(f"{rig.engine_url('main')}/v1/chat/completions", json=body)

        def through() -> httpx.Response:
            return client.post(f"{rig.url}/v1/chat/completions", json=body, headers=gateways.headers("desk"))

        timed(direct, 1)
        timed(through, 1)
        for clients in (1, 8):
            (p50, p99), (p50_through, p99_through) = timed(direct, clients), timed(through, clients)
            sys.stdout.write(
                f"{what}, {clients} at once: p50 {p50:.1f} -> {p50_through:.1f} ms, "
                f"p99 {p99:.1f} -> {p99_through:.1f} ms\n"
            )


def main() -> None:
    """Measure and tell."""
    with tempfile.TemporaryDirectory() as folder, gateways.running(Path(folder)) as rig:
        measure(rig, "gateway")
    if not envoy.installed():
        return
    with tempfile.TemporaryDirectory() as folder, gateways.running(Path(folder), gateways.ENVOY) as rig:
        measure(rig, "gateway of Envoy")


if __name__ == "__main__":
    main()

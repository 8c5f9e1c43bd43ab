"""`python -m serving.standin --model chat-v1`: prints the port it listens on, and serves until it is ended."""

import argparse
import socket
import sys

import uvicorn

from serving.engines import metrics
from serving.standin.app import application
from serving.standin.counts import Counts
from serving.standin.engine import Behaviour, Engine


def main() -> None:
    """Serve one replica on a loopback port."""
    parser = argparse.ArgumentParser(description="A stand-in for an inference engine.")
    parser.add_argument("--model", required=True)
    parser.add_argument("--engine", default="vllm")
    parser.add_argument("--release", default="0.30.0")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--slots", type=int, default=64)
    given = parser.parse_args()
    counts = Counts(metrics.of(given.engine, given.release), given.model)
    engine = Engine(given.model, counts, Behaviour(slots=given.slots))
    listener = socket.create_server((given.host, given.port), backlog=1024)
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    server = uvicorn.Server(uvicorn.Config(application(engine), log_level="warning", access_log=False))
    server.run(sockets=[listener])


main()

"""Runs one Pulumi program in this process and ends with it. Started as a script, by path, with the program's Python.

It imports nothing of the engine: the program's environment needs only the Pulumi SDK. The launcher holds the other
end of standard input; when that closes, the launcher is gone and this process group ends itself.

Exit codes: 0 the program ran to its end; 32 it failed and has said so; 1 anything else.
"""

import asyncio
import gc
import json
import os
import runpy
import signal
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pulumi
import pulumi.runtime
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc
from pulumi.runtime.stack import run_in_stack

FAILED_AND_SAID_SO = 32
MAX_MESSAGE_BYTES = 400 * 1024 * 1024


class QuietEngine:
    """The engine as the SDK calls it, without the SDK's debug messages: seven calls a resource that nobody reads."""

    def __init__(self, engine: Any) -> None:
        """Connect to ``engine``: an address, or the engine itself in the same process."""
        options = [("grpc.max_send_message_length", MAX_MESSAGE_BYTES)]
        self._engine: Any = (
            engine_pb2_grpc.EngineStub(grpc.insecure_channel(engine, options=options))
            if isinstance(engine, str)
            else engine
        )

    def __getattr__(self, name: str) -> Any:
        """Every other call goes through."""
        return getattr(self._engine, name)

    def Log(self, request: engine_pb2.LogRequest) -> object:  # noqa: N802 the protocol's name
        """Send a message, unless it is for debugging the SDK."""
        return None if request.severity == engine_pb2.DEBUG else self._engine.Log(request)


def main() -> int:
    """Run the program that the specification on the command line describes."""
    specification: dict[str, Any] = json.loads(sys.argv[1])
    threading.Thread(target=_end_with_launcher, daemon=True).start()
    # the SDK's classes are a heap that a full collection walks for nothing, again and again while they are imported
    gc.set_threshold(50_000, 50, 1_000)
    program: str = specification["program"]
    folder = program if os.path.isdir(program) else os.path.dirname(program)  # noqa: PTH112, PTH120
    sys.argv = [program, *specification["args"]]
    sys.path.insert(0, folder)
    return run(specification)


def run(specification: dict[str, Any]) -> int:
    """Configure the SDK and run the program under a stack resource."""
    pulumi.runtime.set_all_config(specification["config"], specification["secret_keys"])
    pulumi.runtime.configure(
        pulumi.runtime.Settings(
            project=specification["project"],
            stack=specification["stack"],
            organization="organization",
            root_directory=specification["root"],
            monitor=specification["monitor"],
            engine=QuietEngine(specification["engine"]),
            parallel=specification["parallel"],
            dry_run=specification["dry_run"],
        )
    )
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.set_default_executor(ThreadPoolExecutor(max_workers=specification["parallel"]))
    loop.set_exception_handler(lambda _loop, _context: None)
    try:
        loop.run_until_complete(run_in_stack(lambda: _execute(specification["program"])))
    except pulumi.RunError as error:
        _say(str(error))
        return FAILED_AND_SAID_SO
    except Exception as error:  # noqa: BLE001 whatever the program raises is the program's failure
        _say(f"Program failed with an unhandled exception:\n{_trace(error)}")
        return FAILED_AND_SAID_SO
    except SystemExit as error:
        if error.code in (None, 0):
            return 0
        _say(f"Program exited with code {error.code}")
        return FAILED_AND_SAID_SO
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
        asyncio.set_event_loop(None)
    return 0


def _execute(program: str) -> None:
    runpy.run_path(program, run_name="__main__")


def _say(message: str) -> None:
    if "Resource monitor has terminated" in message or "resource monitor shut down" in message:
        return
    try:
        pulumi.log.error(message)
    except Exception:  # noqa: BLE001 the engine may be gone; the launcher reads this stream
        sys.stderr.write(f"{message}\n")


def _trace(error: BaseException) -> str:
    if "Resource monitor has terminated" in str(error):
        return str(error)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _of_the_program(frame.filename)]
    text = "".join(traceback.format_list(frames))
    return text + "".join(traceback.format_exception_only(type(error), error)).rstrip()


def _of_the_program(filename: str) -> bool:
    machinery = (os.path.dirname(pulumi.__file__), os.path.dirname(asyncio.__file__), __file__, "<frozen")  # noqa: PTH120
    return not filename.startswith(machinery)


def _end_with_launcher() -> None:
    while sys.stdin.buffer.read(4096):
        pass
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)

"""The text of a PDF, read apart: by a process that may use so much time and memory, so that no document stops a run.

Run by itself it reads a PDF from standard input and writes its text; LIBRARY is the archive with `pypdf`.
"""

import io
import os
import resource
import subprocess
import sys

SECONDS, MEMORY = 60, 640 * 1024**2
SUFFIX = ".pdf"


class UnreadableError(ValueError):
    """A PDF that cannot be read; says why."""


def text(content: bytes, library: str) -> str:
    """What its pages say; a page that is only a picture says nothing.

    Raises:
        UnreadableError: it is locked or spoilt, or reading it takes too much.
    """
    try:
        done = subprocess.run(  # noqa: S603 this file
            [sys.executable, __file__],
            input=content,
            capture_output=True,
            timeout=SECONDS,
            env={"LIBRARY": library, "PATH": os.environ.get("PATH", "")},
            check=False,
        )
    except subprocess.TimeoutExpired:
        message = f"reading it takes longer than {SECONDS} s"
        raise UnreadableError(message) from None
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        message = f"it cannot be read as a PDF: {last[0] if last else f'it ended with {done.returncode}'}"
        raise UnreadableError(message)
    return done.stdout.decode(errors="replace")


def main() -> int:
    """Read one; the status to end with."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    sys.path.insert(0, os.environ["LIBRARY"])
    import pypdf

    reader = pypdf.PdfReader(io.BytesIO(sys.stdin.buffer.read()))
    if reader.is_encrypted and not reader.decrypt(""):
        sys.stderr.write("it is locked by a password\n")
        return 1
    pages = "\n".join(page.extract_text() for page in reader.pages)
    sys.stdout.buffer.write(pages.encode(errors="replace"))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""A program that prints and logs, and exports nested values."""
import sys

import pulumi

print("to standard output")
print("to standard error", file=sys.stderr)
pulumi.log.info("an information")
pulumi.log.warn("a warning")
pulumi.export("nested", {"list": [1, 2.5, True, None, "text"], "map": {"deep": {"er": 1}}})

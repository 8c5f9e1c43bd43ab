"""How well the scaler does under each shape of load, against one that had known everything before. Part of `make bench`."""

import sys

from serving.rehearsal.fleet import Fleet, rehearse
from serving.rehearsal.shapes import hard, shapes

SEEDS = range(1, 6)


def main() -> None:
    """Tell the worst of five weeks for each shape."""
    for fleet in (Fleet(), Fleet(peak=6)):
        for name in (*shapes(), *hard()):
            found = [rehearse({**shapes(seed), **hard(seed)}[name], fleet, seed) for seed in SEEDS]
            met, cost = min(one.met for one in found), max(one.cost for one in found)
            sys.stdout.write(f"{fleet.peak:2} replicas, {name}: {met:.2%} of windows, {cost:.3f} of the least cost\n")


if __name__ == "__main__":
    main()

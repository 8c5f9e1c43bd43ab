"""Hands the pack to CrossGuard, as the Pulumi CLI starts it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from pulumi_policy import PolicyPack

from policies.packs.ai.pack import NAME, POLICIES

PolicyPack(name=NAME, policies=POLICIES)

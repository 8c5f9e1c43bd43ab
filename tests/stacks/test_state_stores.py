"""Where Pulumi's own state lives on Google Cloud and Azure: made by a small stack, told as Pulumi takes it."""

from pathlib import Path

import pytest
from conftest import ROOT
from rehearsed import backend, rehearsed

from blueprints import load
from catalog.documents import DocumentError

EXAMPLES = ROOT / "blueprints" / "state_store" / "examples"
BACKENDS = {
    "gcp-frankfurt": ("gs://", "gcpkms://projects/acme-ai-frankfurt/locations/europe-west3/keyRings/pulumi-state/cryptoKeys/secrets"),
    "azure-virginia": ("azblob://state?storage_account=", "azurekeyvault://pulumi-state-"),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _passphrase() -> None:
    """The test's own backend stands."""


@pytest.mark.parametrize("site", BACKENDS)
def test_it_is_made_once_and_told_as_pulumi_takes_it(site: str, tmp_path: Path) -> None:
    patch = backend(tmp_path)
    try:
        stack = rehearsed(f"state-{site}")
        made = stack.run("up")
        assert made.ok, made.error
        assert made.outputs["backend"].startswith(BACKENDS[site][0])
        assert made.outputs["secrets_provider"].startswith(BACKENDS[site][1])
        assert set(stack.run("up").changes) == {"same"}
    finally:
        patch.undo()


def test_state_stays_where_it_may(tmp_path: Path) -> None:
    text = (EXAMPLES / "gcp-frankfurt.yaml").read_text(encoding="utf-8")
    file = tmp_path / "state.yaml"
    file.write_text(text.replace("[DE]", "[IN]"), encoding="utf-8")
    with pytest.raises(DocumentError, match="europe-west3 is in DE, the state may be kept in IN"):
        load.plan(file)

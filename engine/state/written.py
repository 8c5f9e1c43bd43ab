"""How a checkpoint is written: as the CLI writes it, rendering only what has changed since the last write."""

import json

from engine.values import Props

_NONE = '"resources": []'
_LINE = "\n" + " " * 16


class Writer:
    """Writes checkpoints of one stack; it remembers how each resource was rendered last."""

    def __init__(self) -> None:
        """Nothing has been written yet."""
        self._rendered: dict[str, str] = {}

    def text(self, document: Props) -> str:
        """A checkpoint exactly as ``json.dumps(document, indent=4, ensure_ascii=False)`` has it."""
        checkpoint: Props = document["checkpoint"]
        resources: list[Props] = checkpoint["latest"].get("resources") or []
        if not resources:
            return _pretty(document)
        keys = [json.dumps(one, ensure_ascii=False) for one in resources]
        self._rendered = {
            key: self._rendered.get(key) or _LINE + _pretty(one).replace("\n", _LINE)
            for key, one in zip(keys, resources, strict=True)
        }
        shell: Props = {**document, "checkpoint": {**checkpoint, "latest": {**checkpoint["latest"], "resources": []}}}
        # the manifest and the secrets provider, which stand before the resources, hold no list
        before, _, after = _pretty(shell).partition(_NONE)
        items = ",".join(self._rendered[key] for key in keys)
        return f"{before}{_NONE[:-1]}{items}\n{' ' * 12}]{after}"


def _pretty(value: Props) -> str:
    return json.dumps(value, indent=4, ensure_ascii=False)

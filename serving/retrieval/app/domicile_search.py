"""Passages that a user may read: the question's vector, and the vector store asked for the user's groups alone.

Source: Qdrant 1.16, docs/redoc/master/openapi.json: `points/query` with `filter`.
"""

import importlib
from collections.abc import Sequence
from typing import Any

import agreed
from domicile_refused import RefusedError

aiohttp: Any = importlib.import_module("aiohttp")


def allowed(groups: Sequence[str]) -> dict[str, Any]:
    """The filter of what groups may read; everybody reads what is for everyone."""
    return {"must": [{"key": "readers", "match": {"any": sorted({*groups, agreed.EVERYONE})}}]}


async def points(  # noqa: PLR0917 what is asked, of whom, for whom
    client: Any, vectors: str, collection: str, vector: list[float], groups: Sequence[str], count: int
) -> list[dict[str, Any]]:
    """The nearest passages, with their payloads; none where nothing is known yet.

    Raises:
        RefusedError: the store does not answer.
    """
    body = {"query": vector, "filter": allowed(groups), "limit": count, "with_payload": True}
    try:
        async with client.post(f"{vectors}/collections/{collection}/points/query", json=body) as answer:
            if answer.status == 404:
                return []
            if answer.status != 200:
                raise RefusedError(502, [f"the vector store answers with status {answer.status}"])
            return (await answer.json(content_type=None))["result"]["points"]
    except (aiohttp.ClientError, TimeoutError, ValueError, KeyError) as error:
        raise RefusedError(502, [f"the vector store does not answer: {type(error).__name__}"]) from error


async def vector(client: Any, gateway: str, key: str, alias: str, question: str) -> list[float]:
    """A question's vector.

    Raises:
        RefusedError: the model does not answer.
    """
    headers = {"Authorization": f"Bearer {key}"}
    try:
        async with client.post(
            f"{gateway}/embeddings", json={"model": alias, "input": [question]}, headers=headers
        ) as answer:
            if answer.status != 200:
                raise RefusedError(502, [f"the model that embeds answers with status {answer.status}"])
            return (await answer.json(content_type=None))["data"][0]["embedding"]
    except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, IndexError) as error:
        raise RefusedError(502, [f"the model that embeds does not answer: {type(error).__name__}"]) from error

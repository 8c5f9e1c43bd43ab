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


async def ranked(  # noqa: PLR0917 as above
    client: Any, address: str, model: str, question: str, found: Sequence[dict[str, Any]], seconds: float
) -> list[dict[str, Any]] | None:
    """The passages in the order of a model that read each with the question; None where it does not say in time.

    Source: vLLM, "Re-rank API"; https://docs.vllm.ai/en/latest/models/pooling_models/scoring.
    """
    texts = [str(point["payload"]["text"]) for point in found]
    # a passage that is longer than the model reads is cut off
    body = {"model": model, "query": question, "documents": texts, "truncate_prompt_tokens": -1}
    try:
        async with client.post(f"{address}/rerank", json=body, timeout=aiohttp.ClientTimeout(total=seconds)) as answer:
            if answer.status != 200:
                return None
            results: list[dict[str, Any]] = (await answer.json(content_type=None))["results"]
        scores = {int(one["index"]): float(one["relevance_score"]) for one in results}
    except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError):
        return None
    if set(scores) != set(range(len(texts))):
        return None
    order = sorted(scores, key=lambda index: (-scores[index], index))
    return [{**found[index], "relevance": scores[index]} for index in order]


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

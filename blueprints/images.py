"""The container images, each pinned to a version. One place to raise them."""

IMAGES = {
    "vllm": "docker.io/vllm/vllm-openai:v0.30.0",
    "gateway": "ghcr.io/berriai/litellm-non_root:main-v1.109.1",
    "qdrant": "docker.io/qdrant/qdrant:v1.16.0-unprivileged",
    "seaweedfs": "docker.io/chrislusf/seaweedfs:3.97",
    "python": "docker.io/library/python:3.13.9-slim",
    "curl": "docker.io/curlimages/curl:8.16.0",
}

"""The container images, each pinned to a version. One place to raise them."""

IMAGES = {
    "vllm": "docker.io/vllm/vllm-openai:v0.30.0",
    "envoy": "docker.io/envoyproxy/envoy:distroless-v1.38.3",
    "picker": "registry.k8s.io/gateway-api-inference-extension/epp:v1.2.0",
    "gateway": "ghcr.io/berriai/litellm-non_root:main-v1.106.2",
    "qdrant": "docker.io/qdrant/qdrant:v1.16.0-unprivileged",
    "weaviate": "docker.io/semitechnologies/weaviate:1.33.1",
    "milvus": "docker.io/milvusdb/milvus:v2.6.4",
    "seaweedfs": "docker.io/chrislusf/seaweedfs:3.97",
    "python": "docker.io/library/python:3.13.9-slim",
    # with what opens databases and object stores: MLflow's own image without `-full` has neither
    "mlflow": "ghcr.io/mlflow/mlflow:v3.17.2-full",
    "feast": "quay.io/feastdev/feature-server:0.67.0",
    "postgres": "ghcr.io/cloudnative-pg/postgresql:17.6-standard-bookworm",
    "valkey": "docker.io/valkey/valkey:8.1.4-alpine",
    "clickhouse": "docker.io/clickhouse/clickhouse-server:25.8.10.7",
    "zot": "ghcr.io/project-zot/zot-linux-amd64:v2.1.10",
    "curl": "docker.io/curlimages/curl:8.16.0",
}

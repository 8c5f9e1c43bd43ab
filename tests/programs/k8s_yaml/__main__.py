"""Objects from YAML text."""
import os

import pulumi
import pulumi_kubernetes as k8s

provider = k8s.Provider("cluster", kubeconfig=os.environ["TEST_KUBECONFIG"])
here = pulumi.ResourceOptions(provider=provider)

text = """
apiVersion: v1
kind: Namespace
metadata: {name: from-yaml}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: from-yaml}
data: {a: "1"}
"""
k8s.yaml.ConfigGroup("group", yaml=[text], opts=pulumi.ResourceOptions(providers=[provider]))

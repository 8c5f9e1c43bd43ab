"""Configuration, plain and secret, and secrets that flow through outputs."""
import pulumi
import pulumi_random as random

config = pulumi.Config()
name = config.get("name") or "unnamed"
token = config.get_secret("token") or pulumi.Output.secret("canary-default")
password = random.RandomPassword("password", length=20, special=True)
pulumi.export("greeting", f"hello {name}")
pulumi.export("token", token)
pulumi.export("url", pulumi.Output.concat("postgres://app:", password.result, "@db/", name))

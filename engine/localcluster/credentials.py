"""Keys, certificates and tokens of one local cluster; they are made for it and die with it."""

import base64
import datetime as dt
import ipaddress
import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from engine.state.files import write_atomic

USERS = ("admin", "controller-manager", "scheduler", "kwok", "simulator")
_PEM = serialization.Encoding.PEM
_KEY = (_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


@dataclass(frozen=True, slots=True)
class Credentials:
    """Where the files are. ``tokens`` is the API server's token file."""

    ca: Path
    cert: Path
    key: Path
    service_account: Path
    tokens: Path


def ensure(folder: Path) -> Credentials:
    """Make what is missing in ``folder``; what is there is kept."""
    made = Credentials(
        folder / "ca.crt", folder / "server.crt", folder / "server.key", folder / "sa.key", folder / "tokens.csv"
    )
    if not made.tokens.exists():
        _make(made)
    return made


def token_of(credentials: Credentials, user: str) -> str:
    """A user's bearer token."""
    for line in credentials.tokens.read_text(encoding="utf-8").splitlines():
        token, name, *_ = line.split(",")
        if name == user:
            return token
    raise KeyError(user)


def kubeconfig(credentials: Credentials, server: str, user: str, context: str) -> str:
    """A kubeconfig (JSON, which is YAML) for a user."""
    authority = base64.b64encode(credentials.ca.read_bytes()).decode()
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": context,
            "clusters": [{"name": context, "cluster": {"server": server, "certificate-authority-data": authority}}],
            "users": [{"name": context, "user": {"token": token_of(credentials, user)}}],
            "contexts": [{"name": context, "context": {"cluster": context, "user": context}}],
        },
        indent=2,
    )


def _make(target: Credentials) -> None:
    now = dt.datetime.now(dt.UTC)
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "domicile local cluster")])
    ca = (
        x509.CertificateBuilder()
        .subject_name(ca_name)
        .issuer_name(ca_name)
        .public_key(ca_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    key = ec.generate_private_key(ec.SECP256R1())
    names = [
        x509.DNSName("localhost"),
        x509.DNSName("kubernetes.default.svc"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
        x509.IPAddress(ipaddress.ip_address("10.96.0.1")),
    ]
    cert = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "plane")]))
        .issuer_name(ca_name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=3650))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    service_account = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    write_atomic(target.ca, ca.public_bytes(_PEM))
    write_atomic(target.cert, cert.public_bytes(_PEM))
    write_atomic(target.key, key.private_bytes(*_KEY))
    write_atomic(target.service_account, service_account.private_bytes(*_KEY))
    lines = [f'{secrets.token_urlsafe(32)},{user},{user},"system:masters"' for user in USERS]
    write_atomic(target.tokens, "\n".join(lines).encode())

"""Certificates made for a test: an authority of its own, and a server's that it signed."""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_AUTHORITY = x509.BasicConstraints(ca=True, path_length=None)


@dataclass(frozen=True)
class Files:
    """PEM files of an authority and of a server."""

    authority: Path
    server_key: Path
    server: Path


def named(name: str) -> x509.Name:
    """The subject of a certificate."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def authority(folder: Path, *, name: str = "authority", address: str | None = None) -> Files:
    """A new authority, and a key and certificate of its own for a server on ``address``.

    Without an address it is named nowhere, as Memorystore's certificates name the instance's only
    as the common name.
    """
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca = _certificate(named(name), ca_key, named(name), ca_key, _AUTHORITY)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = named(address or "10.0.0.3")
    server = _certificate(subject, key, named(name), ca_key, _names(address))
    files = Files(folder / "ca.pem", folder / "server.key", folder / "server.pem")
    files.authority.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    files.server_key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    files.server.write_bytes(server.public_bytes(serialization.Encoding.PEM))
    return files


def _names(address: str | None) -> x509.ExtensionType:
    if address is None:
        return x509.BasicConstraints(ca=False, path_length=None)
    return x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])


def _certificate(
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    extension: x509.ExtensionType,
) -> x509.Certificate:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(extension, critical=extension == _AUTHORITY)
        .sign(issuer_key, hashes.SHA256())
    )

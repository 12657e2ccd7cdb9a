"""A certificate authority for one test."""

import datetime
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_PEM = serialization.Encoding.PEM


def make_certificate(folder: Path, *, host: str) -> tuple[Path, ssl.SSLContext]:
    """Return the authority's certificate file and a server's context with a certificate for one host."""
    authority_key, server_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
    authority = _builder(name, name, authority_key.public_key()).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    server = _builder(subject, name, server_key.public_key()).add_extension(
        x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False
    )
    authority_file, server_file = folder / "authority.pem", folder / "server.pem"
    authority_file.write_bytes(authority.sign(authority_key, hashes.SHA256()).public_bytes(_PEM))
    key = server_key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    server_file.write_bytes(key + server.sign(authority_key, hashes.SHA256()).public_bytes(_PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server_file)
    return authority_file, context


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    lifetime = datetime.timedelta(hours=1)
    return builder.serial_number(x509.random_serial_number()).not_valid_before(now - lifetime).not_valid_after(now + lifetime)

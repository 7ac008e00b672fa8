"""A certificate of the proxy's own, signed by itself.

On AWS the certificate comes from ACM, and every client trusts it already. Here a client that wants
to verify is given the certificate itself as ``sslrootcert``.
"""

from __future__ import annotations

import ipaddress
import ssl
import tempfile
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from lambda_lab.clock import Clock

if TYPE_CHECKING:
    from cryptography import x509

__all__ = ["self_signed"]

_DAYS = 825


def self_signed(names: Iterable[str], clock: Clock) -> tuple[ssl.SSLContext, str]:
    """Return a server's TLS context, and the certificate in PEM.

    Parameters
    ----------
    names
        Host names and addresses that clients call the proxy by.
    clock
        The certificate is good from a day before now, so that clocks may differ.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    names = list(names)
    key = ec.generate_private_key(ec.SECP256R1())
    # A common name has at most 64 letters; what counts are the alternative names.
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    now = clock.now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=_DAYS))
        .add_extension(x509.SubjectAlternativeName([_name(n) for n in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # ssl reads files only; this one is gone again at once.
    with tempfile.TemporaryDirectory(prefix="lambda-lab-proxy-") as folder:
        path = Path(folder) / "both.pem"
        path.touch(mode=0o600)
        path.write_bytes(secret + pem)
        context.load_cert_chain(path)
    return context, pem.decode()


def _name(name: str) -> x509.GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)

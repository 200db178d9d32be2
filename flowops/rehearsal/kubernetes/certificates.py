"""Certificates of one authority per cluster: for its servers, and for the programs that are its clients."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from flowops import atomic_file

GOOD_FOR = timedelta(days=3650)
EARLIER = timedelta(hours=1)  # clocks go back at times

_PEM = serialization.Encoding.PEM
_PKCS8 = serialization.PrivateFormat.PKCS8
_PLAIN = serialization.NoEncryption()
_BOTH = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)


@dataclass(frozen=True)
class Pair:
    """The files of a certificate and its key, both readable for their owner only."""

    certificate: Path
    key: Path

    @property
    def exists(self) -> bool:
        """Say that both files are there."""
        return self.certificate.exists() and self.key.exists()


class Authority:
    """Signs certificates; its own are in `folder` and stay the same for as long as that stands."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        self.pair = Pair(folder / "authority.crt", folder / "authority.key")

    @property
    def certificate(self) -> str:
        """Return the authority's own certificate as PEM."""
        return self.pair.certificate.read_text()

    def ensure(self) -> None:
        """Make the authority, unless it is there."""
        if self.pair.exists:
            return
        key, name = ec.generate_private_key(ec.SECP256R1()), _name(self._name)
        made = (
            _begun(name, key.public_key())
            .issuer_name(name)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs=True), critical=True)
            .sign(key, hashes.SHA256())
        )
        _write(self.pair, key, made)

    def server(self, file: str) -> Pair:
        """Return a certificate for a server on the loopback interface, which may be a client as well."""
        addresses = [x509.IPAddress(ip_address("127.0.0.1")), x509.DNSName("localhost")]
        names = [*addresses, *map(x509.DNSName, ("kubernetes", "kubernetes.default", "kubernetes.default.svc"))]
        return self._signed(file, _name(file), x509.SubjectAlternativeName(names))

    def client(self, file: str, user: str, group: str = "") -> Pair:
        """Return a certificate for a user of a group, as the API server reads them from its name."""
        return self._signed(file, _name(user, group), None)

    def _signed(self, file: str, subject: x509.Name, names: x509.SubjectAlternativeName | None) -> Pair:
        """Make a certificate anew each time: only the authority's lasts."""
        signer = serialization.load_pem_private_key(self.pair.key.read_bytes(), None)
        assert isinstance(signer, ec.EllipticCurvePrivateKey)
        issuer = x509.load_pem_x509_certificate(self.pair.certificate.read_bytes()).subject
        key = ec.generate_private_key(ec.SECP256R1())
        builder = (
            _begun(subject, key.public_key())
            .issuer_name(issuer)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(_BOTH if names else _BOTH[1:]), critical=False)
        )
        if names:
            builder = builder.add_extension(names, critical=False)
        pair = Pair(self._folder / f"{file}.crt", self._folder / f"{file}.key")
        _write(pair, key, builder.sign(signer, hashes.SHA256()))
        return pair


def ensure_key(path: Path) -> None:
    """Make a private key, unless it is there."""
    if not path.exists():
        # Kubernetes reads the public key out of a private one only in this form.
        form = serialization.PrivateFormat.TraditionalOpenSSL
        atomic_file.write(path, ec.generate_private_key(ec.SECP256R1()).private_bytes(_PEM, form, _PLAIN))


def _begun(subject: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLIER)
        .not_valid_after(now + GOOD_FOR)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common: str, organization: str = "") -> x509.Name:
    group = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization)] if organization else []
    return x509.Name([*group, x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _write(pair: Pair, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
    atomic_file.write(pair.key, key.private_bytes(_PEM, _PKCS8, _PLAIN))
    atomic_file.write(pair.certificate, certificate.public_bytes(_PEM))

"""People on the emulated AWS: what hangs on them is found and taken off, and what they hold works exactly as long."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from botocore.credentials import Credentials
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from flowops.adapters.aws.client import AwsSession, session_of
from flowops.adapters.aws.errors import AwsDenied, AwsFailed
from flowops.adapters.aws.identity import Users
from flowops.adapters.aws.user_listing import spares
from flowops.adapters.aws_files import FileAwsFiles
from flowops.adapters.seed_files import NewSeedFiles
from flowops.errors import CredentialsError, PartlyDone, UsageError
from flowops.model import totp
from flowops.model.user_disabling import shut_out
from flowops.model.user_requests import AddRequest, AdoptRequest, DisableRequest, RemoveRequest, RotateRequest
from flowops.model.user_rotation import Step
from flowops.model.users import Kind
from flowops.operations.ports.users import UsersPorts
from flowops.operations.users import show_user
from flowops.operations.users_add import add_user
from flowops.operations.users_adopt import adopt_user
from flowops.operations.users_disable import disable_user
from flowops.operations.users_remove import remove_user
from flowops.operations.users_rotate import rotate_key
from tests.fakes.users import FakePerson
from tests.integration.bootstrapped import Project
from tests.integration.organization import DEV, PROD, SECURITY, organization


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    with organization(tmp_path_factory.mktemp("home")) as home:
        made = Project(home, tmp_path_factory.mktemp("project"))
        made.bootstrap()
        yield made


class Team:
    """Operations on users, with real files in a folder of a test's own."""

    def __init__(self, project: Project, folder: Path) -> None:
        self.home, self.folder = project.home, folder
        self.iam = Users(self.home.into(SECURITY))
        self.person = FakePerson()
        self.ports = UsersPorts(
            project.config,
            lambda: self.iam,
            FileAwsFiles(folder / "config", folder / "credentials"),
            self.person,
            NewSeedFiles(),
            lambda: datetime.now(UTC),
        )

    @property
    def seed_file(self) -> Path:
        return self.folder / "seed"

    def code(self, _serial: str = "") -> str:
        return totp.code_at(self.seed_file.read_text().strip(), datetime.now(UTC).timestamp())

    def profile(self, name: str) -> AwsSession:
        """Return a session as plain tools have it from the files that were written."""
        return self.home.sessions(self.folder).profile(name, self.code)

    def whoami(self, profile: str) -> str:
        return str(self.profile(profile).call("sts", "GetCallerIdentity")["Arn"])

    def session(self, profile: str) -> AwsSession:
        """Return a session with MFA of the user whose keys a profile holds."""
        source = self.profile(profile)
        serial = self.home.sessions(self.folder).settings(profile)["mfa_serial"]
        given = source.call("sts", "GetSessionToken", SerialNumber=serial, TokenCode=self.code())["Credentials"]
        own = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        return session_of(own, source.wire, "a session with MFA")


@pytest.fixture
def team(project: Project, tmp_path: Path) -> Team:
    return Team(project, tmp_path)


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    return str(request.node.originalname)[:60]


def added(team: Team, name: str, *groups: str, profile: str = "mine") -> None:
    request = AddRequest(
        name,
        groups or ("dev_dev_ops_admin",),
        write_profile=True,
        profile=profile,
        seed_file=str(team.seed_file),
    )
    add_user(request, team.ports)


def test_the_written_profile_enters_its_environment_and_no_other(team: Team, name: str) -> None:
    added(team, name)
    assert ":assumed-role/DevOpsAdminRole/" in team.whoami("mine-dev")
    assert f"::{DEV}:" in team.whoami("mine-dev")
    user = team.session("mine")
    with pytest.raises(AwsDenied):
        user.call(
            "sts",
            "AssumeRole",
            RoleArn=f"arn:aws:iam::{PROD}:role/flowable/DevOpsAdminRole",
            RoleSessionName="test",
        )
    assert "mine-prod" not in (team.folder / "config").read_text()


def test_the_files_are_private_and_the_seed_is_never_written_over(team: Team, name: str) -> None:
    added(team, name)
    for file in ("credentials", "config", "seed"):
        assert (team.folder / file).stat().st_mode & 0o077 == 0
    before = team.seed_file.read_bytes()
    with pytest.raises(UsageError, match="is there already"):
        add_user(AddRequest(f"{name}2", ("dev_flowable_user",), seed_file=str(team.seed_file)), team.ports)
    assert team.seed_file.read_bytes() == before
    assert team.iam.user(f"{name}2") is None


def test_a_key_is_rotated_until_only_the_new_one_works(team: Team, name: str) -> None:
    added(team, name)
    old = team.profile("mine")
    old.call("sts", "GetCallerIdentity")
    rotated = rotate_key(RotateRequest(name, write_profile=True), team.ports)
    assert rotated.delivery.profile == "mine"
    assert rotate_key(RotateRequest(name), team.ports).rotation.step is Step.WAIT
    old.call("sts", "GetCallerIdentity")
    assert team.whoami("mine").endswith(f"user/flowable/{name}")
    assert rotate_key(RotateRequest(name), team.ports).rotation.step is Step.DEACTIVATE
    with pytest.raises(CredentialsError):
        old.call("sts", "GetCallerIdentity")
    assert rotate_key(RotateRequest(name), team.ports).rotation.step is Step.DELETE
    assert [it.service for it in show_user(name, team.ports).user.keys] == ["sts"]
    assert team.whoami("mine").endswith(f"user/flowable/{name}")


def test_a_disabled_users_session_enters_no_role_and_comes_back_dead(team: Team, name: str) -> None:
    added(team, name)
    before = team.session("mine")
    role = {"RoleArn": f"arn:aws:iam::{DEV}:role/flowable/DevOpsAdminRole", "RoleSessionName": "test"}
    before.call("sts", "AssumeRole", **role)
    disable_user(DisableRequest(name, yes=True), team.ports)
    with pytest.raises(AwsDenied):
        before.call("sts", "AssumeRole", **role)
    with pytest.raises(CredentialsError):
        team.whoami("mine")
    disable_user(DisableRequest(name, undo=True), team.ports)
    assert team.whoami("mine").endswith(name)
    with pytest.raises(AwsDenied):
        before.call("sts", "AssumeRole", **role)


def test_everything_that_can_hang_on_a_user_is_found_and_taken_off(team: Team, name: str) -> None:
    added(team, name, "dev_flowable_admin")
    hang_on(team, name)
    found = show_user(name, team.ports).user
    removed = remove_user(RemoveRequest(name, profiles=True, yes=True, confirm=name), team.ports)
    assert {it.kind for it in removed.pieces} == set(Kind)
    assert len(removed.pieces) == 12
    assert found.own_policies == ("arn:aws:iam::aws:policy/ReadOnlyAccess", "own")
    assert team.iam.user(name) is None
    assert name not in spares(team.home.into(SECURITY))
    assert removed.profiles == ("mine", "mine-dev")
    assert "mine" not in (team.folder / "credentials").read_text() + (team.folder / "config").read_text()


def hang_on(team: Team, name: str) -> None:
    """Give a user one of everything that IAM knows, two where that shows something."""
    session = team.home.into(SECURITY)
    calls: dict[str, dict[str, str]] = {
        "CreateAccessKey": {},
        "CreateLoginProfile": {"Password": "A-long-enough-1"},
        "UploadSigningCertificate": {"CertificateBody": certificate(name)},
        "UploadSSHPublicKey": {"SSHPublicKeyBody": "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAYQ== x"},
        "CreateServiceSpecificCredential": {"ServiceName": "codecommit.amazonaws.com"},
        "AttachUserPolicy": {"PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
        "PutUserPolicy": {"PolicyName": "own", "PolicyDocument": shut_out(())},
        "AddUserToGroup": {"GroupName": "prod_flowable_user"},
    }
    for operation, wish in calls.items():
        session.call("iam", operation, UserName=name, **wish)
    session.call("iam", "CreateVirtualMFADevice", VirtualMFADeviceName=name)


def certificate(name: str) -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return built.public_bytes(serialization.Encoding.PEM).decode()


@pytest.mark.parametrize("piece", ["signing certificates", "service specific credentials", "policies"])
def test_aws_refuses_to_delete_somebody_on_whom_something_hangs(team: Team, name: str, piece: str) -> None:
    own = f"{name}{piece[:3]}"[-60:]
    session = team.home.into(SECURITY)
    session.call("iam", "CreateUser", UserName=own)
    making: dict[str, Callable[[], object]] = {
        "signing certificates": lambda: session.call(
            "iam", "UploadSigningCertificate", UserName=own, CertificateBody=certificate(own)
        ),
        "service specific credentials": lambda: session.call(
            "iam", "CreateServiceSpecificCredential", UserName=own, ServiceName="codecommit.amazonaws.com"
        ),
        "policies": lambda: session.call(
            "iam", "PutUserPolicy", UserName=own, PolicyName="p", PolicyDocument=shut_out(())
        ),
    }
    making[piece]()
    with pytest.raises(AwsFailed, match="DeleteConflict") as error:
        session.call("iam", "DeleteUser", UserName=own)
    assert piece in str(error.value)


def test_somebody_made_by_hand_is_refused_by_the_role_until_adopted(team: Team, name: str) -> None:
    session = team.home.into(SECURITY)
    session.call("iam", "CreateUser", UserName=name)
    session.call("iam", "AddUserToGroup", UserName=name, GroupName="dev_dev_ops_admin")
    device = session.call("iam", "CreateVirtualMFADevice", VirtualMFADeviceName=name)["VirtualMFADevice"]
    team.seed_file.write_bytes(device["Base32StringSeed"])
    first, second = totp.two_codes_at(device["Base32StringSeed"].decode(), datetime.now(UTC).timestamp())
    assert team.iam.enable_device(name, device["SerialNumber"], first, second)
    keys = team.iam.create_key(name)
    serial = str(device["SerialNumber"])
    with (team.folder / "credentials").open("w") as file:
        file.write(f"[hand]\naws_access_key_id={keys.access_key}\naws_secret_access_key={keys.secret_key}\n")
    (team.folder / "config").write_text(
        f"[profile hand-dev]\nrole_arn=arn:aws:iam::{DEV}:role/flowable/DevOpsAdminRole\nsource_profile=hand\n"
        f"mfa_serial={serial}\nregion=eu-central-1\n"
    )
    with pytest.raises(CredentialsError):
        team.whoami("hand-dev")
    adopted = adopt_user(AdoptRequest(name, yes=True), team.ports)
    assert adopted.mfa.serial == serial
    assert "DevOpsAdminRole" in team.whoami("hand-dev")


def test_a_key_that_cannot_be_written_is_refused_by_aws_afterwards(team: Team, name: str) -> None:
    class Full(FileAwsFiles):
        """Files on a disk that is full by the time they are written."""

        def write(self, proposal: object) -> tuple[str, ...]:
            raise UsageError("No space left on device.")

    full = UsersPorts(
        team.ports.config,
        team.ports.enter,
        Full(team.folder / "config", team.folder / "credentials"),
        team.person,
        NewSeedFiles(),
        team.ports.clock,
    )
    request = AddRequest(name, ("dev_flowable_user",), write_profile=True, seed_file=str(team.seed_file))
    with pytest.raises(PartlyDone, match="No space left"):
        add_user(request, full)
    assert show_user(name, team.ports).user.keys == ()
    assert add_user(request, team.ports).delivery.paths


def test_an_expired_or_wrong_code_enrols_nobody_and_leaves_no_device(team: Team, name: str) -> None:
    team.person = FakePerson(["000000", "000001"] * 3, interactive=True)
    ports = UsersPorts(
        team.ports.config, team.ports.enter, team.ports.files, team.person, team.ports.seeds, team.ports.clock
    )
    add_user(AddRequest(name, ("dev_flowable_user",)), ports)
    found = show_user(name, team.ports).user
    assert (found.devices, found.spares, len(found.keys)) == ((), (), 1)

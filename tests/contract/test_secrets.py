"""The ports of secrets: one suite for those in memory and for Secrets Manager on the emulated AWS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from flowops.adapters.aws.acting import EnvironmentAws
from flowops.adapters.aws.secrets import SecretsManager
from flowops.errors import UnknownTarget
from flowops.model.facts import Facts
from flowops.model.secrets import RepositoryCredentials
from flowops.operations.ports.aws import Secrets
from flowops.operations.ports.secrets import SecretsOfOperator
from flowops.operations.secrets import check_secrets, repository_credentials
from tests.fakes.aws import ORGANIZATION, FakeSecrets
from tests.fakes.secrets import FakeOperatorSecrets
from tests.integration.bootstrapped import CANARY, Project
from tests.integration.hired import hire
from tests.integration.organization import SECURITY, Home


@dataclass(frozen=True)
class Subject:
    """A secret without a value; `delete` puts it into its recovery window."""

    secrets: Secrets
    id: str
    delete: Callable[[], object]


@pytest.fixture(params=["fake", "emulated"])
def subject(request: pytest.FixtureRequest) -> Subject:
    name = f"/flowable/{uuid4().hex}"
    if request.param == "fake":
        fake = FakeSecrets()
        return Subject(fake, name, lambda: fake.leaving.update({name: datetime.now(UTC) + timedelta(days=30)}))
    session = request.getfixturevalue("home").into(SECURITY)
    arn = session.call("secretsmanager", "CreateSecret", Name=name)["ARN"]
    return Subject(SecretsManager(session), arn, lambda: session.call("secretsmanager", "DeleteSecret", SecretId=arn))


def test_a_new_secret_has_no_value(subject: Subject) -> None:
    standing = subject.secrets.standing(subject.id)
    assert standing is not None
    assert (standing.filled, standing.leaving) == (False, None)
    assert subject.secrets.value(subject.id) is None


@pytest.mark.parametrize("value", [b"text \xc3\xa9\n", b"\xff\xfe\x00 binary", b"\r\n"])
def test_a_value_comes_back_byte_for_byte(subject: Subject, value: bytes) -> None:
    subject.secrets.put(subject.id, value)
    standing = subject.secrets.standing(subject.id)
    assert standing is not None
    assert standing.filled
    assert standing.changed is not None
    assert standing.changed.tzinfo is not None
    assert subject.secrets.value(subject.id) == value
    subject.secrets.put(subject.id, b"another one")
    assert subject.secrets.value(subject.id) == b"another one"


def test_a_secret_in_its_recovery_window_says_until_when(subject: Subject) -> None:
    subject.secrets.put(subject.id, b"value")
    subject.delete()
    standing = subject.secrets.standing(subject.id)
    assert standing is not None
    assert standing.leaving is not None
    assert standing.leaving > datetime.now(UTC)


def test_a_secret_that_is_not_there_is_nothing(home: Home) -> None:
    gone = f"/flowable/{uuid4().hex}"
    for secrets in (FakeSecrets(gone={gone}), SecretsManager(home.into(SECURITY))):
        assert secrets.standing(gone) is None
        assert secrets.value(gone) is None


@pytest.fixture(scope="module")
def bootstrapped(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(home, tmp_path_factory.mktemp("project"))
    project.bootstrap()
    return project


@pytest.fixture(params=["fake", "emulated"])
def operator(request: pytest.FixtureRequest, tmp_path: Path) -> SecretsOfOperator:
    """Return what an operator sees after a bootstrap that found a license for dev only."""
    content = RepositoryCredentials("user", CANARY).content()
    if request.param == "fake":
        return FakeOperatorSecrets(FakeSecrets({"arn:repository": content, "arn:license dev": b"license"}))
    return _operator(request.getfixturevalue("bootstrapped"), tmp_path)


def test_the_operator_sees_what_is_set_and_reads_the_repositorys_credentials(operator: SecretsOfOperator) -> None:
    found = check_secrets(["dev", "prod"], secrets=operator)
    assert [(it.secret.title, it.state) for it in found.rows] == [
        ("repository", "set"),
        ("license dev", "set"),
        ("license prod", "not set"),
    ]
    assert repository_credentials("prod", secrets=operator) == RepositoryCredentials("user", CANARY)
    with pytest.raises(UnknownTarget):
        operator.needed("test")


def test_before_discovery_no_secret_has_a_place(bootstrapped: Project, tmp_path: Path) -> None:
    fake = FakeOperatorSecrets(arns={})
    for secrets in (fake, _operator(bootstrapped, tmp_path, Facts(ORGANIZATION))):
        assert {it.state for it in check_secrets(["dev"], secrets=secrets).rows} == {"not bootstrapped"}


def _operator(project: Project, folder: Path, facts: Facts | None = None) -> SecretsOfOperator:
    """Return what a new member of the operators' group sees, through the same chain as a run."""
    phone = hire(project.home, f"u{uuid4().hex[:8]}", "dev_dev_ops_admin", profile=project.config.operator.profile)
    known = facts or project.facts_file.read()
    assert known is not None
    return EnvironmentAws(
        project.home.sessions(),
        project.config,
        known,
        mfa=phone,
        sessions_folder=folder / "sessions",
        clock=lambda: datetime.now(UTC),
    ).secrets()

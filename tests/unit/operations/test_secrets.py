"""Looking at secrets: as who bootstraps, and as an operator before an apply."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from flowops.cli.view.secrets import check_result, list_result
from flowops.errors import CredentialsError, Exit, OperationFailed, Refused, UnknownTarget
from flowops.model.secrets import RepositoryCredentials
from flowops.operations.secrets import check_secrets, list_secrets, repository_credentials, require_secrets
from tests.fakes.aws import World, config
from tests.fakes.secrets import FakeOperatorSecrets
from tests.unit.operations.bootstrapping import stood_up

DENIED = CredentialsError("may not", next_step="flowops bootstrap security")
STORED = b'{"username": "jane", "password": "canary-1"}'


@pytest.fixture
def operator() -> FakeOperatorSecrets:
    return FakeOperatorSecrets()


@pytest.fixture
def ready(operator: FakeOperatorSecrets) -> FakeOperatorSecrets:
    operator.secrets.values = {"arn:repository": STORED, "arn:license dev": b"canary-2"}
    return operator


def test_a_list_shows_every_secret_and_never_a_value() -> None:
    world = stood_up()
    world.cloud.doors["security"].secrets.values["/flowable/repository"] = STORED
    rows = list_secrets(config(), cloud=world.cloud)
    assert [(it.secret.title, it.state) for it in rows] == [
        ("repository", "set"),
        ("license dev", "not set"),
        ("license prod", "not set"),
    ]
    result = list_result(rows, str)
    assert result.exit_code is Exit.FINE
    assert [(it["environments"], it["command"], it["next"]) for it in result.data] == [
        (["dev", "prod"], "flowops secrets set repository", ""),
        (["dev"], "flowops secrets set license dev", "flowops secrets set license dev"),
        (["prod"], *["flowops secrets set license prod --file PATH"] * 2),
    ]
    assert result.data[0]["changed"] == "2026-11-23T00:00:00+00:00"
    assert "canary" not in f"{rows} {result}"


def test_a_list_before_the_bootstrap_is_a_list_too() -> None:
    rows = list_secrets(config(), cloud=World().cloud)
    assert {(it.state, it.arn, it.remedy) for it in rows} == {("not bootstrapped", "", "flowops bootstrap security")}


def test_an_environment_with_everything_is_ready(ready: FakeOperatorSecrets) -> None:
    assert check_secrets(["dev"], secrets=ready).exit_code is Exit.FINE
    require_secrets("dev", secrets=ready)


def test_what_is_missing_is_refused_with_the_commands(operator: FakeOperatorSecrets) -> None:
    assert check_secrets(["dev"], secrets=operator).exit_code is Exit.FAILED
    with pytest.raises(Refused, match=r"lacks repository \(not set\), license dev \(not set\)") as refused:
        require_secrets("dev", secrets=operator)
    assert refused.value.next_step == "flowops secrets set repository; flowops secrets set license dev"
    assert refused.value.not_done == "No unit was started."


def test_what_is_not_bootstrapped_is_bootstrapped_once(operator: FakeOperatorSecrets) -> None:
    operator.arns.clear()
    with pytest.raises(Refused) as refused:
        require_secrets("dev", secrets=operator)
    assert refused.value.next_step == "flowops bootstrap security"


def test_a_secret_about_to_be_deleted_is_missing(ready: FakeOperatorSecrets) -> None:
    ready.secrets.leaving["arn:license dev"] = datetime(2026, 12, 24, tzinfo=UTC)
    with pytest.raises(Refused, match="to be deleted on 2026-12-24") as refused:
        require_secrets("dev", secrets=ready)
    assert "restore-secret --secret-id arn:license dev" in refused.value.next_step


def test_a_secret_that_is_gone_is_missing(ready: FakeOperatorSecrets) -> None:
    ready.secrets.gone.add("arn:license dev")
    with pytest.raises(Refused, match=r"license dev \(gone\)") as refused:
        require_secrets("dev", secrets=ready)
    assert "list-secrets --include-planned-deletion" in refused.value.next_step


def test_every_environment_is_checked_once_each_and_the_refused_one_is_said(ready: FakeOperatorSecrets) -> None:
    ready.refused["license prod"] = DENIED
    found = check_secrets(["dev", "prod"], secrets=ready)
    assert [(it.secret.title, it.state) for it in found.rows] == [
        ("repository", "set"),
        ("license dev", "set"),
        ("license prod", "cannot be told"),
    ]
    assert found.exit_code is Exit.CREDENTIALS
    shown = check_result(found, lambda text: text.replace("flowops", "flowops --rehearsal"))
    assert shown.errors == ("may not",)
    assert shown.data[2]["next"] == "flowops --rehearsal bootstrap security"


def test_what_cannot_be_told_at_all_is_an_error_of_its_own(operator: FakeOperatorSecrets) -> None:
    operator.refused = {"repository": DENIED, "license dev": DENIED}
    with pytest.raises(CredentialsError, match="may not"):
        check_secrets(["dev"], secrets=operator)


def test_what_cannot_be_told_starts_no_unit(ready: FakeOperatorSecrets) -> None:
    ready.refused["license dev"] = DENIED
    with pytest.raises(CredentialsError, match="may not"):
        require_secrets("dev", secrets=ready)


def test_an_unknown_environment_is_answered_with_the_nearest(operator: FakeOperatorSecrets) -> None:
    with pytest.raises(UnknownTarget, match=r"did you mean 'dev'\?"):
        check_secrets(["dve"], secrets=operator)


def test_the_credentials_are_read_and_never_shown(ready: FakeOperatorSecrets) -> None:
    found = repository_credentials("dev", secrets=ready)
    assert found == RepositoryCredentials("jane", "canary-1")
    assert "jane" not in repr(found)
    assert "canary" not in repr(found)


@pytest.mark.parametrize(
    "value", [b"canary", b"\xffcanary", b"[]", b'{"username": "canary"}', b'{"username": 1}', b'""', b"[" * 60_000]
)
def test_a_value_that_holds_no_credentials_is_said_without_it(ready: FakeOperatorSecrets, value: bytes) -> None:
    ready.secrets.values["arn:repository"] = value
    with pytest.raises(OperationFailed, match="no JSON object with username and password") as refused:
        repository_credentials("dev", secrets=ready)
    assert "canary" not in str(refused.value)
    assert refused.value.__context__ is None
    assert refused.value.next_step == "flowops secrets set repository"


def test_credentials_that_are_not_there_lead_to_who_sets_them(operator: FakeOperatorSecrets) -> None:
    with pytest.raises(OperationFailed) as refused:
        repository_credentials("dev", secrets=operator)
    assert refused.value.next_step == "flowops secrets set repository"
    operator.arns.clear()
    with pytest.raises(OperationFailed) as refused:
        repository_credentials("dev", secrets=operator)
    assert refused.value.next_step == "flowops bootstrap security"

"""What an operator hears when AWS refuses to show a secret, from an AWS that always says the same."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from botocore.credentials import Credentials as SdkCredentials

from flowops.adapters.aws.client import Credentials, Wire, session_of
from flowops.adapters.aws.errors import AwsDenied
from flowops.adapters.aws.operator import OperatorSession
from flowops.adapters.aws.operator_secrets import OperatorSecrets
from flowops.errors import CredentialsError, Exit
from flowops.model.facts import AccountFacts, EnvironmentFacts, Facts
from flowops.operations.secrets import repository_credentials, require_secrets
from tests.fakes.aws import ORGANIZATION, SECURITY, config

FACTS = Facts(
    ORGANIZATION,
    {"security": AccountFacts(SECURITY, {"RepositorySecretArn": "arn:repository"})},
    {"dev": EnvironmentFacts({"LicenseSecretArn": "arn:license"})},
)


class Silent(WSGIRequestHandler):
    """Leaves the requests out of the output of the tests."""

    def log_message(self, format: str, *args: object) -> None:
        return


@contextmanager
def answering(code: str, message: str) -> Iterator[OperatorSecrets]:
    """Return an operator's secrets at an AWS that answers every call with this error."""

    def answer(environ: object, start: Callable[[str, list[tuple[str, str]]], object]) -> list[bytes]:
        start("400 Bad Request", [("Content-Type", "application/x-amz-json-1.1")])
        return [json.dumps({"__type": code, "message": message}).encode()]

    with make_server("127.0.0.1", 0, answer, handler_class=Silent) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            wire = Wire("eu-central-1", f"http://127.0.0.1:{server.server_port}")
            session = session_of(SdkCredentials("key", "word"), wire, "profile ann with MFA")
            operator = OperatorSession(Credentials("key", "word"), session)
            yield OperatorSecrets(lambda: operator, config(), FACTS)
        finally:
            server.shutdown()
            thread.join()


def test_a_refusal_names_the_caller_the_action_and_the_group() -> None:
    with answering("AccessDeniedException", "no identity-based policy allows it") as secrets:
        with pytest.raises(CredentialsError) as refused:
            require_secrets("dev", secrets=secrets)
        assert "profile ann with MFA may not secretsmanager:DescribeSecret" in refused.value.happened
        assert "no identity-based policy allows it" in refused.value.happened
        assert "flowops bootstrap security" in refused.value.next_step
        assert "dev_dev_ops_admin" in refused.value.next_step
        assert refused.value.exit_code is Exit.CREDENTIALS
        with pytest.raises(CredentialsError, match="may not secretsmanager:GetSecretValue"):
            repository_credentials("dev", secrets=secrets)


def test_an_expired_session_is_no_question_of_groups() -> None:
    with answering("ExpiredTokenException", "The security token included in the request is expired") as secrets:
        with pytest.raises(AwsDenied) as refused:
            require_secrets("dev", secrets=secrets)
        assert "after signing in anew" in refused.value.next_step

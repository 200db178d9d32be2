"""The caller, and what it may do, at one site; nothing is rendered, run or brought over for that."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import NoReturn

from flowops.adapters.aws.caller import ProfileCaller
from flowops.adapters.aws.client import AwsSession
from flowops.adapters.aws.kept_sessions import process_document
from flowops.adapters.aws.policies import AwsPolicies
from flowops.adapters.aws.role_environment import role_environment
from flowops.adapters.aws.session import Mfa
from flowops.adapters.handover import become, program_of
from flowops.app.site import Site, asked_at, now
from flowops.errors import CredentialsError, Declined
from flowops.model.access import Access
from flowops.model.caller_chain import Chains, Target, region_of, require_names, target_of
from flowops.model.facts import Facts
from flowops.model.may import MayCheck
from flowops.operations import auth_check
from flowops.operations.auth import Seen, whoami
from flowops.operations.auth_approval import approve_role
from flowops.operations.ports.run import Console


class Auth:
    """`auth` of one command line; `rehearsed` where the site's own MFA codes are computed."""

    def __init__(
        self, site: Callable[[], Site], console: Console, ambient: Mapping[str, str], *, rehearsed: bool
    ) -> None:
        self._open, self._console, self._ambient, self._rehearsed = site, console, ambient, rehearsed

    @cached_property
    def _site(self) -> Site:
        return self._open()

    @cached_property
    def _facts(self) -> Facts | None:
        return self._site.facts_file.read()

    def whoami(self, environment: str | None, role: str) -> Chains:
        """Walk from the profiles to a role, hop by hop."""
        return whoami(Seen(self._site.config, self._facts, self._caller(), now), environment, role)

    def execute(self, environment: str, role: str, confirm: str, command: Sequence[str]) -> NoReturn:
        """Run a command in place of this process, with the credentials of a role; UsageError where there is none."""
        config = self._site.config
        require_names(config, environment, role)
        program = program_of(command[0], self._ambient.get("PATH"))
        approve_role(config, environment, role, confirm, self._console)
        credentials = self._caller().credentials(config.operator.profile, self._target(environment, role))
        endpoint = self._site.sessions.wire.endpoint_url
        region = region_of(config, environment)
        become(program, command, role_environment(self._ambient, credentials, region, endpoint))

    def process(self, environment: str, role: str, ask: Callable[[str], str]) -> bytes:
        """Return a role's credentials as a `credential_process` prints them; `ask` is asked for an MFA code.

        Declined, with the command that makes a session, where nobody answers.
        """
        target = self._target(environment, role)
        caller = self._caller(None if self._rehearsed else asked_at(ask))
        try:
            return process_document(caller.kept_credentials(self._site.config.operator.profile, target))
        except Declined as error:
            error.next_step = f"flowops auth whoami {shlex.quote(environment)}"
            raise

    def check(self, environment: str, role: str | None) -> MayCheck:
        """Return what the caller may do in an environment, by the policies that it may read."""
        config, caller = self._site.config, self._caller()
        profile = config.operator.profile
        self._target(environment, role or Access.READ.value)

        def reader() -> AwsSession:
            try:
                return caller.became(profile, self._target(environment, Access.READ.value))
            except CredentialsError:
                return caller.became(profile, self._target(environment, Access.WRITE.value))

        documents = AwsPolicies(
            lambda: caller.opened(profile), reader, by_mfa=True if caller.device(profile) else None, clock=now
        )
        return auth_check.check(config, self._facts, environment, role, documents=documents)

    def _target(self, environment: str, role: str) -> Target:
        return target_of(self._site.config, self._facts, environment, role)

    def _caller(self, mfa: Mfa | None = None) -> ProfileCaller:
        site = self._site
        return ProfileCaller(site.sessions, mfa=mfa or site.mfa, folder=site.sessions_folder, clock=now)

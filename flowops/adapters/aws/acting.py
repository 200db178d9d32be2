"""Acting in an environment: the operator becomes the role a step needs, after a look at which account that is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cache
from pathlib import Path

from flowops.adapters.aws.child_profile import child_profile_files
from flowops.adapters.aws.client import AwsSession
from flowops.adapters.aws.operator import RESERVE, OperatorSession, open_operator
from flowops.adapters.aws.session import SESSION_NAME, AwsSessions, Mfa
from flowops.adapters.aws.state import LOCK_SUFFIX, StateStore
from flowops.errors import UsageError
from flowops.model.access import Access, Acting
from flowops.model.config import SECURITY, Config
from flowops.model.deployment import Environment, Unit
from flowops.model.facts import Facts
from flowops.model.stacks import STATE_BUCKET_OUTPUT, account_id
from flowops.model.state import Lock, UnitState

_AT_ONCE = 8


class EnvironmentAws:
    """The environments of a project as its operator reaches them.

    `mfa` is asked for a code when no session kept in `sessions_folder` is good any more.
    """

    def __init__(
        self,
        sessions: AwsSessions,
        config: Config,
        facts: Facts,
        *,
        mfa: Mfa,
        sessions_folder: Path,
        clock: Callable[[], datetime],
    ) -> None:
        self._sessions, self._config, self._facts = sessions, config, facts
        self._mfa, self._folder, self._clock = mfa, sessions_folder, clock
        # One look at who we are serves a whole run.
        self._assumed = cache(self._assume)
        self._opened: OperatorSession | None = None

    def operator(self) -> OperatorSession:
        """Return the operator's session, found to be in the security account; CredentialsError, WrongAccount."""
        opened = self._opened
        if opened is None or (opened.expires is not None and opened.expires - self._clock() < RESERVE):
            self._verify_operator()
            profile = self._config.operator.profile
            opened = open_operator(self._sessions, profile, self._mfa, self._folder, self._clock)
            self._opened = opened
        return opened

    def _verify_operator(self) -> None:
        """Raise WrongAccount before anybody is asked for an MFA code of the wrong account's device."""
        profile = self._config.operator.profile
        session = self._sessions.profile(profile, self._mfa)
        self._sessions.verify_account(session, account_id(self._config, SECURITY), f"profile {profile}")

    def act(self, environment: Environment, access: Access, folder: Path) -> Acting:
        """Return who acts in the environment, after its account was verified; WrongAccount or CredentialsError.

        The children's credentials are written into `folder`; called again, it renews them there.
        """
        role = self._role(environment.account, access)
        arn, account = self._identity(environment.account, access)
        profile, region = self._config.operator.profile, self._config.region
        endpoint = self._sessions.wire.endpoint_url
        env = child_profile_files(folder, profile, self.operator().credentials, region, endpoint_url=endpoint)
        return Acting({**env, "FLOWOPS_ASSUME_ROLE_ARN": role}, account, arn)

    def states(self, environment: Environment, units: Iterable[Unit]) -> Mapping[Unit, UnitState | None]:
        """Return each unit's state; None where it has none yet."""
        chosen = tuple(units)
        store, account = self._store(environment), account_id(self._config, environment.account)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = pool.map(lambda unit: store.read(unit.state_key(account)), chosen)
            return dict(zip(chosen, found, strict=True))

    def locks(self, environment: Environment, units: Iterable[Unit]) -> Mapping[Unit, Lock]:
        """Return the lock of each unit that somebody holds."""
        account = account_id(self._config, environment.account)
        held = {lock.key: lock for lock in self._store(environment).locks(f"{account}/{environment.path}/")}
        keys = {unit: unit.state_key(account) + LOCK_SUFFIX for unit in units}
        return {unit: held[key] for unit, key in keys.items() if key in held}

    def reader(self, environment: Environment) -> AwsSession:
        """Return the plan role's session in the environment's account."""
        return self._assumed(environment.account, Access.READ)[0]

    def deploy_roles(self) -> Mapping[str, str]:
        """Return the ARN of the role that applies, for each environment whose account was bootstrapped."""
        known = {name for name, found in self._facts.accounts.items() if found.outputs}
        environments = self._config.environments.items()
        return {name: self._role(it.account, Access.WRITE) for name, it in environments if it.account in known}

    def _identity(self, account: str, access: Access) -> tuple[str, str]:
        _, arn, number = self._assumed(account, access)
        return arn, number

    def _assume(self, account: str, access: Access) -> tuple[AwsSession, str, str]:
        session = self.operator().assume(self._role(account, access), SESSION_NAME)
        self._sessions.verify_account(session, account_id(self._config, account), f"{access.value} of {account}")
        identity = self._sessions.identity(session)
        return session, identity.arn, identity.account

    def _store(self, environment: Environment) -> StateStore:
        security = self._facts.security
        bucket = security.outputs.get(STATE_BUCKET_OUTPUT) if security else None
        if not bucket:
            raise _not_bootstrapped(SECURITY)
        return StateStore(self.reader(environment), bucket)

    def _role(self, account: str, access: Access) -> str:
        found = self._facts.accounts.get(account)
        arn = found.outputs.get(f"{access.value}Arn") if found else None
        if not arn:
            raise _not_bootstrapped(account)
        return arn


def _not_bootstrapped(account: str) -> UsageError:
    return UsageError(
        f"flowops.lock knows no roles or state bucket of account {account!r}: it was not bootstrapped or discovered.",
        not_done="No unit was started.",
        next_step=f"flowops bootstrap {account}, or flowops discover if that was done elsewhere",
    )

"""Acting in an environment: the operator becomes the role a step needs, after a look at which account that is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from threading import RLock

from flowops.adapters.aws.child_profile import child_profile_files, renew_keys
from flowops.adapters.aws.client import AwsSession, Credentials
from flowops.adapters.aws.inventory import AccountInventory, States
from flowops.adapters.aws.kept_credentials import KeptCredentials
from flowops.adapters.aws.lease import LeaseStore
from flowops.adapters.aws.operator import LIFETIME, OperatorSession, open_operator
from flowops.adapters.aws.operator_secrets import OperatorSecrets
from flowops.adapters.aws.people import IamPeople
from flowops.adapters.aws.run_copies import RunCopies
from flowops.adapters.aws.session import SESSION_NAME, AwsSessions, Mfa
from flowops.adapters.aws.state import StateStore
from flowops.adapters.aws.state_history import StateHistory
from flowops.adapters.aws.trail import CloudTrailHistory
from flowops.errors import CredentialsError
from flowops.model.access import Access, Acting, source_identity
from flowops.model.ci import is_pipeline
from flowops.model.config import SECURITY, Config
from flowops.model.deployment import Environment, Unit
from flowops.model.facts import Facts, not_bootstrapped
from flowops.model.lease import lease_key
from flowops.model.named_profiles import role_profile
from flowops.model.regions import region_in
from flowops.model.stacks import STATE_BUCKET_OUTPUT, account_id, stack_names
from flowops.model.state import LOCK_SUFFIX, Lock, UnitState
from flowops.model.upkeep import RESERVE, Runway

_AT_ONCE = 8
_NOT_STARTED = "No unit was started."
_SOON = timedelta(minutes=15)
"""A session that ends within this time is made anew before another step of a run begins."""


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
        self._opening = RLock()
        self._operator = ""

    def operator(self) -> OperatorSession:
        """Return the operator's session, found to be in the security account; CredentialsError, WrongAccount."""
        with self._opening:
            if self._opened is None:
                return self._open(RESERVE)
            return self._opened if self._lasts(self._opened, _SOON) else self._open(_SOON)

    def runway(self, wanted: timedelta) -> Runway:
        """Return how long the operator's session lasts; one that ends sooner than wanted is first made anew."""
        with self._opening:
            wanted = min(wanted, LIFETIME - _SOON)  # a new one lasts longer than that, so nobody is asked twice
            opened = self._opened
            if opened is None or not self._lasts(opened, wanted):
                opened = self._open(wanted)
        return Runway(f"profile {self._config.operator.profile}", opened.expires, opened.renewing)

    def keep(
        self, environment: Environment, access: Access, folder: Path, alarm: Callable[[str], None]
    ) -> KeptCredentials:
        """Return the upkeep of the credentials that `act` wrote into `folder`, at work until it is ended.

        `alarm` is called from another thread when they cannot be renewed and end soon.
        """
        return KeptCredentials(
            (self._opened or self.operator()).credentials,
            renew=self._newer,
            write=lambda credentials: renew_keys(folder, credentials),
            profile=self._config.operator.profile,
            role=self._role(environment.account, access),
            clock=self._clock,
            alarm=alarm,
        ).keep()

    def _lasts(self, opened: OperatorSession, wanted: timedelta) -> bool:
        return opened.expires is None or opened.expires - self._clock() > wanted

    def _open(self, reserve: timedelta) -> OperatorSession:
        self._operator = self._verify_operator()
        profile = self._config.operator.profile
        self._opened = open_operator(self._sessions, profile, self._mfa, self._folder, self._clock, reserve)
        return self._opened

    def _newer(self, than: datetime) -> Credentials:
        """Return credentials that last longer, as far as they can be had without asking; else CredentialsError."""
        profile = self._config.operator.profile
        with self._opening:
            # Another step of the run may have made a session meanwhile, another command been given a code for one.
            if self._opened is None or not self._lasts(self._opened, than - self._clock()):
                left = than - self._clock()
                self._opened = open_operator(self._sessions, profile, _nobody, self._folder, self._clock, left)
            return self._opened.credentials

    def _verify_operator(self) -> str:
        """Return who the operator is; WrongAccount before anybody is asked for a code of the wrong account's device."""
        profile = self._config.operator.profile
        session = self._sessions.profile(profile, self._mfa)
        return self._sessions.verify_account(session, account_id(self._config, SECURITY), f"profile {profile}").arn

    def act(self, environment: Environment, access: Access, folder: Path) -> Acting:
        """Return who acts in the environment, after its account was verified; WrongAccount or CredentialsError.

        The children's credentials are written into `folder`; called again, it renews them there.
        """
        role = self._role(environment.account, access)
        arn, account = self._identity(environment.account, access)
        profile, region = self._config.operator.profile, self._config.region
        endpoint = self._sessions.wire.endpoint_url
        external_id = self._external_id(environment.account)
        # What `aws eks get-token` becomes the role by: its own --role-arn presents no ExternalId.
        entered = role_profile(f"flowops-{access.value}", role, profile, region, external_id=external_id)
        with self._opening:  # so that what is kept up writes no older ones over these
            env = child_profile_files(
                folder, profile, self.operator().credentials, region, roles=(entered,), endpoint_url=endpoint
            )
        told = {"EXTERNAL_ID": external_id, "SOURCE_IDENTITY": source_identity(self._operator), "ARN": role}
        told["PROFILE"] = entered.name
        assumed = {f"FLOWOPS_ASSUME_ROLE_{name}": value for name, value in told.items() if value}
        return Acting({**env, **assumed}, account, arn, self._operator)

    def states(self, environment: Environment, units: Iterable[Unit]) -> Mapping[Unit, UnitState | None]:
        """Return each unit's state; None where it has none yet."""
        chosen = tuple(units)
        store, account = self._store(environment), account_id(self._config, environment.account)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = pool.map(lambda unit: store.read(unit.state_key(account), unit), chosen)
            return dict(zip(chosen, found, strict=True))

    def locks(self, environment: Environment, units: Iterable[Unit]) -> Mapping[Unit, Lock]:
        """Return the lock of each unit that somebody holds."""
        account = account_id(self._config, environment.account)
        held = {lock.key: lock for lock in self.all_locks(environment)}
        keys = {unit: unit.state_key(account) + LOCK_SUFFIX for unit in units}
        return {unit: held[key] for unit, key in keys.items() if key in held}

    def all_locks(self, environment: Environment) -> tuple[Lock, ...]:
        """Return every lock below the environment, also on units that are in the tree no more."""
        account = account_id(self._config, environment.account)
        return self._store(environment).locks(f"{account}/{environment.path}/")

    def locked_unit(self, environment: Environment, lock: Lock) -> Unit | None:
        """Return the unit that a lock stands on, None for one that is in the tree no more."""
        account = account_id(self._config, environment.account)
        units = (it for it in environment.units if it.state_key(account) + LOCK_SUFFIX == lock.key)
        return next(units, None)

    def unlock(self, environment: Environment, lock: Lock) -> bool:
        """Delete a lock if it still is the one that was seen, and say whether it was."""
        session, _, _ = self._assumed(environment.account, Access.WRITE)
        return StateStore(session, self._bucket()).unlock(lock)

    def lease(self, environment: Environment, access: Access) -> LeaseStore:
        """Return the object of the environment's lease, as a role sees it."""
        session, _, account = self._assumed(environment.account, access)
        return LeaseStore(session, self._bucket(), lease_key(account, environment.name))

    def history(self, environment: Environment, access: Access) -> StateHistory:
        """Return the states of an environment with all their versions, as a role sees them."""
        return StateHistory(self._assumed(environment.account, access)[0], self._bucket())

    def state_key(self, environment: Environment, unit: Unit) -> str:
        """Return where a unit's state lies in the state bucket."""
        return unit.state_key(account_id(self._config, environment.account))

    def reader(self, environment: Environment) -> AwsSession:
        """Return the plan role's session in the environment's account."""
        return self._assumed(environment.account, Access.READ)[0]

    def writer(self, environment: Environment) -> AwsSession:
        """Return the deploy role's session in the environment's account."""
        return self._assumed(environment.account, Access.WRITE)[0]

    def run_copies(self, environment: Environment, access: Access) -> RunCopies:
        """Return the copies of journals that lie below the environment's account in the state bucket."""
        session, _, account = self._assumed(environment.account, access)
        return RunCopies(session, self._bucket(), f"{account}/{environment.name}/runs")

    def secrets(self) -> OperatorSecrets:
        """Return the secrets of the security account as the operator sees them."""
        return OperatorSecrets(self.operator, self._config, self._facts)

    def trail(self) -> CloudTrailHistory:
        """Return the event history of every environment, as the plan role reads it."""
        return CloudTrailHistory(self._on_the_spot)

    def inventory(self) -> AccountInventory:
        """Return what stands in the account and region of every environment, as the plan role reads it."""
        return AccountInventory(self._on_the_spot, self._states)

    def people(self) -> IamPeople:
        """Return the users and groups of the security account as the operator sees them."""
        profile = self._config.accounts[SECURITY].profile
        return IamPeople(lambda: self.operator().session, tuple(self._config.environments), profile)

    def deploy_roles(self) -> Mapping[str, str]:
        """Return the ARN of the role that applies, for each environment whose account was bootstrapped."""
        known = {name for name, found in self._facts.accounts.items() if found.outputs}
        environments = self._config.environments.items()
        return {name: self._role(it.account, Access.WRITE) for name, it in environments if it.account in known}

    def _identity(self, account: str, access: Access) -> tuple[str, str]:
        _, arn, number = self._assumed(account, access)
        return arn, number

    def _assume(self, account: str, access: Access) -> tuple[AwsSession, str, str]:
        operator = self.operator()
        role, external_id = self._role(account, access), self._external_id(account)
        session = operator.assume(role, SESSION_NAME, external_id, source_identity(self._operator))
        self._sessions.verify_account(session, account_id(self._config, account), f"{access.value} of {account}")
        identity = self._sessions.identity(session)
        return session, identity.arn, identity.account

    def _on_the_spot(self, environment: Environment) -> AwsSession:
        """Return the plan role's session in the region that the environment's folder names."""
        return self.reader(environment).elsewhere(region_in(str(environment.path), self._config.region))

    def _states(self, environment: Environment) -> States:
        session, _, account = self._assumed(environment.account, Access.READ)
        stacks, way_in = stack_names(self._config, environment.account), self._config.management.role
        return States(session, self._bucket(), account, stacks, way_in)

    def _store(self, environment: Environment) -> StateStore:
        return StateStore(self.reader(environment), self._bucket())

    def _bucket(self) -> str:
        security = self._facts.security
        bucket = security.outputs.get(STATE_BUCKET_OUTPUT) if security else None
        if not bucket:
            raise not_bootstrapped("state bucket", SECURITY, not_done=_NOT_STARTED)
        return bucket

    def _external_id(self, account: str) -> str:
        """Return what a pipeline presents to an account's roles, empty for people: they have shown MFA."""
        return self._facts.external_id(account) if is_pipeline(self._operator) else ""

    def _role(self, account: str, access: Access) -> str:
        arn = self._facts.role_arn(account, access.value)
        if not arn:
            raise not_bootstrapped(access.value, account, not_done=_NOT_STARTED)
        return arn


def _nobody(serial: str) -> str:
    raise CredentialsError(f"only a new code of {serial} renews them", not_done="", next_step="")

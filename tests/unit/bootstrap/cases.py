"""Every probe request with its verdict, and the statement that decides it."""

from __future__ import annotations

from tests.unit.bootstrap.probe import Case
from tests.unit.bootstrap.probes_deploy import DEPLOY
from tests.unit.bootstrap.probes_people import PEOPLE
from tests.unit.bootstrap.probes_pipelines import PIPELINES
from tests.unit.bootstrap.probes_readers import READERS
from tests.unit.bootstrap.probes_roles import ROLES
from tests.unit.bootstrap.probes_stacks import STACKS
from tests.unit.bootstrap.probes_state import STATE
from tests.unit.bootstrap.probes_watchers import WATCHERS
from tests.unit.bootstrap.probes_workload import SECRETS, WORKLOAD

CASES: tuple[Case, ...] = (
    *STATE,
    *DEPLOY,
    *ROLES,
    *WORKLOAD,
    *SECRETS,
    *PEOPLE,
    *READERS,
    *PIPELINES,
    *WATCHERS,
    *STACKS,
)

"""What a drift check is made of at one site."""

from __future__ import annotations

from functools import cache

from flowops import __version__
from flowops.adapters.aws.cloudformation import CloudFormation
from flowops.adapters.bootstrap_files import TemplateFolder
from flowops.adapters.computed_attributes import computed_attributes
from flowops.adapters.disk import check_room
from flowops.adapters.drift_results import DriftResults
from flowops.adapters.drift_rules_file import drift_rules
from flowops.adapters.hcl_tree import HclTree
from flowops.app.site import now
from flowops.app.workbench import Workbench
from flowops.model.deployment import Environment
from flowops.model.drift.request import DriftRequest
from flowops.model.drift.result import DriftResult
from flowops.operations.drift import DriftPorts, check
from flowops.operations.drift_rendered import RenderedDrift
from flowops.operations.drift_stacks import StacksDrift
from flowops.operations.ports.drift import Other


def check_drift(bench: Workbench, request: DriftRequest) -> DriftResult:
    """Look for drift and return and keep what was found."""
    if request.environment is not None:
        bench.selected(request.environment, request.layer)  # a wrong name is answered before AWS is thought of
    site, cloud = bench.site, bench.cloud
    check_room(site.project)

    def stacks(environment: Environment | None) -> CloudFormation:
        session = cloud.reader(environment) if environment else cloud.operator().session
        return CloudFormation(session, sleep=bench.pause)

    deployed = StacksDrift(site.config, TemplateFolder(site.project / "bootstrap"), stacks)
    others: list[Other] = [deployed, RenderedDrift(cache(lambda: bench.render(check=True)))]
    if request.unmanaged:
        others.append(cloud.inventory())
    ports = DriftPorts(
        run=bench.run_ports,
        rules=drift_rules(site.project),
        trail=cloud.trail(),
        results=DriftResults(site.project),
        others=others,
        shared=(deployed, cloud.people()),
        computed=computed_attributes(),
        has_inputs=HclTree(site.project).has_inputs,
        clock=now,
        project=site.config.project,
        version=__version__,
    )
    return check(request, ports)

"""What guards the runs of one site, each given its adapters."""

from __future__ import annotations

from flowops.adapters.aws.acting import EnvironmentAws
from flowops.adapters.aws.demolition import DemolitionAws
from flowops.adapters.fingerprints import ProjectSources
from flowops.adapters.git import GitWorkingCopy
from flowops.adapters.rules_files import guard_rules
from flowops.adapters.toolchain import Toolchain
from flowops.app.site import Site
from flowops.operations.ports.safety import Safety


def safety_of(site: Site, tools: Toolchain, git: GitWorkingCopy, cloud: EnvironmentAws) -> Safety:
    """Return what guards a run at `site`; InvalidConfig where a rule of the project cannot be read."""
    versions = {it.name: it.found for it in tools.list()}
    programs = {name: (tools.require(name), versions[name]) for name in ("terraform", "terragrunt")}
    return Safety(
        ProjectSources(site.project, programs),
        git,
        guard_rules(site.project, site.config.guard),
        DemolitionAws(site.config.project, reader=cloud.reader, writer=cloud.writer),
    )

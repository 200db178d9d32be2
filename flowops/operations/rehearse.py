"""The whole life of an environment against the emulated AWS, stage by stage, each of them proved."""

from __future__ import annotations

from typing import Protocol

from flowops.model.life import Finding, Life
from flowops.operations.life import Step, Watching, live


class Rehearsal(Protocol):
    """The stages of a life; each does its work for real and returns what it found, or raises a FlowopsError."""

    def accounts(self) -> Finding:
        """Start the emulated AWS and create the organization's accounts."""

    def bootstrap(self) -> Finding:
        """Run the bootstrap; a second one must change nothing."""

    def operator(self) -> Finding:
        """Create the operator, who must be able to assume the environment's roles and no others."""

    def secrets(self) -> Finding:
        """Hand in repository credentials and licenses; the operator must find what the environment needs."""

    def render(self) -> Finding:
        """Write the HCL files; none may be stale afterwards."""

    def apply(self) -> Finding:
        """Apply; every unit must be applied."""

    def rollout(self) -> Finding:
        """Look into the clusters; every pod must be Ready, and every secret there."""

    def second_plan(self) -> Finding:
        """Plan again; it must be empty."""

    def drift_check(self) -> Finding:
        """Look for drift; there must be none."""

    def listing(self) -> Finding:
        """List network, cluster and states through the `aws` command line; all must be there."""

    def destroy(self) -> Finding:
        """Destroy; every unit must be destroyed."""

    def sweep(self) -> Finding:
        """Look for what is left; only what AWS itself keeps may be there."""


def rehearse(rehearsal: Rehearsal, watching: Watching) -> Life:
    """Run the stages in order and stop at the first that does not hold. Exit code 0 only if every stage held."""
    steps = (
        Step("accounts", rehearsal.accounts),
        Step("bootstrap", rehearsal.bootstrap),
        Step("operator", rehearsal.operator),
        Step("secrets", rehearsal.secrets),
        Step("render", rehearsal.render),
        Step("apply", rehearsal.apply),
        Step("rollout", rehearsal.rollout),
        Step("second plan", rehearsal.second_plan),
        Step("drift check", rehearsal.drift_check),
        Step("listing", rehearsal.listing),
        Step("destroy", rehearsal.destroy),
        Step("sweep", rehearsal.sweep),
    )
    return live(steps, watching)

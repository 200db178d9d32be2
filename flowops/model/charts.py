"""Helm's chart repositories, each by the alias that modules know it by."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flowops.model.config import Config
from flowops.model.secrets import RepositoryCredentials

FLOWABLE = "flowable"
"""The alias of Flowable's own repository, the only one that asks who is there."""

USUAL: Mapping[str, str] = {
    "autoscaler": "https://kubernetes.github.io/autoscaler",
    "eks": "https://aws.github.io/eks-charts",
    "external-secrets": "https://charts.external-secrets.io",
    FLOWABLE: "https://repo.flowable.com/flowable-helm",
    "metrics-server": "https://kubernetes-sigs.github.io/metrics-server",
    "stakater": "https://stakater.github.io/stakater-charts",
}
"""Where the charts of the modules come from, unless flowops.yaml names other places."""

_CHART = re.compile(r'"([a-z0-9][a-z0-9-]*)/(?:[a-z0-9][a-z0-9-]*|\$\{[^}"]+\})"')


@dataclass(frozen=True)
class Repository:
    """One chart repository; without `credentials` everybody may read it."""

    alias: str
    url: str
    credentials: RepositoryCredentials | None = None


def addresses(config: Config) -> Mapping[str, str]:
    """Return where each repository stands, by alias: the usual places, and what flowops.yaml says instead."""
    own = {FLOWABLE: config.flowable.repository.url} if config.flowable.repository else {}
    return {**USUAL, **own, **config.helm.repositories}


def aliases_in(text: str, known: Iterable[str]) -> frozenset[str]:
    """Return the known aliases of which a text of HCL names a chart: `"alias/chart"` or `"alias/${…}"`."""
    return frozenset(_CHART.findall(text)) & frozenset(known)

"""ElastiCache: subnet groups."""

from __future__ import annotations

from typing import Any

from moto.core.responses import EmptyResult
from moto.elasticache.responses import ElastiCacheResponse

from flowops.rehearsal.compat.patching import add_actions


def install() -> None:
    """Delete a subnet group, which moto can only create; without it a destroy never ends."""
    add_actions(ElastiCacheResponse, delete_cache_subnet_group)


def delete_cache_subnet_group(self: Any) -> EmptyResult:
    """Forget the group; one that is not there is no error."""
    self.elasticache_backend.cache_subnet_groups.pop(self._get_param("CacheSubnetGroupName"), None)
    return EmptyResult()

"""RDS: which engines and versions are offered on which instance class, for the engines that the modules use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from moto.core.responses import PaginatedResult
from moto.rds.responses import RDSResponse

from flowops.rehearsal.compat.patching import Function, around

VERSIONS: Mapping[str, tuple[str, ...]] = {
    "postgres": ("14.17", "15.12", "16.4", "16.8", "17.4"),
    "oracle-se2": ("19.0.0.0.ru-2025-01.rur-2025-01.r1", "21.0.0.0.ru-2025-01.rur-2025-01.r1"),
    "oracle-ee": ("19.0.0.0.ru-2025-01.rur-2025-01.r1", "21.0.0.0.ru-2025-01.rur-2025-01.r1"),
}
"""https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/, and the release notes of RDS for Oracle."""

SIZES = ("medium", "large", "xlarge", "2xlarge", "4xlarge")
FAMILIES: Mapping[str, tuple[str, ...]] = {
    "postgres": ("t3", "t4g", "m5", "m6g", "m6i", "m7g", "m7i", "r5", "r6g", "r6i", "r7g", "r7i"),
    "oracle-se2": ("t3", "m5", "m6i", "m7i", "r5", "r6i", "r7i"),
    "oracle-ee": ("t3", "m5", "m6i", "m7i", "r5", "r6i", "r7i"),
}
"""https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Support.html"""


def install() -> None:
    """Answer which instance classes can be ordered: moto knows them for Aurora and Neptune alone, and offers nothing.

    The sizes of a family are the common ones; the zones are not told.
    """
    around(RDSResponse, "describe_orderable_db_instance_options", _orderable)


def _orderable(original: Function, self: Any) -> Any:
    engine = str(self.params.get("Engine"))
    if engine not in VERSIONS:
        return original(self)
    wish = {name: self.params.get(name) for name in ("EngineVersion", "DBInstanceClass")}
    found = [it for it in _offers(engine) if all(value in (None, it[name]) for name, value in wish.items())]
    return PaginatedResult({"OrderableDBInstanceOptions": found})


def _offers(engine: str) -> Iterator[dict[str, Any]]:
    for version in VERSIONS[engine]:
        for family in FAMILIES[engine]:
            for size in ("micro", "small", *SIZES) if family.startswith("t") else SIZES[1:]:
                yield {
                    "Engine": engine,
                    "EngineVersion": version,
                    "DBInstanceClass": f"db.{family}.{size}",
                    "LicenseModel": "postgresql-license" if engine == "postgres" else "license-included",
                    "Vpc": True,
                    "StorageType": "gp3",
                }

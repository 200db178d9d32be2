"""What an apply left behind: what stands in the emulated AWS against what the states say.

An orphan stands in AWS and in no state; what is lost is in a state and not in AWS; a tainted resource would be replaced
by the next apply; an unsaved state is one that terraform could not write.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from layers import ENVIRONMENT, FOLDER

from flowops.model.lease import FILE_NAME as LEASE
from flowops.rehearsal.cloudformation.clients import Loopback
from flowops.rehearsal.cloudformation.stack import Scope


class Places:
    """Where a layer may leave something: its account, the bucket of the states, the scratch copy of the project.

    `status` is that of the rehearsal. All that the layer makes has its name and a hyphen in its id.
    """

    def __init__(self, status: Mapping[str, Any], layer: str) -> None:
        accounts, clients = dict(it.split() for it in status["accounts"]), Loopback(status["endpoint"])
        here, states = (Scope(accounts[name], FOLDER.parts[-2]) for name in (ENVIRONMENT, "security"))
        self._ssm, self._sns, self._iam = (clients.client(it, here) for it in ("ssm", "sns", "iam"))
        self._s3 = clients.client("s3", states)
        self._bucket, self._prefix = f"flowable-terraform-state-{states.account}", f"{here.account}/"
        self._copy, self._layer = Path(status["scratch_copy"]), layer

    def standing(self) -> set[str]:
        """Return the ids, as terraform calls them, of what was made in AWS."""
        parameters = self._ssm.get_paginator("describe_parameters").paginate().search("Parameters[].Name")
        topics = self._sns.get_paginator("list_topics").paginate().search("Topics[].TopicArn")
        roles = self._iam.get_paginator("list_roles").paginate().search("Roles[].RoleName")
        return {it for it in (*parameters, *topics, *roles) if it and f"{self._layer}-" in it}

    def left(self) -> dict[str, int]:
        """Return how much of each kind was left behind; leases that nobody gave back are locks, too."""
        objects = {key: self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read() for key in self._keys()}
        states = [json.loads(body) for key, body in objects.items() if key.endswith(".tfstate")]
        leases = [json.loads(body) for key, body in objects.items() if key.endswith(LEASE)]
        instances = [each for state in states for it in state["resources"] for each in it["instances"]]
        known, standing = {it["attributes"]["id"] for it in instances}, self.standing()
        return {
            "orphans": len(standing - known),
            "lost": len(known - standing),
            "tainted": sum(it.get("status") == "tainted" for it in instances),
            "unsaved": len(self._unsaved()),
            "locks_left": sum(it.endswith(".tflock") for it in objects) + sum(not it["released"] for it in leases),
        }

    def events(self) -> str:
        """Return what the runs have noted."""
        return "".join(it.read_text() for it in self._copy.glob(".flowops/runs/*/events.jsonl"))

    def clear(self) -> None:
        """Leave nothing, and nothing that remembers it."""
        for it in self.standing():
            if it.startswith("/"):
                self._ssm.delete_parameter(Name=it)
            elif it.startswith("arn:"):
                self._sns.delete_topic(TopicArn=it)
            else:
                self._iam.delete_role(RoleName=it)
        pages = list(self._s3.get_paginator("list_object_versions").paginate(Bucket=self._bucket, Prefix=self._prefix))
        for it in [each for page in pages for kind in ("Versions", "DeleteMarkers") for each in page.get(kind, ())]:
            self._s3.delete_object(Bucket=self._bucket, Key=it["Key"], VersionId=it["VersionId"])
        for file in self._unsaved():
            file.unlink()
        shutil.rmtree(self._copy / ".flowops", ignore_errors=True)

    def _keys(self) -> list[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
        return [it for it in pages.search("Contents[].Key") if it]

    def _unsaved(self) -> list[Path]:
        return list((self._copy / FOLDER / self._layer).rglob("errored.tfstate"))

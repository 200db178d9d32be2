"""What is said of a terraform that takes long, and how often."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flowops.adapters.watchdog import Watchdog
from flowops.model.deployment import Environment
from flowops.model.job import Job, Step
from flowops.model.patience import Patience
from flowops.model.terraform_call import TerraformCall
from tests.fakes import tree

EKS = tree.unit("foundation/eks")
DEPLOYMENTS = Path("/deployments")


@dataclass
class Watched:
    """One apply that began at 1000, and what is said of it."""

    folder: Path
    usual: float | None = None
    now: float = 1000.0
    asked: int = 0
    said: list[str] = field(default_factory=list)
    told: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        environment = tree.deployment().environment("dev")
        self.dog = self._watchdog(environment)
        self.call = TerraformCall(
            "apply",
            DEPLOYMENTS / EKS.path,
            DEPLOYMENTS / EKS.path,
            ("apply",),
            4711,
            1000.0,
            self.folder / "stdout",
            self.folder / "stderr",
            alive=True,
        )

    def _watchdog(self, environment: Environment) -> Watchdog:
        job = Job(Step.APPLY_SAVED, environment, (EKS,), self.folder, self.folder / "drain", 4)
        return Watchdog(
            job,
            DEPLOYMENTS,
            self.said.append,
            self._tell,
            usual=self._usual,
            patience=Patience(),
            clock=lambda: self.now,
        )

    def _usual(self) -> dict[str, float]:
        self.asked += 1
        return {} if self.usual is None else {EKS.id: self.usual}

    def _tell(self, kind: str, **data: Any) -> None:
        self.told.append({"event": kind, **data})

    def after(self, seconds: float) -> None:
        self.now = 1000.0 + seconds
        self.dog.step([self.call])

    def prints(self, text: str) -> None:
        file = self.folder / "stdout"
        file.write_text(text)
        os.utime(file, (self.now, self.now))


def test_it_is_said_once_for_each_interval_with_what_is_in_flight_and_the_last_word(tmp_path: Path) -> None:
    watched = Watched(tmp_path, usual=300.0)
    watched.prints("aws_eks_cluster.this: Creating...\n")
    for second in range(0, 1300, 10):
        watched.after(second)
    assert len(watched.said) == 2
    assert watched.said[0] == (
        "dev/foundation/eks: apply works for 10 min, usually 5 min; at work: aws_eks_cluster.this; "
        "terraform (pid 4711) last said 10 min ago: aws_eks_cluster.this: Creating..."
    )
    assert watched.said[1].startswith("dev/foundation/eks: apply works for 20 min")
    assert [it["event"] for it in watched.told] == ["unit-slow", "unit-slow"]
    assert watched.told[0]["in_flight"] == ["aws_eks_cluster.this"]


def test_a_terraform_that_is_silent_from_the_start_is_said_to_be(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.after(900)
    assert watched.said == [
        "dev/foundation/eks: apply works for 15 min, its usual time is not known; "
        "terraform has said nothing yet (pid 4711)"
    ]


def test_the_journals_are_read_only_once_and_only_when_something_takes_long(tmp_path: Path) -> None:
    watched = Watched(tmp_path, usual=10.0)
    watched.after(59)
    assert watched.asked == 0
    for second in (60, 61, 120, 240):
        watched.after(second)
    assert watched.asked == 1
    assert len(watched.said) == 3

"""The project's own rules: every file below policies/, in the order of their names."""

from __future__ import annotations

from pathlib import Path

from flowops.adapters import text_file
from flowops.adapters.project import validated
from flowops.model.config import GuardConfig
from flowops.model.rules import Rule
from flowops.model.rules_config import RulesConfig, problems, rule_of
from flowops.model.safeguards import GuardRules, When

FOLDER = "policies"
_ENDINGS = ("*.yaml", "*.yml")


def guard_rules(project: Path, config: GuardConfig) -> GuardRules:
    """Return what configuration and policies/ add to the guard; InvalidConfig names file and line."""
    return GuardRules(
        frozenset(config.stateful_types),
        config.max_changes,
        When(config.safeguards.git_clean),
        When(config.safeguards.git_up_to_date),
        load_rules(project),
    )


def load_rules(project: Path) -> tuple[Rule, ...]:
    """Return the rules of policies/*.yaml, file by file; none where there is no such folder."""
    files = sorted(path for ending in _ENDINGS for path in (project / FOLDER).glob(ending))
    return tuple(rule for path in files for rule in _rules(path, f"{FOLDER}/{path.name}"))


def _rules(path: Path, name: str) -> list[Rule]:
    config, lines = validated(path, text_file.read(path), RulesConfig, problems)
    return [rule_of(it, f"{name}:{lines['rules', index]}") for index, it in enumerate(config.rules)]

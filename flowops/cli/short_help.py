"""What `flowops --help` and completion say of each command, so that none of them is loaded for it."""

from __future__ import annotations

from collections.abc import Mapping

LONGEST = 62
"""Letters that fit behind a name in 80 columns."""

SHORT_HELP: Mapping[str, str] = {
    "accounts": "Make, take and list the accounts of the organization.",
    "apply": "Apply what the preview showed, in dependency order.",
    "audit": "Whether the record of what ran can be relied on.",
    "auth": "Who you are to AWS, what you may do, and tools in your roles.",
    "bootstrap": "Create or update the bootstrap stacks, security first.",
    "ci": "Pipelines that check for drift, plan requests, and deploy.",
    "completion": "Print what lets a shell complete commands and names.",
    "config": "What flowops.yaml says, where it is said, what is allowed.",
    "console": "Print the link into a role, in the AWS console.",
    "destroy": "Destroy what stands, dependents first; needs --confirm ENV.",
    "discover": "Look up ids, ARNs and outputs in AWS, into flowops.lock.",
    "doctor": "Look at everything an apply needs; each line says its mend.",
    "drift": "Find what moved since the last apply, and who did it.",
    "gc": "Delete what is left behind here and can be made again.",
    "graph": "Show the units in the order in which they are applied.",
    "init": "Write a new project, or add an environment to this one.",
    "locks": "Show who holds locks and leases, and release one.",
    "outputs": "Show the outputs of applied units, sensitive ones masked.",
    "plan": "Show what an apply would change; reads only.",
    "profiles": "Write and show this project's profiles in AWS's own files.",
    "recover": "Save unsaved states, and mend what else an accident left.",
    "rehearse": "Run the whole life of an environment on an emulated AWS.",
    "render": "Write the HCL files that have a template beside them.",
    "report": "What drift checks found: shown again, merged, compared.",
    "runs": "What ran here, what became of it, and how to go on.",
    "secrets": "The repository's credentials and licenses, kept in AWS.",
    "selftest": "Run the whole life of an environment in a sandbox account.",
    "status": "Show what stands, unit by unit, and who holds its lock.",
    "toolchain": "The pinned terraform, terragrunt, providers and aws.",
    "users": "People who may enter environments: groups, keys and MFA.",
    "version": "Show flowops' own version and Python's.",
    "why": "Show where an input of a unit comes from, line by line.",
}
"""In few words: `flowops COMMAND --help` says it whole."""

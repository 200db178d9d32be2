"""What child processes see of the caller's environment: an allow-list, so that no stray variable changes a run.

AWS_*, TF_*, TG_* and TERRAGRUNT_* of the shell never get through: TF_CLI_ARGS_plan="-target=…" would be obeyed.
"""

from __future__ import annotations

from collections.abc import Mapping

_ALLOWED = frozenset(
    {
        "HOME",
        "HTTPS_PROXY",
        "HTTP_PROXY",
        "LANG",
        "LC_ALL",
        "LC_CTYPE",
        "LOGNAME",
        "NO_PROXY",
        "PATH",
        "SSL_CERT_DIR",
        "SSL_CERT_FILE",
        "TMPDIR",
        "TZ",
        "USER",
        "http_proxy",
        "https_proxy",
        "no_proxy",
    }
)

_SETTLED = {
    "CHECKPOINT_DISABLE": "1",
    "KUBE_LOAD_CONFIG_FILE": "false",  # else the Helm provider 1.x reads the user's kubeconfig, too
    "TF_IN_AUTOMATION": "1",
    "TG_TELEMETRY_TRACE_EXPORTER": "none",
}


def child_environment(ambient: Mapping[str, str], **more: str) -> dict[str, str]:
    """Return the environment of terragrunt and terraform: what is allowed of `ambient`, our settings, and `more`."""
    return {name: value for name, value in ambient.items() if name in _ALLOWED} | _SETTLED | more


def ignored_variables(ambient: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names in `ambient` that would have changed a run of terraform or terragrunt by hand."""
    prefixes = ("AWS_", "HELM_", "KUBE_", "TF_", "TG_", "TERRAGRUNT_")
    return tuple(sorted(name for name in ambient if name.startswith(prefixes)))

"""The way of Helm to the chart repositories of an emulated AWS, as a run of flowops or `helm repo add` leaves it."""

from __future__ import annotations

import base64
import json
import urllib.request
from pathlib import Path
from typing import Any

from flowops.model.charts import FLOWABLE
from flowops.rehearsal.charts.names import ALIASES, CREDENTIALS_SECRET, repository_url
from tests.integration.emulated_aws import SECURITY, Cloud

USER, PASSWORD = "robot", 'p"a\\ss: {{ word }}'


def led_to_charts(cloud: Cloud, folder: Path) -> dict[str, str]:
    """Return the variables that lead Helm to each repository by its alias; indexes are fetched already."""
    _keep_credentials(cloud)
    cache = folder / "cache"
    cache.mkdir(parents=True)
    for alias in ALIASES:
        (cache / f"{alias}-index.yaml").write_bytes(_index(repository_url(cloud.endpoint.url, alias)))
    file = folder / "repositories.yaml"
    file.write_text(json.dumps({"repositories": [_entry(cloud, alias) for alias in ALIASES]}))
    return {
        "HELM_REPOSITORY_CONFIG": str(file),
        "HELM_REPOSITORY_CACHE": str(cache),
        "KUBE_LOAD_CONFIG_FILE": "false",
    }


def _keep_credentials(cloud: Cloud) -> None:
    """Put user and password of Flowable's repository into the security account once."""
    secrets = cloud.client("secretsmanager", SECURITY)
    if not secrets.list_secrets(Filters=[{"Key": "name", "Values": [CREDENTIALS_SECRET]}])["SecretList"]:
        value = json.dumps({"username": USER, "password": PASSWORD})
        secrets.create_secret(Name=CREDENTIALS_SECRET, SecretString=value)


def _entry(cloud: Cloud, alias: str) -> dict[str, Any]:
    login = {"username": USER, "password": PASSWORD} if alias == FLOWABLE else {}
    return {"name": alias, "url": repository_url(cloud.endpoint.url, alias), **login}


def _index(url: str) -> bytes:
    request = urllib.request.Request(f"{url}index.yaml")
    request.add_header("Authorization", f"Basic {base64.b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}")
    with urllib.request.urlopen(request, timeout=60) as answer:
        content: bytes = answer.read()
    return content
